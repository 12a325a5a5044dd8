import { setTimeout as sleep } from 'node:timers/promises';
import { stepMs } from './clips.mjs';

/** @typedef {import('../../dist/index.js').Priority} Priority */

/** @type {readonly Priority[]} */
const PRIORITIES = ['critical', 'normal', 'background', 'normal'];

/** Somebody who says a clip over and over into a source of a session, until told to stop. */
export class Speaker {
  #stopping = new AbortController();
  #clip;
  #number;

  /**
   * @param {import('../../dist/index.js').Session} session
   * @param {readonly import('./clips.mjs').Clip[]} clips
   * @param {number} number says which clip, from where, and how important it is
   * @param {{ queueSeconds?: number }} [options]
   */
  constructor(session, clips, number, { queueSeconds } = {}) {
    const clip = clips[number % clips.length];
    if (!clip) throw new Error('There is no clip to play.');
    this.#clip = clip;
    this.#number = number;
    /** @type {Priority} */
    this.priority = PRIORITIES[number % PRIORITIES.length] ?? 'normal';
    this.source = session.addSource(`${this.priority} ${number + 1}`, {
      format: clip.format,
      priority: this.priority,
      queue: queueSeconds === undefined ? {} : { seconds: queueSeconds },
    });
  }

  get isSpeaking() {
    return !this.#stopping.signal.aborted;
  }

  /**
   * As fast as somebody speaks, or as fast as it is taken. Rejects when the source can be written to no longer.
   *
   * @param {'live' | 'hurried'} pace
   */
  async speak(pace) {
    const { steps } = this.#clip;
    const { signal } = this.#stopping;
    // Nobody begins where another does.
    const first = Math.floor(((this.#number * 0.618) % 1) * steps.length);
    const start = performance.now();
    for (let at = 0; !signal.aborted; at += 1) {
      const step = steps[(first + at) % steps.length];
      if (step) await this.source.write(step);
      const waitMs = start + (at + 1) * stepMs - performance.now();
      if (pace === 'live' && waitMs > 1) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Says no more; resolves when all that was said is told. */
  async leave() {
    this.#stopping.abort();
    await this.source.end();
  }

  /** Says no more, and what is not told is given up. */
  hush() {
    this.#stopping.abort();
  }
}
