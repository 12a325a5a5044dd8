const TICK_MS = 5;
const FRAME_MS = 20;

/**
 * Whoever writes a frame every 20 ms.
 *
 * @typedef {object} Speaker
 * @property {() => void} speak writes its next frame
 */

/** Lets many speakers speak at real time. One timer serves all, so that writing costs the main thread little. */
export class Player {
  /** @type {{ speaker: Speaker, dueMs: number }[]} */
  #turns;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {readonly Speaker[]} speakers
   * @param {() => number} random where in 20 ms each of them has its turn
   */
  constructor(speakers, random) {
    this.#turns = speakers.map((speaker) => ({ speaker, dueMs: FRAME_MS * (1 + random()) }));
  }

  start() {
    const startMs = performance.now();
    for (const turn of this.#turns) turn.dueMs += startMs;
    this.#timer = setInterval(() => this.#play(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #play() {
    const nowMs = performance.now();
    for (const turn of this.#turns) {
      for (; turn.dueMs <= nowMs; turn.dueMs += FRAME_MS) turn.speaker.speak();
    }
  }
}
