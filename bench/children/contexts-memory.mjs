// What the same needs when every worker loads its own weights: contexts-memory.mjs VAD FILE MODEL_COPY...
// Bare worker threads over the addon, so that only the weights' being shared or not makes the difference.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { loadAddon } from '../../dist/provider/addon.js';
import { report, residentMebibytes } from './report.mjs';

const [vad, file, ...copies] = process.argv.slice(2);
const addon = loadAddon();
const workers = copies.map((model) => {
  return new Worker(new URL('context-worker.mjs', import.meta.url), { workerData: { model, vad, file } });
});
const allAnswer = () => Promise.all(workers.map((worker) => once(worker, 'message')));
await allAnswer();
const warmed = residentMebibytes().now;
for (const worker of workers) worker.postMessage('decode');
await allAnswer();
report({ ...residentMebibytes(), warmed, weightsRead: addon.contextStatistics().weightsRead });
for (const worker of workers) worker.postMessage('leave');
