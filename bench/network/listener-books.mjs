const SAMPLE_RATE = 16_000;

/** @typedef {{ from: number, to: number }} Stretch in samples */

/** What one client is told, and whether it can be true: its own count, beside the client's. */
export class ListenerBooks {
  /** Finals that tell again what a final before them told. */
  finalsTwice = 0;
  /** Samples that are in two gaps. */
  gapSamplesTwice = 0;
  finals = 0;
  /** Events whose number is not the next one. */
  outOfOrder = 0;
  /** From being cut off, or from when the network came back, to being heard again. @type {{ cutAtMs: number, liveAtMs: number }[]} */
  reconnects = [];
  /** @type {Stretch[]} */
  #told = [];
  /** @type {Stretch[]} */
  #gaps = [];
  #sequence = 0;
  /** @type {number | undefined} */
  #cutAtMs;
  #wasLive = false;

  /** @param {import('../../dist/client/index.js').LiveClient} client */
  constructor(client) {
    for (const kind of /** @type {const} */ (['speech-start', 'partial', 'final', 'gap', 'plan', 'error', 'end'])) {
      client.on(kind, ({ sequence }) => {
        this.#sequence += 1;
        if (sequence !== this.#sequence) this.outOfOrder += 1;
      });
    }
    client.on('final', (final) => {
      this.finals += 1;
      const stretch = samplesOf(final);
      if (this.#told.some((told) => overlap(told, stretch) > 0)) this.finalsTwice += 1;
      this.#told.push(stretch);
    });
    client.on('gap', (gap) => {
      const stretch = samplesOf(gap);
      for (const other of this.#gaps) this.gapSamplesTwice += overlap(other, stretch);
      this.#gaps.push(stretch);
    });
    client.on('state', (state) => {
      if (state.kind === 'live') {
        if (this.#cutAtMs !== undefined) this.reconnects.push({ cutAtMs: this.#cutAtMs, liveAtMs: performance.now() });
        this.#cutAtMs = undefined;
        this.#wasLive = true;
      } else if (this.#wasLive) this.#cutAtMs ??= performance.now();
    });
  }

  get gapSamples() {
    return this.#gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** When it was cut off, if it still is. */
  get cutAtMs() {
    return this.#cutAtMs;
  }

  /**
   * How far the client's own books are from what was written and what was told as gaps, in samples.
   *
   * @param {import('../../dist/client/index.js').ClientSource} source
   * @param {number} writtenSamples
   */
  imbalance(source, writtenSamples) {
    const [summary] = source.summaries;
    if (!summary) return writtenSamples;
    const { writtenSeconds, settledSeconds, gapSeconds, openSeconds } = summary.ledger;
    const inSamples = (/** @type {number} */ seconds) => Math.round(seconds * SAMPLE_RATE);
    return (
      Math.abs(inSamples(writtenSeconds) - writtenSamples) +
      Math.abs(inSamples(settledSeconds) + inSamples(gapSeconds) - writtenSamples) +
      Math.abs(inSamples(gapSeconds) - this.gapSamples) +
      inSamples(openSeconds)
    );
  }
}

/** @param {{ startSeconds: number, endSeconds: number }} event @returns {Stretch} */
function samplesOf({ startSeconds, endSeconds }) {
  return { from: Math.round(startSeconds * SAMPLE_RATE), to: Math.round(endSeconds * SAMPLE_RATE) };
}

/** @param {Stretch} one @param {Stretch} other */
function overlap(one, other) {
  return Math.max(0, Math.min(one.to, other.to) - Math.max(one.from, other.from));
}
