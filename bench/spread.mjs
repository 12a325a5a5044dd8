/**
 * What repeated measurements of one thing looked like.
 *
 * @typedef {object} Spread
 * @property {number} minimum
 * @property {number} median
 * @property {number} maximum
 * @property {number} count
 */

/**
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spreadOf(values) {
  return {
    minimum: Math.min(...values),
    median: quantile(values, 0.5),
    maximum: Math.max(...values),
    count: values.length,
  };
}

/**
 * The value that a share of `values` does not exceed, interpolated between neighbours.
 *
 * @param {readonly number[]} values at least one
 * @param {number} share 0 … 1
 * @returns {number}
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Two things measured by turns, so that whatever else the machine is doing meets both. Which of them goes first
 * alternates too.
 *
 * @param {object} options
 * @param {() => Promise<number>} options.a seconds of one measurement
 * @param {() => Promise<number>} options.b
 * @param {number} options.rounds
 * @param {(line: string) => void} options.progress
 * @returns {Promise<{ a: number, b: number }[]>} one entry a round
 */
export async function interleaved({ a, b, rounds, progress }) {
  /** @type {{ a: number, b: number }[]} */
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await a();
      pairs.push({ a: first, b: await b() });
    } else {
      const first = await b();
      pairs.push({ a: await a(), b: first });
    }
    const pair = pairs[round];
    if (pair) progress(`round ${round + 1} of ${rounds}: ${pair.a.toFixed(3)} s and ${pair.b.toFixed(3)} s`);
  }
  return pairs;
}

/**
 * Seconds that `work` takes.
 *
 * @param {() => unknown} work
 * @returns {Promise<number>}
 */
export async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/**
 * Numbers in 0 … 1 that are the same in every run (mulberry32).
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
