// A worker in a process of its own, to be killed, stopped and told what to do: `queue-worker.mjs OPTIONS`.
// It tells `begun` with each decode. `conduct` says what becomes of it then: `work`; `hold` until it is told to go;
// `lie` when it is told to go, with a text that is not the audio's; or `die`.
import { createWorker } from '../../dist/queue/index.js';

const { conduct = 'work', ...options } = JSON.parse(process.argv[2] ?? '{}');
const go = new Promise((resolve) => {
  process.on('message', (message) => message === 'go' && resolve(undefined));
});

const worker = await createWorker(options);
const transcribe = worker.engine.transcribe.bind(worker.engine);
/** @type {typeof transcribe} */
const conducted = async (input, settings) => {
  process.send?.('begun');
  if (conduct === 'die') process.kill(process.pid, 'SIGKILL');
  if (conduct === 'work') return await transcribe(input, settings);
  await go;
  return conduct === 'lie'
    ? { ...(await transcribe(input)), text: 'It was not said.' }
    : await transcribe(input, settings);
};
worker.engine.transcribe = conducted;

process.on('message', (message) => {
  if (message === 'close') void worker.close().then(() => process.exit());
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
