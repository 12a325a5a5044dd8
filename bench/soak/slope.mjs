import { quantile } from '../spread.mjs';

/** @typedef {import('./series.mjs').Point} Point */

/**
 * Theil–Sen: the median of the slopes between all pairs of points. Up to a quarter of the points may be anything. Where
 * there are groups (one for each model, say), only points of one group are compared.
 *
 * @param {readonly (readonly Point[])[]} groups
 * @returns {number} a minute; NaN when no two points can be compared
 */
export function theilSen(groups) {
  /** @type {number[]} */
  const slopes = [];
  for (const points of groups) {
    points.forEach((from, at) => {
      for (const to of points.slice(at + 1)) {
        const minutes = (to.atSeconds - from.atSeconds) / 60;
        if (minutes > 0) slopes.push((to.value - from.value) / minutes);
      }
    });
  }
  return slopes.length === 0 ? Number.NaN : quantile(slopes, 0.5);
}

/**
 * How fast something grows, and whether it still did in the later half: what comes to a plateau is no leak, and what goes
 * up slowly is seen over the whole.
 *
 * @param {readonly (readonly Point[])[]} groups
 * @returns {{ whole: number, later: number, lasting: number }} a minute; `lasting` is the smaller of the two
 */
export function growth(groups) {
  const times = groups.flat().map(({ atSeconds }) => atSeconds);
  const first = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = times.reduce((most, at) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const halfSeconds = (first + last) / 2;
  const whole = theilSen(groups);
  const later = theilSen(groups.map((points) => points.filter(({ atSeconds }) => atSeconds >= halfSeconds)));
  return { whole, later, lasting: Number.isNaN(later) ? whole : Math.min(whole, later) };
}
