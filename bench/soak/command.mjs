// Everything at once for a long time: npm run soak -- --minutes 20 | --hours 12 [--seed N] [--isolation thread]
// Ends with a code other than 0 when a check fails. Ctrl-C ends it early, with the figures so far.
// The result goes to bench/results/soak.json and .md; that of a run of less than 20 min only to the terminal.
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readClips } from '../clips.mjs';
import { toMarkdown } from '../markdown.mjs';
import { verdict } from '../result.mjs';

const RESULTS = new URL('../results/', import.meta.url);
const LEAST_MINUTES = 20;

// Engines are to be as they are told.
process.env['WHISPERPOOL_CALIBRATE'] ??= '0';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    hours: { type: 'string' },
    seed: { type: 'string', default: '1' },
    isolation: { type: 'string', default: 'process' },
  },
});
const minutes = values.hours === undefined ? Number(values.minutes) : 60 * Number(values.hours);
const seed = Number(values.seed);
const { isolation } = values;

if (!(minutes > 0) || !Number.isSafeInteger(seed) || (isolation !== 'process' && isolation !== 'thread')) {
  console.error('usage: npm run soak -- --minutes N | --hours N [--seed N] [--isolation process|thread]');
  process.exitCode = 2;
} else await run({ seconds: 60 * minutes, seed, isolation });

/** @param {Pick<import('./soak.mjs').SoakOptions, 'seconds' | 'seed' | 'isolation'>} options */
async function run(options) {
  // Only now, because they import what the set-up builds.
  const { benchmark, measureSoak } = await import('../benchmarks/soak.mjs');
  const { describeBuild, describeMachine, loadAverage } = await import('../machine.mjs');

  const interruption = new AbortController();
  process.once('SIGINT', () => {
    console.error('  It ends early; Ctrl-C again ends it at once.');
    interruption.abort();
  });
  const clips = readClips();
  const date = new Date();
  const startLoad = loadAverage();
  const progress = (/** @type {string} */ line) => console.error(`  ${line}`);
  const findings = await measureSoak({ clips, progress }, { ...options, signal: interruption.signal });
  const durationSeconds = (Date.now() - date.getTime()) / 1000;

  /** @type {import('../markdown.mjs').Result} */
  const result = {
    benchmark: 'soak',
    title: benchmark.title,
    command: `npm run soak -- ${process.argv.slice(2).join(' ')}`.trim(),
    date: date.toISOString(),
    durationSeconds,
    loadAverage: { start: startLoad, end: loadAverage() },
    machine: describeMachine(),
    build: describeBuild(),
    clips: clips.origin,
    ...findings,
  };
  console.log(toMarkdown(result));
  if (findings.figures.some((figure) => verdict(figure) === 'not met')) process.exitCode = 1;
  if (durationSeconds < 60 * LEAST_MINUTES) return;
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL('soak.json', RESULTS), `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(new URL('soak.md', RESULTS), toMarkdown(result));
}
