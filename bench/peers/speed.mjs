import { Budget } from './budget.mjs';
import { runTrial } from './trial.mjs';

/**
 * A peer that takes longer for its first text is tried in one round only, and then with the most clips at once, for a
 * share of the time: enough to see its memory.
 */
const SLOW_SECONDS = 10;
const SLOW_SHARE = 1 / 3;

/**
 * @typedef {object} Plan
 * @property {readonly import('../models.mjs').ModelName[]} models
 * @property {number} rounds
 * @property {readonly number[]} counts of clips at once, one thread each
 * @property {boolean} twoThreads also one clip at a time on two threads
 * @property {number} stepSeconds
 * @property {number} budgetSeconds of a peer, for each model
 */

/**
 * All peers by turns, round after round; every trial is a new process.
 *
 * @param {object} options
 * @param {readonly import('./table.mjs').Peer[]} options.peers
 * @param {Plan} options.plan
 * @param {import('./audio.mjs').Audio} options.audio
 * @param {string} options.folder
 * @param {(line: string) => void} options.progress
 * @returns {Promise<{ samples: import('./trial.mjs').Sample[], unusable: Map<string, string> }>} `unusable`: why a peer
 *   could not load a model at all
 */
export async function measureSpeed({ peers, plan, audio, folder, progress }) {
  /** @type {import('./trial.mjs').Sample[]} */
  const samples = [];
  /** @type {Map<string, string>} */
  const unusable = new Map();
  for (const model of plan.models) {
    /** @type {Set<string>} */
    const slow = new Set();
    const budgets = new Map(peers.map(({ name }) => [name, new Budget(plan.budgetSeconds)]));
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const peer of round % 2 === 0 ? peers : [...peers].reverse()) {
        const budget = budgets.get(peer.name);
        if (!budget || unusable.has(peer.name) || slow.has(peer.name)) continue;
        progress(`${model}, round ${round + 1} of ${plan.rounds}: ${peer.name}`);
        for (const { threads, atOnce } of casesOf(plan)) {
          const isFirst = atOnce === 1 && threads === 1;
          const isSlow = slow.has(peer.name);
          if (isSlow && atOnce !== plan.counts.at(-1)) continue;
          const { sample, hasLoaded } = await runTrial({
            ...{ peer, model, threads, atOnce, folder, budget },
            cold: isSlow ? undefined : audio.cold,
            // All of them once, for their words; the rest is about speed.
            clips: isFirst && round === 0 ? speedFirst(audio) : audio.speed,
            stepSeconds: plan.stepSeconds * (isSlow ? SLOW_SHARE : 1),
          });
          if (!hasLoaded && isFirst && round === 0) {
            unusable.set(peer.name, sample.failure ?? '');
            break;
          }
          samples.push(sample);
          if (isFirst && (sample.coldSeconds ?? Number.POSITIVE_INFINITY) > SLOW_SECONDS) slow.add(peer.name);
        }
      }
    }
  }
  return { samples, unusable };
}

/** @param {Plan} plan */
function casesOf({ counts, twoThreads }) {
  const cases = counts.map((atOnce) => ({ threads: 1, atOnce }));
  return twoThreads ? [...cases, { threads: 2, atOnce: 1 }] : cases;
}

/** @param {import('./audio.mjs').Audio} audio */
function speedFirst({ speed, english }) {
  return [...speed, ...english.filter((clip) => !speed.includes(clip))];
}
