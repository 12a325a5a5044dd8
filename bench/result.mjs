/**
 * What a benchmark promises to reach.
 *
 * @typedef {object} Target
 * @property {'at most' | 'at least' | 'exactly'} bound
 * @property {number} value
 */

/**
 * One figure of a benchmark. `spread` is over the rounds that `value` is the median of, where there were any.
 *
 * @typedef {object} MeasuredFigure
 * @property {'measured'} kind
 * @property {string} name
 * @property {string} unit `ratio`, `ms`, `points`, `count`, …
 * @property {number} value
 * @property {Target | undefined} target
 * @property {import('./spread.mjs').Spread | undefined} spread
 */

/**
 * A figure that could not be had here, and why.
 *
 * @typedef {object} MissingFigure
 * @property {'missing'} kind
 * @property {string} name
 * @property {string} reason
 */

/** @typedef {MeasuredFigure | MissingFigure} Figure */

/**
 * Rows that explain the figures.
 *
 * @typedef {object} Table
 * @property {string} title
 * @property {readonly string[]} columns
 * @property {readonly (readonly (string | number)[])[]} rows
 */

/**
 * @typedef {object} Findings
 * @property {readonly Figure[]} figures
 * @property {readonly Table[]} tables
 * @property {readonly string[]} notes how it was measured, and what to know when reading it
 */

/**
 * What a benchmark is given.
 *
 * @typedef {object} Run
 * @property {import('./clips.mjs').ClipSet} clips
 * @property {boolean} quick a trial: few rounds, nothing to publish
 * @property {(line: string) => void} progress
 */

/**
 * @typedef {object} Benchmark
 * @property {string} title
 * @property {(run: Run) => Promise<Findings>} measure
 */

/**
 * @param {string} name
 * @param {string} unit
 * @param {number} value
 * @param {Target} [target]
 * @param {import('./spread.mjs').Spread} [spread]
 * @returns {MeasuredFigure}
 */
export function figure(name, unit, value, target, spread) {
  return { kind: 'measured', name, unit, value, target, spread };
}

/**
 * @param {string} name
 * @param {string} reason
 * @returns {MissingFigure}
 */
export function missing(name, reason) {
  return { kind: 'missing', name, reason };
}

/** @param {number} value @returns {Target} */
export const atMost = (value) => ({ bound: 'at most', value });
/** @param {number} value @returns {Target} */
export const atLeast = (value) => ({ bound: 'at least', value });
/** @param {number} value @returns {Target} */
export const exactly = (value) => ({ bound: 'exactly', value });

/**
 * @param {Figure} figure
 * @returns {'met' | 'not met' | 'no target' | 'not measured'}
 */
export function verdict(figure) {
  if (figure.kind === 'missing') return 'not measured';
  if (!figure.target) return 'no target';
  const { bound, value } = figure.target;
  const met = { 'at most': figure.value <= value, 'at least': figure.value >= value, exactly: figure.value === value };
  return met[bound] ? 'met' : 'not met';
}

/**
 * Several measurements as the findings of one benchmark.
 *
 * @param {readonly Findings[]} parts
 * @returns {Findings}
 */
export function combined(parts) {
  return {
    figures: parts.flatMap((part) => part.figures),
    tables: parts.flatMap((part) => part.tables),
    notes: parts.flatMap((part) => part.notes),
  };
}
