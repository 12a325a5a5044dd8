import { chmodSync, existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { isCheckout, place } from './place.mjs';
import { secondsSince } from './progress.mjs';
import { digestOfFiles, filesBelow, readStamp, writeStamp } from './stamp.mjs';

const STAMP = place('build/typescript.stamp');
const EMITTED = 'TSFILE: ';

/**
 * src/ compiled into dist/.
 * @type {import('./step.d.ts').Step}
 */
export const typescript = {
  name: 'typescript',
  isCurrent() {
    if (!isCheckout()) return true;
    return readStamp(STAMP) === sourceKey() && sources().every((path) => existsSync(emittedFor(path)));
  },
  async make({ progress, run }) {
    const start = performance.now();
    progress.say('typescript: compiling src/ into dist/');
    // Taken first: a file that is saved while we compile must not count as compiled.
    const key = sourceKey();
    const compiler = place('node_modules/typescript/bin/tsc');
    const { exitCode, lines } = await run(process.execPath, [
      compiler,
      '-p',
      'tsconfig.build.json',
      '--listEmittedFiles',
    ]);
    const emitted = new Set(
      lines.filter((line) => line.startsWith(EMITTED)).map((line) => resolve(line.slice(EMITTED.length))),
    );
    if (exitCode !== 0) {
      const complaints = lines.filter((line) => !line.startsWith(EMITTED));
      throw new SetupFailure(`${complaints.join('\n')}\nTypeScript reports errors.`);
    }
    for (const path of filesBelow(place('dist'))) if (!emitted.has(path)) rmSync(path);
    const program = place('dist/cli/main.js');
    if (existsSync(program)) chmodSync(program, 0o755);
    writeStamp(STAMP, key);
    progress.say(`typescript: compiled in ${secondsSince(start)}`);
  },
};

function sources() {
  return filesBelow(place('src')).filter((path) => path.endsWith('.ts'));
}

function sourceKey() {
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => place(name));
  return digestOfFiles([...sources(), ...settings]);
}

/** @param {string} path of a source */
function emittedFor(path) {
  return place('dist', path.slice(place('src').length).replace(/\.ts$/, '.js'));
}
