// Everything at once for a long time: npm run soak -- --minutes 20 | --hours 12 [--seed N] [--isolation thread]
// Ends with a code other than 0 when a check fails. Ctrl-C ends it early, with the figures so far.
// The result goes to bench/results/soak.json and .md; that of a run of less than 20 min only to the terminal.
import { parseArgs } from 'node:util';
import { readClips } from '../clips.mjs';
import { verdict } from '../result.mjs';

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
  const { saveResult, takeMeasurement } = await import('../measurement.mjs');

  const interruption = new AbortController();
  process.once('SIGINT', () => {
    console.error('  It ends early; Ctrl-C again ends it at once.');
    interruption.abort();
  });
  const clips = readClips();
  const progress = (/** @type {string} */ line) => console.error(`  ${line}`);
  const result = await takeMeasurement({
    name: 'soak',
    title: benchmark.title,
    command: `npm run soak -- ${process.argv.slice(2).join(' ')}`.trim(),
    clips,
    measure: () => measureSoak({ clips, progress }, { ...options, signal: interruption.signal }),
  });
  if (result.figures.some((figure) => verdict(figure) === 'not met')) process.exitCode = 1;
  if (result.durationSeconds >= 60 * LEAST_MINUTES) await saveResult(result);
}
