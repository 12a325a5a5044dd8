import { parentPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../../dist/provider/addon.js';

const { modelPath, start } = workerData;
const addon = loadAddon();
parentPort?.postMessage('waiting');
Atomics.wait(start, 0, 0);
const context = addon.openContext(modelPath, { flashAttention: false, gpu: false, alignment: '' });
parentPort?.postMessage({ weightsRead: context.weightsRead });
parentPort?.once('message', () => context.close());
