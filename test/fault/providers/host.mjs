/** A service that forgets to close its provider. Argument: what it decodes last, if anything. Says the pid of its child, then the text. */
import { ResidentProcess } from '../../../dist/provider/subprocess/resident-process.js';

const [, , prompt] = process.argv;
const resident = new ResidentProcess({
  name: 'echo',
  command: process.execPath,
  args: [new URL('echo.mjs', import.meta.url).pathname],
  env: {},
});
await resident.start();
const model = await resident.open({ name: 'model' });
process.stdout.write(`${resident.pid}\n`);
if (prompt !== undefined) {
  /** @type {import('../../../dist/provider/recognition.js').Chunk} */
  const chunk = {
    pcm: new Float32Array(10),
    speechEndSeconds: 0,
    language: 'en',
    translate: false,
    prompt,
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
  };
  const { recognition } = await model.decode(chunk).outcome;
  process.stdout.write(`${recognition.segments[0]?.text ?? ''}\n`);
}
