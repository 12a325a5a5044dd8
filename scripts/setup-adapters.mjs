// Makes the Python environments of the adapters that are tested here. What is current is skipped.
import { makeAdapterEnvironment } from './setup/adapter-environment.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { createProgress } from './setup/progress.mjs';

const progress = createProgress(process.stderr);
try {
  await makeAdapterEnvironment('faster-whisper', (line) => progress.say(`set-up: ${line}`));
  progress.say('set-up: the adapters are ready');
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  progress.say(error.message);
  process.exitCode = error.exitCode;
}
