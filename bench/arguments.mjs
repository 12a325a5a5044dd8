import { parseArgs } from 'node:util';

/** Of a figure that got worse. */
const USUAL_THRESHOLD_PERCENT = 10;

/**
 * What to run.
 *
 * @typedef {object} Order
 * @property {readonly string[]} names of benchmarks; none means the standard set
 * @property {boolean} quick
 * @property {string | undefined} compareWith path of an earlier result
 * @property {number} thresholdPercent
 */

/**
 * Options that are not the runner's own are for the benchmarks.
 *
 * @param {readonly string[]} words of the command line
 * @param {readonly string[]} known names of benchmarks
 * @returns {Order}
 * @throws RangeError that says what is wrong
 */
export function readOrder(words, known) {
  const { values, positionals } = parseArgs({
    args: [...words],
    strict: false,
    options: { quick: { type: 'boolean' }, compare: { type: 'string' }, threshold: { type: 'string' } },
  });
  const { compare, threshold } = values;
  const unknown = positionals.filter((name) => !known.includes(name) && name !== 'all');
  if (unknown.length > 0) throw new RangeError(`There is no benchmark ${unknown.join(', ')}.`);
  if (compare === true || compare === '') throw new RangeError('--compare needs a file: an earlier result.');
  if (threshold !== undefined && !compare) throw new RangeError('--threshold says nothing without --compare.');
  const thresholdPercent = threshold === undefined ? USUAL_THRESHOLD_PERCENT : Number(threshold);
  if (threshold === '' || threshold === true || !(thresholdPercent >= 0)) {
    throw new RangeError('--threshold needs a number of percent, 0 or more.');
  }
  return {
    names: positionals.includes('all') ? known : [...new Set(positionals)],
    quick: values.quick === true,
    compareWith: typeof compare === 'string' ? compare : undefined,
    thresholdPercent,
  };
}
