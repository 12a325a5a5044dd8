import { shortcoming } from './verdict.mjs';

/** @typedef {import('./level.mjs').Level} Level */

/**
 * @typedef {object} SearchOptions
 * @property {number} start sources to begin with
 * @property {number} mostProbes
 * @property {number} mostTrials levels of full length
 * @property {(sources: number) => Promise<Level>} probe a short level: only shows where to look
 * @property {(sources: number) => Promise<Level>} run a level of full length
 */

/**
 * The most sources that are served in time: looked for with short levels, upwards by half and then in between, and then
 * tried at full length, downwards until one is passed.
 *
 * @param {SearchOptions} options
 * @returns {Promise<{ levels: Level[], best: Level | undefined }>} all levels of full length, and the one that counts
 */
export async function largestServed({ start, mostProbes, mostTrials, probe, run }) {
  let sources = await probed({ start, mostProbes, probe });
  /** @type {Level[]} */
  const levels = [];
  for (let trial = 0; trial < mostTrials && sources >= 1; trial += 1) {
    const level = await run(sources);
    levels.push(level);
    if (!shortcoming(level)) return { levels, best: level };
    // The first may have missed by chance; then it was too many.
    sources -= (trial + 1) * stepAt(sources);
  }
  return { levels, best: undefined };
}

/** @param {Pick<SearchOptions, 'start' | 'mostProbes' | 'probe'>} options */
async function probed({ start, mostProbes, probe }) {
  let served = 0;
  let failed = Number.POSITIVE_INFINITY;
  let next = start;
  for (let i = 0; i < mostProbes && next > served && next < failed; i += 1) {
    if (shortcoming(await probe(next))) failed = next;
    else served = next;
    const isBracketed = failed < Number.POSITIVE_INFINITY;
    if (isBracketed && failed - served <= stepAt(served)) break;
    next = isBracketed ? Math.floor((served + failed) / 2) : Math.ceil(1.5 * served);
  }
  return served > 0 ? served : Math.max(1, Math.floor(Math.min(failed, start) / 2));
}

/** No finer than what two runs of one level differ by. @param {number} sources */
function stepAt(sources) {
  return Math.max(1, Math.round(0.08 * sources));
}
