import { requirePeer } from './package.mjs';
import { serve } from './serve.mjs';

serve(({ path }) => {
  // The package loads its binary only with the first clip; here it is to fail with the load.
  requirePeer('whisper-node-addon', `whisper-node-addon/platform/${process.platform}-${process.arch}/whisper.node`);
  const { transcribe } = /** @type {{ transcribe: (options: object) => Promise<string[][]> }} */ (
    requirePeer('whisper-node-addon', 'whisper-node-addon')
  );
  return {
    canAbort: false,
    async transcribe(file) {
      const asked = { model: path, fname_inp: file, language: 'en', translate: false, use_gpu: false };
      const rows = await transcribe(asked);
      return rows.map((row) => row[2] ?? '').join(' ');
    },
    close: () => undefined,
  };
});
