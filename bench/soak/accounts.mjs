import { createHistogram } from 'node:perf_hooks';
import { imbalance, readBooks } from '../live/books.mjs';
import { SAMPLE_RATE } from '../live/spoken-clip.mjs';

/** @typedef {import('../live/speaker.mjs').ClipSpeaker} ClipSpeaker */
/** @typedef {import('../../dist/index.js').Priority} Priority */

export const PRIORITIES = /** @type {const} */ (['critical', 'normal', 'background']);

/** Where the audio of all sources of a priority went in the end. */
const blank = () => ({
  sources: 0,
  heard: 0,
  transcribed: 0,
  silent: 0,
  refusedSeconds: 0,
  /** Samples in gaps, of any reason but that nobody spoke; refused, unaccounted for, or waiting at the end. */
  lostSamples: 0,
  /** By reason. @type {Record<string, number>} */
  gapSeconds: {},
  finals: 0,
  latencyMs: createHistogram(),
});

/** Adds up what sources say and what their ledgers say, and forgets the sources. */
export class Accounts {
  #outcomes;
  of = { critical: blank(), normal: blank(), background: blank() };
  /** Samples off balance, the worst reading of all sources together. */
  imbalance = 0;
  outOfOrder = 0;
  late = 0;

  /** @param {import('./outcomes.mjs').Outcomes} outcomes */
  constructor(outcomes) {
    this.#outcomes = outcomes;
  }

  /**
   * @param {import('../../dist/index.js').Session} session
   * @param {readonly ClipSpeaker[]} speakers
   * @returns {() => void} to be called when it has ended: closes the books
   */
  follow(session, speakers) {
    const byName = new Map(speakers.map((speaker) => [speaker.source.name, { speaker, gapSeconds: 0, suppressed: 0 }]));
    const priorityOf = (/** @type {string} */ name) => byName.get(name)?.speaker.source.priority ?? 'normal';
    session.on('final', ({ source, timings, isLate }) => {
      const account = this.of[priorityOf(source)];
      account.finals += 1;
      if (isLate) this.late += 1;
      else account.latencyMs.record(Math.max(1, Math.round(1000 * timings.latencySeconds)));
    });
    session.on('gap', ({ source, startSeconds, endSeconds, reason }) => {
      const { gapSeconds } = this.of[priorityOf(source)];
      gapSeconds[reason] = (gapSeconds[reason] ?? 0) + endSeconds - startSeconds;
      const told = byName.get(source);
      if (!told) return;
      told.gapSeconds += endSeconds - startSeconds;
      if (reason === 'suppressed') told.suppressed += endSeconds - startSeconds;
    });
    session.on('error', ({ source, error }) => {
      this.#outcomes.surprise(`a session told of an error of ${source ?? 'its own'}: ${error.code}: ${error.message}`);
    });
    return () => {
      for (const { speaker, gapSeconds, suppressed } of byName.values()) this.#close(speaker, gapSeconds, suppressed);
    };
  }

  /** @param {readonly ClipSpeaker[]} speakers */
  look(speakers) {
    this.imbalance = Math.max(this.imbalance, imbalance(speakers));
  }

  /**
   * @param {ClipSpeaker} speaker
   * @param {number} gapSeconds that were told
   * @param {number} suppressed of these
   */
  #close(speaker, gapSeconds, suppressed) {
    const account = this.of[speaker.source.priority];
    const books = readBooks([speaker]);
    const refusedSeconds = speaker.refused * 0.02;
    account.sources += 1;
    account.heard += books.heard;
    account.transcribed += books.transcribed;
    account.silent += books.silent;
    account.refusedSeconds += refusedSeconds;
    const lostSeconds = books.gap - suppressed + books.queued + books.spooled + refusedSeconds;
    account.lostSamples += Math.round(SAMPLE_RATE * lostSeconds);
    // At its end nothing waits, and its gaps are those that it told of.
    const unsettled = Math.round(SAMPLE_RATE * (books.queued + books.spooled));
    const untold = Math.abs(Math.round(SAMPLE_RATE * (books.gap - gapSeconds)));
    this.imbalance = Math.max(this.imbalance, imbalance([speaker]) + unsettled + untold);
  }
}
