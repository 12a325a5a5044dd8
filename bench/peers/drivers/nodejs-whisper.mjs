import { dirname } from 'node:path';
import { requirePeer } from './package.mjs';
import { serve } from './serve.mjs';

const TIMES = /^\[[^\]]*\]\s*/gm;
const quiet = { debug: () => undefined, log: () => undefined, error: () => undefined };

serve(({ model, path }) => {
  const { nodewhisper } = /** @type {{ nodewhisper: (path: string, options: object) => Promise<string> }} */ (
    requirePeer('nodejs-whisper', 'nodejs-whisper')
  );
  return {
    canAbort: false,
    async transcribe(file) {
      const lines = await nodewhisper(file, {
        modelName: model,
        modelRootPath: dirname(path), // where it looks for ggml-MODEL.bin
        logger: quiet,
        whisperOptions: { language: 'en' },
      });
      return lines.replaceAll(TIMES, '').replaceAll('\n', ' ');
    },
    close: () => undefined,
  };
});
