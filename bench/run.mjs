// The one way to run a benchmark: `npm run bench -- NAME [--quick]`. Results go to bench/results/NAME.json and .md;
// those of a quick trial only to the terminal.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { readClips } from './clips.mjs';

const BENCHMARKS = new URL('benchmarks/', import.meta.url);
const RESULTS = new URL('results/', import.meta.url);
const BUILT = [
  new URL('../dist/index.js', import.meta.url),
  new URL('../build/native/whisperpool.node', import.meta.url),
];

const names = readdirSync(BENCHMARKS)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length));
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const quick = process.argv.includes('--quick');
const unknown = asked.filter((name) => !names.includes(name) && name !== 'all');

// Engines are to be as they are told: what measuring finds is a benchmark of its own.
process.env['WHISPERPOOL_CALIBRATE'] ??= '0';

if (asked.length === 0 || unknown.length > 0) {
  console.error(`usage: npm run bench -- NAME [--quick]\nNAME is one of ${names.join(', ')}, or all`);
  process.exitCode = 2;
} else if (!BUILT.every((file) => existsSync(file))) {
  console.error('The engine is not built yet: run `npm run setup` first.');
  process.exitCode = 1;
} else {
  for (const name of asked.includes('all') ? names : asked) await runOne(name);
}

/** @param {string} name */
async function runOne(name) {
  // Only now, because they import what the set-up builds.
  const { describeBuild, describeMachine, loadAverage } = await import('./machine.mjs');
  const { toMarkdown } = await import('./markdown.mjs');
  /** @type {{ benchmark: import('./result.mjs').Benchmark }} */
  const { benchmark } = await import(new URL(`${name}.mjs`, BENCHMARKS).href);

  const clips = readClips();
  const date = new Date();
  const startLoad = loadAverage();
  console.error(`${name}: ${benchmark.title}`);
  const findings = await benchmark.measure({ clips, quick, progress: (line) => console.error(`  ${line}`) });

  /** @type {import('./markdown.mjs').Result} */
  const result = {
    benchmark: name,
    title: benchmark.title,
    command: `npm run bench -- ${name}${quick ? ' --quick' : ''}`,
    date: date.toISOString(),
    durationSeconds: (Date.now() - date.getTime()) / 1000,
    loadAverage: { start: startLoad, end: loadAverage() },
    machine: describeMachine(),
    build: describeBuild(),
    clips: clips.origin,
    ...findings,
  };
  console.log(toMarkdown(result));
  if (quick) return;
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${name}.json`, RESULTS), `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(new URL(`${name}.md`, RESULTS), toMarkdown(result));
}
