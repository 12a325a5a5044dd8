/** @typedef {import('../clips.mjs').Clip} Clip */

/**
 * @typedef {object} Heard
 * @property {Clip} clip
 * @property {string} text
 * @property {readonly string[]} models that decoded its pieces
 */

/** Work without an end: so many transcriptions are always under way, each with the next recording. */
export class Stream {
  /** @type {string[]} */
  errors = [];
  #engine;
  #clips;
  #underWay;
  /** @type {Heard[]} */
  #heard = [];
  #turn = 0;
  #isFlowing = false;
  /** @type {Promise<unknown>} */
  #ended = Promise.resolve();
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /**
   * @param {import('../../dist/index.js').Engine} engine
   * @param {readonly Clip[]} clips
   * @param {number} underWay
   */
  constructor(engine, clips, underWay) {
    this.#engine = engine;
    this.#clips = clips;
    this.#underWay = underWay;
  }

  /** Does nothing while it flows. */
  start() {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    this.#ended = Promise.all(Array.from({ length: this.#underWay }, () => this.#run()));
  }

  /** Lets what is under way finish. */
  async stop() {
    this.#isFlowing = false;
    await this.#ended;
  }

  /** What was heard since the last time. */
  take() {
    return this.#heard.splice(0);
  }

  /**
   * Waits until so many more transcriptions have ended.
   *
   * @param {number} count
   */
  async more(count) {
    for (let i = 0; i < count; i += 1)
      await new Promise((/** @type {(_: void) => void} */ go) => this.#waiting.add(go));
  }

  async #run() {
    while (this.#isFlowing) {
      const clip = this.#clips[this.#turn % this.#clips.length];
      this.#turn += 1;
      if (!clip) return;
      try {
        const { text, used } = await this.#engine.transcribe(clip.path);
        const models = [...(used.earlierModels ?? []).map(({ model }) => model), used.model];
        this.#heard.push({ clip, text, models });
      } catch (error) {
        this.errors.push(`${clip.id}: ${String(error)}`);
      }
      for (const go of this.#waiting) go();
      this.#waiting.clear();
    }
  }
}
