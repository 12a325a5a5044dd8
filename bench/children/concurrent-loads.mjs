// Many threads that ask for one model at the same moment: concurrent-loads.mjs MODEL_PATH THREADS
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { loadAddon } from '../../dist/provider/addon.js';
import { report } from './report.mjs';

const [modelPath = '', count = '100'] = process.argv.slice(2);
const addon = loadAddon();
const start = new Int32Array(new SharedArrayBuffer(4));
const workers = Array.from({ length: Number(count) }, () => {
  return new Worker(new URL('load-worker.mjs', import.meta.url), { workerData: { modelPath, start } });
});
await Promise.all(workers.map((worker) => once(worker, 'message')));

const loaded = workers.map((worker) => once(worker, 'message'));
Atomics.store(start, 0, 1);
Atomics.notify(start, 0);
const answers = (await Promise.all(loaded)).map(([answer]) => answer);
const { weightsRead, open } = addon.contextStatistics();
report({ weightsRead, open, readers: answers.filter((answer) => answer.weightsRead).length });
for (const worker of workers) worker.postMessage('leave');
