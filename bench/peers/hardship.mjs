import { join } from 'node:path';
import { startDriver } from './driver.mjs';
import { abortText, outcomeText, overloadText, truncatedModelText } from './outcome.mjs';
import { secondsUntilIdle, watchMemory } from './process-tree.mjs';
import { halfOfWeightsFor, weightsFor } from './weights.mjs';

const MODEL = 'tiny.en';
const JOBS = 24;
const LOAD_SECONDS = 20;
const GRACE_SECONDS = 5;

/**
 * @typedef {object} Hardships
 * @property {string} abort
 * @property {readonly number[]} abortMilliseconds where it settled
 * @property {string} truncated
 * @property {string} overload
 */

/**
 * @typedef {object} Options
 * @property {import('./audio.mjs').Audio} audio
 * @property {string} folder
 * @property {number} aborts how often
 * @property {number} patienceSeconds with each of the three
 */

/**
 * What a peer does when it is stopped, when its model is broken and when there is more work than it can do.
 *
 * @param {import('./table.mjs').Peer} peer
 * @param {Options} options
 * @returns {Promise<Hardships>}
 */
export async function measureHardships(peer, options) {
  return {
    ...(await stop(peer, options)),
    truncated: await breakModel(peer, options),
    overload: await overload(peer, options),
  };
}

/**
 * @param {import('./table.mjs').Peer} peer
 * @param {string} folder
 * @param {number} atOnce
 */
async function loaded(peer, folder, atOnce) {
  const path = await weightsFor(peer, MODEL, folder);
  const driver = startDriver(peer);
  const loading = await driver.ask({ command: 'load', model: MODEL, path, threads: 1, atOnce }, LOAD_SECONDS);
  return { driver, failure: loading.kind === 'answer' ? undefined : outcomeText(loading) };
}

/**
 * @param {import('./table.mjs').Peer} peer
 * @param {Options} options
 */
async function stop(peer, { audio, folder, aborts, patienceSeconds }) {
  /** @type {number[]} */
  const abortMilliseconds = [];
  let abort = '';
  const { driver, failure } = await loaded(peer, folder, 1);
  try {
    if (failure !== undefined) return { abort: failure, abortMilliseconds };
    for (let at = 0; at < aborts; at += 1) {
      const afterSeconds = 0.6 + 0.27 * at;
      const outcome = await driver.ask(
        { command: 'abort', path: audio.long.path, afterSeconds, patienceSeconds },
        afterSeconds + patienceSeconds + GRACE_SECONDS,
      );
      if (outcome.kind !== 'answer') return { abort: outcomeText(outcome), abortMilliseconds };
      if (outcome.answer.kind !== 'aborted') throw new Error(`An abort was answered with ${outcome.answer.kind}.`);
      const isSettled = outcome.answer.how === 'settled';
      abort = abortText(outcome.answer, isSettled ? await secondsUntilIdle(driver.pid, GRACE_SECONDS) : undefined);
      if (!isSettled) break;
      abortMilliseconds.push(1000 * outcome.answer.seconds);
    }
    return { abort, abortMilliseconds };
  } finally {
    await driver.end();
  }
}

/**
 * @param {import('./table.mjs').Peer} peer
 * @param {Options} options
 */
async function breakModel(peer, { audio, folder, patienceSeconds }) {
  const path = await halfOfWeightsFor(peer, MODEL, join(folder, `half-${peer.name}`));
  const driver = startDriver(peer);
  try {
    const loading = await driver.ask({ command: 'load', model: MODEL, path, threads: 1, atOnce: 1 }, LOAD_SECONDS);
    if (loading.kind !== 'answer') return truncatedModelText(loading, undefined);
    const request = { paths: [audio.cold.path], atOnce: 1, forSeconds: patienceSeconds };
    const transcribing = await driver.ask({ command: 'transcribe', ...request }, patienceSeconds + GRACE_SECONDS);
    return truncatedModelText(loading, transcribing);
  } finally {
    await driver.end();
  }
}

/**
 * @param {import('./table.mjs').Peer} peer
 * @param {Options} options
 */
async function overload(peer, { audio, folder, patienceSeconds }) {
  const { driver, failure } = await loaded(peer, folder, 2);
  try {
    if (failure !== undefined) return failure;
    const memory = watchMemory(driver.pid, peer.memory);
    const paths = Array.from({ length: JOBS }, () => audio.cold.path);
    const outcome = await driver.ask(
      { command: 'transcribe', paths, atOnce: JOBS, forSeconds: patienceSeconds },
      patienceSeconds + GRACE_SECONDS,
    );
    const mebibytes = `${Math.round(memory())} MiB`;
    if (outcome.kind === 'late') return `event loop stopped: no word in ${outcome.seconds} s; ${mebibytes}`;
    if (outcome.kind !== 'answer') return `${outcomeText(outcome)}; ${mebibytes}`;
    if (outcome.answer.kind !== 'transcribed') throw new Error(`Work was answered with ${outcome.answer.kind}.`);
    const delay = `event loop p99 ${outcome.answer.loopDelayMilliseconds.toFixed(0)} ms`;
    return `${overloadText(outcome.answer, JOBS)}; ${mebibytes}; ${delay}`;
  } finally {
    await driver.end();
  }
}

/** @param {number} patienceSeconds */
export const hardshipNote = (patienceSeconds) =>
  `Abort: of the long file, the last of the aborts in words; cores are free when the peer and all that it started computes no more. Truncated: the second half of the model is missing. Overload: ${JOBS} clips of 8 s asked for in the same moment of a peer that was told of two, for at most ${patienceSeconds} s. All with ${MODEL}, one thread.`;
