import { quantile } from '../spread.mjs';

/** @typedef {import('./witness.mjs').Final} Final */
/** @typedef {import('./crowd.mjs').Priority} Priority */

/**
 * Latency of the finals whose speech ended between two moments. Those that waited on disk are counted apart: they are late
 * on purpose.
 *
 * @param {readonly Final[]} finals
 * @param {number} fromMs
 * @param {number} toMs
 * @param {Priority} [priority] all when absent
 */
export function latencyOf(finals, fromMs, toMs, priority) {
  const then = finals.filter((final) => {
    return final.spokeAtMs >= fromMs && final.spokeAtMs < toMs && (!priority || final.priority === priority);
  });
  const seconds = then.filter(({ isLate }) => !isLate).map(({ latencySeconds }) => latencySeconds);
  return {
    count: seconds.length,
    late: then.length - seconds.length,
    p50: quantile(seconds, 0.5),
    p95: quantile(seconds, 0.95),
    maximum: quantile(seconds, 1),
  };
}
