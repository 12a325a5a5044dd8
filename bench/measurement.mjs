import { mkdir, writeFile } from 'node:fs/promises';
import { describeBuild, describeMachine, loadAverage } from './machine.mjs';
import { toMarkdown } from './markdown.mjs';

const RESULTS = new URL('results/', import.meta.url);

/**
 * Measures, tells the terminal, and keeps when, where and by what command that was.
 *
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.title
 * @param {string} options.command that does the same again
 * @param {import('./clips.mjs').ClipSet} options.clips
 * @param {() => Promise<import('./result.mjs').Findings>} options.measure
 * @returns {Promise<import('./markdown.mjs').Result>}
 */
export async function takeMeasurement({ name, title, command, clips, measure }) {
  const date = new Date();
  const startLoad = loadAverage();
  console.error(`${name}: ${title}`);
  const findings = await measure();
  const result = {
    benchmark: name,
    title,
    command,
    date: date.toISOString(),
    durationSeconds: (Date.now() - date.getTime()) / 1000,
    loadAverage: { start: startLoad, end: loadAverage() },
    machine: describeMachine(),
    build: describeBuild(),
    clips: clips.origin,
    ...findings,
  };
  console.log(toMarkdown(result));
  return result;
}

/** @param {import('./markdown.mjs').Result} result */
export async function saveResult(result) {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${result.benchmark}.json`, RESULTS), `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(new URL(`${result.benchmark}.md`, RESULTS), toMarkdown(result));
}
