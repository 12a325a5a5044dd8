// Makes the Python environment of Schemathesis, which tries the server's OpenAPI document out. What is current is skipped.
import { makeAdapterEnvironment } from './setup/adapter-environment.mjs';
import { SetupFailure } from './setup/failure.mjs';
import { place } from './setup/place.mjs';
import { createProgress } from './setup/progress.mjs';

const progress = createProgress(process.stderr);
try {
  const requirements = place('test/fault/schemathesis.txt');
  await makeAdapterEnvironment('schemathesis', (line) => progress.say(`set-up: ${line}`), requirements);
  progress.say('set-up: Schemathesis is ready');
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error;
  progress.say(error.message);
  process.exitCode = error.exitCode;
}
