import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { whisperCppProgram } from '../place.mjs';
import { serve } from './serve.mjs';

const run = promisify(execFile);

serve(({ path, threads }) => {
  const options = ['-m', path, '-l', 'en', '-t', String(threads), '--no-prints', '--no-timestamps'];
  return {
    canAbort: true,
    async transcribe(file, signal) {
      const { stdout } = await run(whisperCppProgram('whisper-cli'), [...options, '-f', file], { signal });
      return stdout;
    },
    close: () => undefined,
  };
});
