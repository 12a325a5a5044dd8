/**
 * From values to places along an axis, with ticks at 1, 2 and 5 times powers of ten.
 *
 * @typedef {object} Scale
 * @property {readonly number[]} ticks
 * @property {(value: number) => number} share 0 at the beginning of the axis, 1 at its end; all given values lie between
 */

const MOST_TICKS = 7;

/**
 * @param {readonly number[]} values
 * @param {'linear' | 'log'} kind
 * @returns {Scale}
 */
export function scaleOf(values, kind) {
  return kind === 'log' ? logScale(values) : linearScale(values);
}

/**
 * Whether a value has a place on such a scale.
 *
 * @param {number} value
 * @param {'linear' | 'log'} kind
 */
export function hasPlace(value, kind) {
  return Number.isFinite(value) && (kind === 'linear' || value > 0);
}

/** With 0, so that lengths can be compared. @param {readonly number[]} values @returns {Scale} */
function linearScale(values) {
  const least = Math.min(0, ...values);
  const most = Math.max(0, ...values) || least + 1;
  const step = stepOver((most - least) / (MOST_TICKS - 1));
  const first = Math.floor(least / step + 1e-9);
  const last = Math.ceil(most / step - 1e-9);
  // Not a sum of steps, which would end in digits that nobody wants to read.
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
  const [from, to] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  return { ticks, share: (value) => (value - from) / (to - from) };
}

/** @param {readonly number[]} values above 0 @returns {Scale} */
function logScale(values) {
  const [least, most] = values.length === 0 ? [1, 10] : [Math.min(...values), Math.max(...values)];
  const [lowest, highest] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const candidates = [];
  for (let power = lowest - 1; power <= highest + 1; power += 1) {
    for (const factor of [1, 2, 5]) candidates.push(Number(`${factor}e${power}`));
  }
  const from = candidates.findLast((tick) => tick <= least * (1 + 1e-9)) ?? least;
  const after = candidates.find((tick) => tick >= most * (1 - 1e-9)) ?? most;
  const to = after > from ? after : (candidates.find((tick) => tick > from) ?? 10 * from);
  const within = candidates.filter((tick) => tick >= from && tick <= to);
  const decades = within.filter((tick) => Number.isInteger(Math.round(1e9 * Math.log10(tick)) / 1e9));
  const every = Math.ceil(decades.length / MOST_TICKS);
  const ticks = within.length <= MOST_TICKS ? within : decades.filter((_, at) => at % every === 0);
  return { ticks, share: (value) => Math.log(value / from) / Math.log(to / from) };
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below a number. @param {number} least */
function stepOver(least) {
  const power = Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((factor) => factor * 10 ** power >= least * (1 - 1e-9)) ?? 10;
  return Number(`${step}e${power}`);
}

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' });

/** @param {number} value */
export function numberText(value) {
  return (Math.abs(value) >= 100_000 ? short : plain).format(value);
}
