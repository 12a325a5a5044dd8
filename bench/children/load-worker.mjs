import { parentPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../../dist/provider/addon.js';
import { fileKeyOf } from '../direct.mjs';

const { modelPath, start } = workerData;
const addon = loadAddon();
const fileKey = fileKeyOf(modelPath);
parentPort?.postMessage('waiting');
Atomics.wait(start, 0, 0);
const context = addon.openContext(modelPath, { fileKey, flashAttention: false, gpu: false, alignment: '' });
parentPort?.postMessage({ weightsRead: context.weightsRead });
parentPort?.once('message', () => context.close());
