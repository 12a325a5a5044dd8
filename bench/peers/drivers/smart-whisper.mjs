import { requirePeer } from './package.mjs';
import { serve } from './serve.mjs';
import { readSamples } from './wav.mjs';

/**
 * @typedef {object} Whisper
 * @property {() => Promise<unknown>} load
 * @property {() => Promise<void>} free
 * @property {(pcm: Float32Array, options: object) => Promise<{ result: Promise<{ text: string }[]> }>} transcribe
 */

serve(async ({ path, threads }) => {
  const { Whisper } = /** @type {{ Whisper: new (path: string, options: object) => Whisper }} */ (
    requirePeer('smart-whisper', 'smart-whisper')
  );
  const whisper = new Whisper(path, { gpu: false });
  await whisper.load();
  return {
    canAbort: false,
    async transcribe(file) {
      const task = await whisper.transcribe(await readSamples(file), { language: 'en', n_threads: threads });
      const rows = await task.result;
      return rows.map(({ text }) => text).join('');
    },
    close: () => whisper.free(),
  };
});
