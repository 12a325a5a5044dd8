import { createEngine } from '../../../dist/index.js';
import { serve } from './serve.mjs';

serve(async ({ path, threads, atOnce }) => {
  const engine = await createEngine({ model: path, slots: atOnce, threadsPerSlot: threads, language: 'en' });
  return {
    canAbort: true,
    transcribe: async (file, signal) => (await engine.transcribe(file, { signal })).text,
    close: () => engine.close(),
  };
});
