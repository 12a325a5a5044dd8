import { parentPort, workerData } from 'node:worker_threads';
import { Direct } from '../direct.mjs';

const { model, vad, file } = workerData;
const direct = new Direct(model, vad);
parentPort?.postMessage('warmed');
parentPort?.once('message', () => {
  const pcm = direct.readAudio(file);
  for (let round = 0; round < 2; round += 1) direct.decode(pcm);
  parentPort?.postMessage('decoded');
  parentPort?.once('message', () => direct.close());
});
