import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { SetupFailure } from './failure.mjs';
import { buildKey, findSources, optionsFor } from './native-configuration.mjs';
import { place } from './place.mjs';
import { secondsSince } from './progress.mjs';
import { digestOfFiles, digestOfValues, filesBelow, readStamp, writeStamp } from './stamp.mjs';
import { findToolchain } from './toolchain.mjs';

/** How much of a failed compiler run is printed; the whole of it is in the log. */
const TAIL_LINES = 60;

/** The addon: build/native/whisperpool.node. */
export const native = cmakeStep({
  name: 'native',
  folder: 'build/native',
  target: 'whisperpool',
  output: 'whisperpool.node',
  sourceFolders: ['native'],
});

/** The addon for other machines, with kernels for every CPU of this architecture: build/prebuilt/addon. */
export const prebuilt = cmakeStep({
  name: 'prebuilt',
  folder: 'build/prebuilt',
  target: 'whisperpool',
  output: 'addon/whisperpool.node',
  sourceFolders: ['native'],
  extraOptions: ['-DWHISPERPOOL_BACKEND_DL=ON'],
});

/** The addon's own C++ and its tests under AddressSanitizer and UBSan. */
export const asan = sanitized('asan', 'address');

/** What threads share, with ggml, and the tests of it under ThreadSanitizer. */
export const tsan = sanitized('tsan', 'thread');

/**
 * @param {string} name
 * @param {'address' | 'thread'} sanitizer
 */
function sanitized(name, sanitizer) {
  return cmakeStep({
    name,
    folder: `build/${name}`,
    target: 'native_tests',
    output: 'native_tests',
    sourceFolders: ['native', 'test/native'],
    extraOptions: [`-DWHISPERPOOL_SANITIZE=${sanitizer}`],
  });
}

/**
 * @typedef {object} CmakeTarget
 * @property {string} name
 * @property {string} folder of the build
 * @property {string} target
 * @property {string} output
 * @property {readonly string[]} sourceFolders whose C++ files decide whether the output is current
 * @property {readonly string[]} [extraOptions] for configuring
 */

/**
 * @param {CmakeTarget} target
 * @returns {import('./step.d.ts').Step}
 */
function cmakeStep({ name, folder, target, output, sourceFolders, extraOptions = [] }) {
  const stamp = place(folder, `${target}.stamp`);
  const sourceKey = () => {
    const files = sourceFolders.flatMap((below) => filesBelow(place(below)));
    return digestOfFiles(files.filter((path) => /\.(cc|h|txt)$/.test(path)));
  };
  return {
    name,
    isCurrent() {
      const sources = findSources();
      if (!sources || !existsSync(place(folder, output))) return false;
      return readStamp(stamp) === digestOfValues([buildKey(sources, extraOptions), sourceKey()]);
    },
    async make({ progress, run }) {
      const start = performance.now();
      const { generator } = findToolchain();
      const sources = findSources({ required: true });
      const key = digestOfValues([buildKey(sources, extraOptions), sourceKey()]);
      prepareFolder(folder, buildKey(sources, [...extraOptions, generator]), generator);
      progress.say(`${name}: whisper.cpp ${sources.version}, ${generator}, ${jobs()} jobs`);

      /** @param {readonly string[]} parameters */
      const cmake = async (parameters) => {
        const { exitCode, lines } = await run('cmake', parameters, {
          onLine(line) {
            const percent = percentIn(line);
            if (percent !== undefined) progress.show(`${name}: ${percent} %`);
          },
        });
        if (exitCode !== 0)
          throw new SetupFailure(`${tailOf(lines, place(folder, 'failed.log'))}\n${name}: cmake failed.`);
      };
      await cmake(['-S', place('native'), '-B', place(folder), '-G', generator, ...optionsFor(sources, extraOptions)]);
      const building = place(folder, 'building');
      writeFileSync(building, '');
      try {
        await cmake(['--build', place(folder), '--target', target, '--parallel', jobs()]);
      } finally {
        rmSync(building, { force: true });
      }
      writeStamp(stamp, key);
      progress.say(`${name}: built in ${secondsSince(start)}`);
    },
  };
}

/**
 * The end of a failed run's output without its percentages; the whole of it goes to a log.
 * @param {readonly string[]} lines
 * @param {string} log
 */
function tailOf(lines, log) {
  writeFileSync(log, lines.join('\n'));
  const telling = lines.filter((line) => percentIn(line) === undefined);
  return [...telling.slice(-TAIL_LINES), `All of the output: ${log}`].join('\n');
}

/**
 * Keeps what an earlier run compiled, unless it was compiled otherwise. Make takes an object file that a kill left
 * half written for finished; Ninja has a log and does not.
 * @param {string} folder
 * @param {string} key of everything that objects depend on besides their sources
 * @param {string} generator
 */
function prepareFolder(folder, key, generator) {
  const stamp = place(folder, 'configuration.stamp');
  const killed = existsSync(place(folder, 'building'));
  if (readStamp(stamp) !== key || (killed && generator !== 'Ninja'))
    rmSync(place(folder), { recursive: true, force: true });
  mkdirSync(place(folder), { recursive: true });
  writeStamp(stamp, key);
}

function jobs() {
  return process.env['CMAKE_BUILD_PARALLEL_LEVEL'] ?? String(availableParallelism());
}

/**
 * How far Ninja (`[12/40] …`) or Make (`[ 30%] …`) says it is.
 * @param {string} line
 */
export function percentIn(line) {
  const [, done, all, percent] = /^\[\s*(?:(\d+)\/(\d+)|(\d+)%)\]/.exec(line) ?? [];
  if (percent !== undefined) return Number(percent);
  return done === undefined ? undefined : Math.floor((100 * Number(done)) / Number(all));
}
