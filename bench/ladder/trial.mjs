import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../dist/index.js';
import { imbalance, readBooks } from '../live/books.mjs';
import { SAMPLE_RATE } from '../live/spoken-clip.mjs';
import { openCrowd, PRIORITIES } from './crowd.mjs';
import { watchedPolicy } from './watched-policy.mjs';
import { Witness } from './witness.mjs';

const LOOP_RESOLUTION_MS = 1;
/** On rung 0 with nothing waiting for so long, it is over. */
const RESTED_SECONDS = 10;

/** @typedef {import('../live/speaker.mjs').ClipSpeaker} ClipSpeaker */

/**
 * Seconds of each part.
 *
 * @typedef {object} Pace
 * @property {number} calm
 * @property {number} overload
 * @property {number} settling of the overload, before latency counts
 * @property {number} after at most
 * @property {number} afterWithout at most, without the ladder
 */

/**
 * @typedef {object} TrialOptions
 * @property {import('../../dist/index.js').EngineOptions} engineOptions
 * @property {boolean} hasLadder
 * @property {readonly import('../live/spoken-clip.mjs').SpokenClip[]} clips
 * @property {number} calmSources
 * @property {number} sources
 * @property {Pace} pace
 * @property {(line: string) => void} progress
 */

/** @typedef {Awaited<ReturnType<typeof runTrial>>} Trial */
/** @typedef {'calm' | 'overload' | 'after'} Phase */

/**
 * A calm, an overload, and a calm again.
 *
 * @param {TrialOptions} options
 */
export async function runTrial(options) {
  const { engineOptions, hasLadder, clips, calmSources, sources, pace, progress } = options;
  const { policy, snapshots } = watchedPolicy();
  const engine = await createEngine({ ...engineOptions, degrade: hasLadder && policy });
  progress(`${hasLadder ? 'with' : 'without'} the ladder: ${calmSources} sources, then ${sources}`);
  const startMs = performance.now();
  // The engine counts seconds on a clock of its own.
  const offsetSeconds = engine.snapshot().atSeconds;
  const witness = new Witness(progress);
  /** @type {{ atMs: number, from: number, to: number, reason: string }[]} */
  const steps = [];
  engine.on('plan', (step) => {
    steps.push({ ...step, atMs: performance.now() });
    progress(`  ${((performance.now() - startMs) / 1000).toFixed(0)} s: ${step.from} → ${step.to}: ${step.reason}`);
  });
  const watch = new Watch(engine);
  const open = (/** @type {number} */ from, /** @type {number} */ to) =>
    openCrowd({ engine, clips, from, to, onSession: (session, speakers) => witness.follow(session, speakers) });
  try {
    const stayers = await open(0, calmSources);
    const beforeLoad = await watch.phase(stayers.speakers, pace.calm);

    const loadAtMs = performance.now();
    const comers = await open(calmSources, sources);
    const all = [...stayers.speakers, ...comers.speakers];
    await watch.phase(all, pace.settling);
    const settledBooks = booksOf(all);
    const underLoad = await watch.phase(all, pace.overload - pace.settling);
    const work = workBetween(settledBooks, booksOf(all));

    const endMs = performance.now();
    let goneAtMs = Number.POSITIVE_INFINITY;
    const gone = comers.end().then(() => {
      goneAtMs = performance.now();
    });
    const afterLoad = await watch.phase(all, hasLadder ? pace.after : pace.afterWithout, () => {
      const restedMs = performance.now() - Math.max(goneAtMs, steps.at(-1)?.atMs ?? endMs);
      return (!hasLadder || engine.ladder.current.rung === 0) && restedMs >= 1000 * RESTED_SECONDS;
    });
    const isCaughtUp = Number.isFinite(goneAtMs);
    if (!isCaughtUp) await comers.abort();
    await Promise.all([gone, stayers.end()]);

    const secondsOf = (/** @type {number} */ ms) => (ms - startMs) / 1000;
    const queued = readBooks(all).queued + readBooks(all).spooled;
    return {
      hasLadder,
      calmSources,
      sources,
      startMs,
      loadAtMs,
      settledAtMs: loadAtMs + 1000 * pace.settling,
      endMs,
      caughtUpSeconds: isCaughtUp ? (goneAtMs - endMs) / 1000 : undefined,
      watchedSeconds: afterLoad.seconds,
      finals: witness.finals,
      partialsAtMs: witness.partialsAtMs,
      errors: witness.errors,
      steps,
      entries: engine.ladder.history.map((entry) => ({ ...entry, seconds: entry.atSeconds - offsetSeconds })),
      snapshots: snapshots.map((snapshot) => ({ ...snapshot, seconds: snapshot.atSeconds - offsetSeconds })),
      rows: watch.rows.map((row) => ({ ...row, seconds: secondsOf(row.atMs) })),
      phases: { calm: beforeLoad, overload: underLoad, after: afterLoad },
      imbalance: Math.max(watch.imbalance, imbalance(all), Math.round(SAMPLE_RATE * queued)),
      speechRatio: work,
      criticalWords: wordsOf(witness, loadAtMs, endMs),
      whereabouts: PRIORITIES.map((priority) => whereaboutsOf(priority, all, witness)),
    };
  } finally {
    await engine.close({ force: true });
  }
}

