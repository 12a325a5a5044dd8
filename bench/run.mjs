// The one way to run benchmarks: `npm run bench -- [NAME] [--quick] [--compare FILE [--threshold PERCENT]]`. Without a
// name, the short standard set. Results go to bench/results/NAME.json and .md, of the standard set to latest; those of a
// quick trial only to the terminal.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readOrder } from './arguments.mjs';
import { readClips } from './clips.mjs';
import { compareResults, comparisonText, hasRegressed } from './compare.mjs';

/**
 * @typedef {object} Chosen
 * @property {string} name also of its result
 * @property {readonly string[]} parameters of the command that asks for it
 * @property {() => Promise<{ benchmark: import('./result.mjs').Benchmark }>} load
 */

const BENCHMARKS = new URL('benchmarks/', import.meta.url);
/** @type {Chosen} */
const STANDARD = { name: 'latest', parameters: [], load: () => import('./standard.mjs') };
const BUILT = [
  new URL('../dist/index.js', import.meta.url),
  new URL('../build/native/whisperpool.node', import.meta.url),
];

const names = readdirSync(BENCHMARKS)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));

// Engines are to be as they are told: what measuring finds is a benchmark of its own.
process.env['WHISPERPOOL_CALIBRATE'] ??= '0';

if (BUILT.every((file) => existsSync(file))) {
  const plan = readPlan();
  if (plan) await runAll(plan);
  else process.exitCode = 2;
} else {
  console.error('The engine is not built yet: run `npm run setup` first.');
  process.exitCode = 1;
}

/** Undefined when the command line makes no sense, which it says. */
function readPlan() {
  try {
    const { names: asked, quick, compareWith, thresholdPercent } = readOrder(process.argv.slice(2), names);
    const toRun = asked.length === 0 ? [STANDARD] : asked.map(chosen);
    // Before the run, which may write the same file.
    const earlier = compareWith === undefined ? undefined : readResult(compareWith);
    if (earlier && !toRun.some(({ name }) => name === earlier.benchmark)) {
      throw new RangeError(`${compareWith} is a result of '${earlier.benchmark}', which is not to be run.`);
    }
    return { toRun, quick, earlier, thresholdPercent };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(`${error.message}
usage: npm run bench -- [NAME] [--quick] [--compare FILE [--threshold PERCENT]]
NAME is one of ${names.join(', ')}, or all; without one, the short standard set runs.`);
    return undefined;
  }
}

/** @param {NonNullable<ReturnType<typeof readPlan>>} plan */
async function runAll({ toRun, quick, earlier, thresholdPercent }) {
  for (const one of toRun) {
    const result = await runOne(one, quick);
    if (earlier?.benchmark !== one.name) continue;
    const comparison = compareResults(earlier, result, thresholdPercent);
    console.log(comparisonText(comparison));
    if (hasRegressed(comparison)) process.exitCode = 1;
  }
}

/** @param {string} name @returns {Chosen} */
function chosen(name) {
  return { name, parameters: [name], load: () => import(new URL(`${name}.mjs`, BENCHMARKS).href) };
}

/**
 * @param {string} path
 * @returns {import('./markdown.mjs').Result}
 */
function readResult(path) {
  if (!existsSync(path)) throw new RangeError(`There is no file ${path}.`);
  try {
    const result = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(result.figures)) return result;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RangeError(`${path} is not the result of a benchmark.`);
}

/**
 * @param {Chosen} chosen
 * @param {boolean} quick
 * @returns {Promise<import('./markdown.mjs').Result>}
 */
async function runOne({ name, parameters, load }, quick) {
  // Only now, because they import what the set-up builds.
  const { saveResult, takeMeasurement } = await import('./measurement.mjs');
  const { benchmark } = await load();

  const words = [...parameters, ...(quick ? ['--quick'] : [])];
  const clips = readClips();
  const result = await takeMeasurement({
    name,
    title: benchmark.title,
    command: ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' '),
    clips,
    measure: () => benchmark.measure({ clips, quick, progress: (line) => console.error(`  ${line}`) }),
  });
  if (!quick) await saveResult(result);
  return result;
}
