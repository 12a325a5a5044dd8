import { digits } from './markdown.mjs';

/** @typedef {import('./markdown.mjs').Result} Result */
/** @typedef {import('./result.mjs').MeasuredFigure} MeasuredFigure */
/** @typedef {Pick<Result, 'benchmark' | 'date' | 'machine' | 'figures'>} Compared */

/**
 * What became of one figure.
 *
 * @typedef {{ kind: 'new', name: string }
 *   | { kind: 'gone', name: string, reason: string }
 *   | { kind: 'moved', name: string, unit: string, before: number, now: number, percent: number, trend: Trend, isPast: boolean }
 * } Change
 *
 * - `new`: it could not be had before.
 * - `gone`: it could be had before.
 * - `moved`: from one value to another, which may be the same; past the threshold only where it is worse.
 */

/**
 * - `unclear`: nobody said which way is better.
 * - `within its spread`: worse, but no worse than rounds of the earlier run were.
 *
 * @typedef {'better' | 'worse' | 'same' | 'unclear' | 'within its spread'} Trend
 */

/**
 * @typedef {object} Comparison
 * @property {string} date of the earlier result
 * @property {boolean} isSameMachine
 * @property {number} thresholdPercent
 * @property {readonly Change[]} changes in the order of the new result
 */

/** Of these less is better, unless a target says otherwise. */
const LESS_IS_BETTER = new Set(['µs', 'ms', 's', 'MiB', 'points', 'samples', 'frames', 'RTF']);
const MORE_IS_BETTER = new Set(['× real time']);

/**
 * Figures belong together by benchmark and name; where a name comes twice, by its turn.
 *
 * @param {Compared} before
 * @param {Compared} now
 * @param {number} thresholdPercent
 * @returns {Comparison}
 * @throws RangeError when they are of different benchmarks
 */
export function compareResults(before, now, thresholdPercent) {
  if (before.benchmark !== now.benchmark) {
    throw new RangeError(`That is a result of '${before.benchmark}', this one is of '${now.benchmark}'.`);
  }
  const earlier = measuredByKey(before);
  const later = measuredByKey(now);
  const isKnown = (/** @type {string} */ key) => earlier.has(key) || later.has(key);
  const changes = [...new Set([...keyed(now.figures).keys(), ...earlier.keys()])].filter(isKnown).map((key) => {
    const [old, figure] = [earlier.get(key), later.get(key)];
    if (figure && old) return movement(old, figure, thresholdPercent);
    if (figure) return /** @type {const} */ ({ kind: 'new', name: figure.name });
    const missing = keyed(now.figures).get(key);
    const reason = missing?.kind === 'missing' ? missing.reason : 'no such figure in this run';
    return /** @type {const} */ ({ kind: 'gone', name: old?.name ?? key, reason });
  });
  const isSameMachine = before.machine.cpu === now.machine.cpu && before.machine.cores === now.machine.cores;
  return { date: before.date, isSameMachine, thresholdPercent, changes };
}

/** Whether something got worse past the threshold, or cannot be had any more. @param {Comparison} comparison */
export function hasRegressed({ changes }) {
  return changes.some((change) => change.kind === 'gone' || (change.kind === 'moved' && change.isPast));
}

/** @param {Comparison} comparison @returns {string} for a terminal */
export function comparisonText(comparison) {
  const { date, isSameMachine, thresholdPercent, changes } = comparison;
  const head = `Compared with ${date}${isSameMachine ? '' : ', of ANOTHER machine: only ratios say something'}`;
  const rows = changes.map(changeCells);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const end = hasRegressed(comparison)
    ? `Worse by more than ${thresholdPercent} %, or gone: see the lines with !`
    : `Nothing is worse by more than ${thresholdPercent} %.`;
  return [head, ...lines, end].join('\n');
}

/**
 * @param {MeasuredFigure} old
 * @param {MeasuredFigure} figure
 * @param {number} thresholdPercent
 * @returns {Change}
 */
function movement(old, figure, thresholdPercent) {
  const { name, unit } = figure;
  const [before, now] = [old.value, figure.value];
  const percent = percentBetween(old, figure);
  const trend = trendOf(old, figure);
  // What must be exact has no tolerance.
  const limit = figure.target?.bound === 'exactly' ? 0 : thresholdPercent;
  const isPast = trend === 'worse' && Math.abs(percent) > limit;
  return { kind: 'moved', name, unit, before, now, percent, trend, isPast };
}

/**
 * Of the earlier value; where that is 0, of the target.
 *
 * @param {MeasuredFigure} old
 * @param {MeasuredFigure} figure
 */
function percentBetween(old, { value, target }) {
  if (value === old.value) return 0;
  return (100 * (value - old.value)) / Math.abs(old.value === 0 ? (target?.value ?? 0) : old.value);
}

/**
 * @param {MeasuredFigure} old
 * @param {MeasuredFigure} figure
 * @returns {Trend}
 */
function trendOf({ value: before, spread }, { value: now, unit, target }) {
  if (now === before) return 'same';
  const badness = badnessBy(target, unit);
  if (!badness) return 'unclear';
  if (badness(now) <= badness(before)) return 'better';
  const isWithin = spread !== undefined && now >= spread.minimum && now <= spread.maximum;
  return isWithin ? 'within its spread' : 'worse';
}

/**
 * @param {import('./result.mjs').Target | undefined} target
 * @param {string} unit
 * @returns {((value: number) => number) | undefined} the more, the worse
 */
function badnessBy(target, unit) {
  const [same, opposite] = [(/** @type {number} */ value) => value, (/** @type {number} */ value) => -value];
  if (target) {
    const distance = (/** @type {number} */ value) => Math.abs(value - target.value);
    return { 'at most': same, 'at least': opposite, exactly: distance }[target.bound];
  }
  if (LESS_IS_BETTER.has(unit)) return same;
  return MORE_IS_BETTER.has(unit) ? opposite : undefined;
}

/**
 * Not a number is null in a file.
 *
 * @param {Compared} result
 * @returns {ReadonlyMap<string, MeasuredFigure>}
 */
function measuredByKey({ figures }) {
  const isMeasured = (/** @type {[string, import('./result.mjs').Figure]} */ entry) => {
    return entry[1].kind === 'measured' && Number.isFinite(entry[1].value);
  };
  return /** @type {Map<string, MeasuredFigure>} */ (new Map([...keyed(figures)].filter(isMeasured)));
}

/**
 * @param {readonly import('./result.mjs').Figure[]} figures
 * @returns {ReadonlyMap<string, import('./result.mjs').Figure>}
 */
function keyed(figures) {
  return new Map(
    figures.map((figure, at) => {
      const turn = figures.slice(0, at).filter(({ name }) => name === figure.name).length;
      return [`${figure.name} ${turn}`, figure];
    }),
  );
}

/** @param {Change} change @returns {readonly string[]} */
function changeCells(change) {
  switch (change.kind) {
    case 'new':
      return ['  new', '', change.name, 'was not measured before'];
    case 'gone':
      return ['! gone', '', change.name, change.reason];
    case 'moved': {
      const { isPast, trend, percent, name, before, now, unit } = change;
      const sign = percent > 0 ? '+' : '';
      const share = Number.isFinite(percent) ? `${sign}${percent.toFixed(1)} %` : 'from 0';
      return [`${isPast ? '!' : ' '} ${trend}`, share, name, `${digits(before)} → ${digits(now)} ${unit}`];
    }
  }
}