/** Looks at an engine once a second. */
class Watch {
  #engine;
  /** @type {{ atMs: number, sources: number, queuedSeconds: number, oldestWaitSeconds: number, spooledSeconds: number, slotsBusy: number, rssBytes: number }[]} */
  rows = [];
  imbalance = 0;

  /** @param {import('../../dist/index.js').Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * @param {readonly ClipSpeaker[]} speakers
   * @param {number} seconds
   * @param {() => boolean} [isOver]
   */
  async phase(speakers, seconds, isOver = () => false) {
    const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    loop.enable();
    const cpuBefore = process.cpuUsage();
    const fromMs = performance.now();
    const first = this.rows.length;
    for (let second = 1; second <= seconds && !isOver(); second += 1) {
      await sleep(Math.max(0, fromMs + 1000 * second - performance.now()));
      this.#look(speakers);
    }
    loop.disable();
    const passedMs = performance.now() - fromMs;
    const { user, system } = process.cpuUsage(cpuBefore);
    const rows = this.rows.slice(first);
    return {
      seconds: passedMs / 1000,
      cpuCores: (user + system) / 1000 / passedMs,
      slotsBusy: rows.reduce((sum, { slotsBusy }) => sum + slotsBusy, 0) / rows.length,
      loopMs: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, maximum: loop.max / 1e6 },
      mostRssMebibytes: Math.max(...rows.map(({ rssBytes }) => rssBytes)) / 2 ** 20,
    };
  }

  /** @param {readonly ClipSpeaker[]} speakers */
  #look(speakers) {
    const { sources, slots, memory } = this.#engine.snapshot();
    this.imbalance = Math.max(this.imbalance, imbalance(speakers));
    this.rows.push({
      atMs: performance.now(),
      sources: sources.length,
      queuedSeconds: sources.reduce((sum, { queuedSeconds }) => sum + queuedSeconds, 0),
      oldestWaitSeconds: Math.max(0, ...sources.map(({ oldestWaitSeconds }) => oldestWaitSeconds)),
      spooledSeconds: sources.reduce((sum, { ledger }) => sum + ledger.spooledSeconds, 0),
      slotsBusy: slots.busy,
      rssBytes: memory.rssBytes,
    });
  }
}

/** @param {readonly ClipSpeaker[]} speakers */
function booksOf(speakers) {
  const refusedSeconds = speakers.reduce((sum, { refused }) => sum + refused, 0) * 0.02;
  const writtenSeconds = speakers.reduce((sum, { writtenSamples }) => sum + writtenSamples, 0) / SAMPLE_RATE;
  return { ...readBooks(speakers), offered: writtenSeconds + refusedSeconds };
}

/**
 * Speech that came over speech that became text: without the ladder, by how much the machine was asked for too much.
 *
 * @param {ReturnType<typeof booksOf>} before
 * @param {ReturnType<typeof booksOf>} after
 */
function workBetween(before, after) {
  const speechShare = 1 - (after.silent - before.silent) / (after.heard - before.heard);
  return (speechShare * (after.offered - before.offered)) / (after.transcribed - before.transcribed);
}

/**
 * Words of critical sources that were said between two moments.
 *
 * @param {Witness} witness
 * @param {number} fromMs
 * @param {number} toMs
 */
function wordsOf({ finals }, fromMs, toMs) {
  const then = finals.filter((final) => {
    return final.priority === 'critical' && final.spokeAtMs >= fromMs && final.spokeAtMs < toMs;
  });
  return then.reduce((sum, { words }) => sum + words, 0);
}

/**
 * Where all audio of a priority went, in seconds.
 *
 * @param {import('./crowd.mjs').Priority} priority
 * @param {readonly ClipSpeaker[]} speakers
 * @param {Witness} witness
 */
function whereaboutsOf(priority, speakers, { gaps, finals }) {
  const theirs = speakers.filter(({ source }) => source.priority === priority);
  const books = booksOf(theirs);
  /** @type {Partial<Record<import('../../dist/index.js').GapReason, number>>} */
  const gapSeconds = {};
  for (const gap of gaps) {
    if (gap.priority === priority) gapSeconds[gap.reason] = (gapSeconds[gap.reason] ?? 0) + gap.seconds;
  }
  const late = finals.filter((final) => final.priority === priority && final.isLate);
  const refusedSeconds = theirs.reduce((sum, { refused }) => sum + refused, 0) * 0.02;
  // What was decoded, and judged not to have been spoken, is not lost.
  const lostSeconds = books.gap - (gapSeconds.suppressed ?? 0) + books.queued + books.spooled + refusedSeconds;
  return {
    priority,
    sources: theirs.length,
    ...books,
    gapSeconds,
    refusedSeconds,
    lateSeconds: late.reduce((sum, { audioSeconds }) => sum + audioSeconds, 0),
    lostSamples: Math.round(SAMPLE_RATE * lostSeconds) + imbalance(theirs),
  };
}
