const TICK_MS = 5;
const FRAME_MS = 20;

/** @typedef {import('../live/speaker.mjs').ClipSpeaker} ClipSpeaker */

/** Where speakers come and go; each on it writes 20 ms every 20 ms. One timer serves all. */
export class Stage {
  /** When each has its next turn. @type {Map<ClipSpeaker, number>} */
  #dueMs = new Map();
  #timer = setInterval(() => this.#play(), TICK_MS);
  #complain;

  /** @param {(line: string) => void} complain told when a source refuses its speaker with an error */
  constructor(complain) {
    this.#complain = complain;
  }

  get speakers() {
    return [...this.#dueMs.keys()];
  }

  /** @param {ClipSpeaker} speaker */
  enter(speaker) {
    this.#dueMs.set(speaker, performance.now() + FRAME_MS);
  }

  /** @param {ClipSpeaker} speaker */
  leave(speaker) {
    this.#dueMs.delete(speaker);
  }

  close() {
    clearInterval(this.#timer);
  }

  #play() {
    const nowMs = performance.now();
    for (const [speaker, dueMs] of this.#dueMs) {
      try {
        let next = dueMs;
        for (; next <= nowMs; next += FRAME_MS) speaker.speak();
        this.#dueMs.set(speaker, next);
      } catch (error) {
        this.#dueMs.delete(speaker);
        this.#complain(`${speaker.source.name} could not be written to: ${String(error)}`);
      }
    }
  }
}
