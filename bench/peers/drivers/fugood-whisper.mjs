import { requirePeer } from './package.mjs';
import { serve } from './serve.mjs';

/**
 * @typedef {object} Context
 * @property {(path: string, options: object) => { stop: () => Promise<void>, promise: Promise<{ result: string }> }} transcribeFile
 * @property {() => Promise<void>} release
 */

serve(async ({ path, threads, atOnce }) => {
  const { initWhisper } = /** @type {{ initWhisper: (options: object) => Promise<Context> }} */ (
    requirePeer('fugood-whisper', '@fugood/whisper.node')
  );
  const open = () => initWhisper({ filePath: path, useGpu: false });
  /** @type {Context[]} */
  const contexts = [];
  for (let at = 0; at < atOnce; at += 1) contexts.push(await open());
  const free = [...contexts];
  return {
    canAbort: true,
    async transcribe(file, signal) {
      // More than was announced queue up on the first one, as they would in a service.
      const context = free.pop() ?? contexts[0];
      if (!context) throw new Error('There is no context.');
      try {
        const { stop, promise } = context.transcribeFile(file, { language: 'en', maxThreads: threads });
        signal.addEventListener('abort', () => void stop(), { once: true });
        return (await promise).result;
      } finally {
        if (!free.includes(context)) free.push(context);
      }
    },
    close: async () => {
      for (const context of contexts) await context.release();
    },
  };
});
