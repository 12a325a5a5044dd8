// A worker of a fleet: `fleet-worker.mjs OPTIONS`. It tells that it is ready, and each text before anybody else knows it.
import { createWorker } from '../../dist/queue/index.js';

const worker = await createWorker(JSON.parse(process.argv[2] ?? '{}'));
const transcribe = worker.engine.transcribe.bind(worker.engine);
/** @type {typeof transcribe} */
const telling = async (input, options) => {
  const transcript = await transcribe(input, options);
  process.send?.({ kind: 'text', path: input, text: transcript.text });
  return transcript;
};
worker.engine.transcribe = telling;
process.once('disconnect', () => process.exit());
process.send?.({ kind: 'ready' });
