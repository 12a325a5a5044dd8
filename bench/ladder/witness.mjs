import { MARGIN_SECONDS } from '../live/observer.mjs';

/** @typedef {import('../live/speaker.mjs').ClipSpeaker} ClipSpeaker */
/** @typedef {import('./crowd.mjs').Priority} Priority */

/**
 * A text of an utterance.
 *
 * @typedef {object} Final
 * @property {Priority} priority
 * @property {number} spokeAtMs when the bench wrote the last of its speech
 * @property {number} latencySeconds since then, by the engine's clock or by the bench's, whichever says more
 * @property {number} audioSeconds
 * @property {boolean} isLate it waited on disk
 * @property {number} words
 */

/** @typedef {{ priority: Priority, reason: import('../../dist/index.js').GapReason, seconds: number, atMs: number }} Gap */

/** Writes down what sessions say. */
export class Witness {
  #progress;
  /** @type {Final[]} */
  finals = [];
  /** When each came. @type {number[]} */
  partialsAtMs = [];
  /** @type {Gap[]} */
  gaps = [];
  /** @type {string[]} */
  errors = [];

  /** @param {(line: string) => void} progress */
  constructor(progress) {
    this.#progress = progress;
  }

  /**
   * @param {import('../../dist/index.js').Session} session
   * @param {readonly ClipSpeaker[]} speakers of the session
   */
  follow(session, speakers) {
    const speakerOf = (/** @type {string} */ name) => speakers.find(({ source }) => source.name === name);
    const priorityOf = (/** @type {string} */ name) => speakerOf(name)?.source.priority ?? 'normal';
    session.on('final', ({ source, startSeconds, endSeconds, isForced, isLate, text, timings }) => {
      const spokeAtMs = speakerOf(source)?.wroteAtMs(endSeconds - (isForced ? 0 : MARGIN_SECONDS)) ?? Number.NaN;
      this.finals.push({
        priority: priorityOf(source),
        spokeAtMs,
        latencySeconds: Math.max(timings.latencySeconds, (performance.now() - spokeAtMs) / 1000),
        audioSeconds: endSeconds - startSeconds,
        isLate,
        words: text.split(/\s+/).filter(Boolean).length,
      });
    });
    session.on('partial', () => this.partialsAtMs.push(performance.now()));
    session.on('gap', ({ source, startSeconds, endSeconds, reason }) => {
      const seconds = endSeconds - startSeconds;
      this.gaps.push({ priority: priorityOf(source), reason, seconds, atMs: performance.now() });
    });
    session.on('error', ({ error }) => {
      this.errors.push(`${error.code}: ${error.message}`);
      this.#progress(`error: ${error.message}`);
    });
  }
}
