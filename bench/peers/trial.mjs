import { basename } from 'node:path';
import { startDriver } from './driver.mjs';
import { outcomeText } from './outcome.mjs';
import { watchMemory } from './process-tree.mjs';
import { weightsFor } from './weights.mjs';

const GRACE_SECONDS = 2; // for a driver whose own time is up, to say so

/**
 * What one process of one peer did, from its start to its end.
 *
 * @typedef {object} Sample
 * @property {string} peer
 * @property {import('../models.mjs').ModelName} model
 * @property {number} threads
 * @property {number} atOnce
 * @property {string | undefined} failure why there is not all of it, in words
 * @property {number | undefined} coldSeconds from the start of the process to its first text
 * @property {readonly HeardClip[]} heard
 * @property {number} seconds for all of `heard`
 * @property {number | undefined} loopDelayMilliseconds
 * @property {number | undefined} memoryMebibytes the most there was meanwhile
 */

/** @typedef {{ clip: string, seconds: number, text: string }} HeardClip */

/**
 * @typedef {object} TrialOptions
 * @property {import('./table.mjs').Peer} peer
 * @property {import('../models.mjs').ModelName} model
 * @property {number} threads
 * @property {number} atOnce
 * @property {import('./audio.mjs').Spoken | undefined} cold the first clip; none where it would take too long
 * @property {readonly import('./audio.mjs').Spoken[]} clips what comes then
 * @property {string} folder
 * @property {number} stepSeconds the longest that a step may take
 * @property {import('./budget.mjs').Budget} budget
 */

/**
 * @param {TrialOptions} options
 * @returns {Promise<{ sample: Sample, hasLoaded: boolean }>}
 */
export async function runTrial({ peer, model, threads, atOnce, cold, clips, folder, stepSeconds, budget }) {
  /** @type {Sample} */
  const nothing = {
    ...{ peer: peer.name, model, threads, atOnce },
    ...{ failure: undefined, coldSeconds: undefined, heard: [], seconds: 0 },
    ...{ loopDelayMilliseconds: undefined, memoryMebibytes: undefined },
  };
  if (budget.isSpent) {
    return { sample: { ...nothing, failure: `not finished in ${budget.seconds} s` }, hasLoaded: true };
  }
  const path = await weightsFor(peer, model, folder);
  const start = performance.now();
  const driver = startDriver(peer);
  /**
   * @param {readonly import('./audio.mjs').Spoken[]} spoken
   * @param {number} side by side
   */
  const transcribe = (spoken, side) => {
    const forSeconds = budget.atMost(stepSeconds);
    const paths = spoken.map((each) => each.path);
    return driver.ask({ command: 'transcribe', paths, atOnce: side, forSeconds }, forSeconds + GRACE_SECONDS);
  };
  try {
    const loading = await driver.ask({ command: 'load', model, path, threads, atOnce }, budget.atMost(stepSeconds));
    if (loading.kind !== 'answer') return { sample: { ...nothing, failure: outcomeText(loading) }, hasLoaded: false };
    let coldSeconds;
    if (cold) {
      const first = summarised(await transcribe([cold], 1), 1);
      if (first.failure !== undefined) return { sample: { ...nothing, failure: first.failure }, hasLoaded: true };
      coldSeconds = (performance.now() - start) / 1000;
    }
    const memory = watchMemory(driver.pid, peer.memory);
    const outcome = await transcribe(clips, atOnce);
    const memoryMebibytes = memory();
    return {
      sample: { ...nothing, coldSeconds, memoryMebibytes, ...summarised(outcome, clips.length) },
      hasLoaded: true,
    };
  } finally {
    await driver.end();
    budget.spend((performance.now() - start) / 1000);
  }
}

/**
 * @param {import('./outcome.mjs').Outcome} outcome
 * @param {number} asked clips
 * @returns {Pick<Sample, 'failure' | 'heard' | 'seconds' | 'loopDelayMilliseconds'>}
 */
export function summarised(outcome, asked) {
  const nothing = { heard: [], seconds: 0, loopDelayMilliseconds: undefined };
  if (outcome.kind !== 'answer') return { ...nothing, failure: outcomeText(outcome) };
  const { answer } = outcome;
  if (answer.kind !== 'transcribed') return { ...nothing, failure: `answered ${answer.kind}` };
  const heard = answer.heard.flatMap((each) =>
    'text' in each ? [{ clip: basename(each.path, '.wav'), seconds: each.seconds, text: each.text }] : [],
  );
  const failed = answer.heard.find((each) => 'error' in each);
  const failure = failed
    ? outcomeText({ kind: 'refused', message: failed.error })
    : heard.length < asked
      ? `not finished in ${Math.round(answer.seconds)} s`
      : undefined;
  return { failure, heard, seconds: answer.seconds, loopDelayMilliseconds: answer.loopDelayMilliseconds };
}
