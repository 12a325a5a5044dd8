import { existsSync, readdirSync, readFileSync } from 'node:fs';

const RESULTS = new URL('../results/', import.meta.url);
const BENCHMARKS = new URL('../benchmarks/', import.meta.url);
/** Of a benchmark's plots the names begin with its own. */
export const PLOTS = new URL('plots/', RESULTS);
/** The standard set, whose result has a name of its own. */
const STANDARD = 'latest';

/**
 * All that has been measured, and what has not.
 *
 * @typedef {object} Published
 * @property {readonly import('../markdown.mjs').Result[]} results the standard set first
 * @property {readonly string[]} unmeasured benchmarks without a result
 * @property {readonly Plot[]} plots
 */

/** @typedef {{ name: string, svg: string }} Plot */

/** @returns {Published} */
export function readPublished() {
  const results = namesIn(RESULTS, '.json').map((name) => {
    // What is not a number is null in a file.
    const number = (/** @type {string} */ _key, /** @type {unknown} */ value) => value ?? Number.NaN;
    return JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8'), number);
  });
  const isStandard = (/** @type {{ benchmark: string }} */ { benchmark }) => benchmark === STANDARD;
  const isMeasured = (/** @type {string} */ name) => results.some(({ benchmark }) => benchmark === name);
  return {
    results: [...results.filter(isStandard), ...results.filter((result) => !isStandard(result))],
    unmeasured: [STANDARD, ...namesIn(BENCHMARKS, '.mjs')].filter((name) => !isMeasured(name)),
    plots: namesIn(PLOTS, '.svg').map((name) => ({ name, svg: readFileSync(new URL(`${name}.svg`, PLOTS), 'utf8') })),
  };
}

/**
 * @param {URL} folder
 * @param {string} ending
 */
function namesIn(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}
