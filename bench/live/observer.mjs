/** @typedef {import('./speaker.mjs').ClipSpeaker} ClipSpeaker */
/** @typedef {import('../../dist/session/live-events.js').LiveEvent} LiveEvent */
/** @typedef {Extract<LiveEvent, { kind: 'final' }>} FinalEvent */
/** @typedef {Extract<LiveEvent, { kind: 'gap' }>} GapEvent */

/**
 * Audio that an utterance has after its speech when it ended in silence: half of the hangover of 0.6 s, in whole windows
 * of 32 ms. Where VAD was in doubt for a while it is up to 64 ms more.
 */
export const MARGIN_SECONDS = 9 * 0.032;

/**
 * A text that came, and how long after the end of the speech.
 *
 * @typedef {object} Told
 * @property {number} spokeLastAtMs when the bench wrote the last 20 ms that is loud enough to be speech
 * @property {number} engineSeconds by the engine: since it had heard the last sample that its VAD takes for speech
 * @property {number} writtenSeconds since the bench wrote that sample; of a forced cut or a partial, the last of the piece
 * @property {number} loudSeconds since `spokeLastAtMs`
 */

/** Collects what the sessions of a level say. */
export class Observer {
  #speakers;
  #progress;
  /** Finals after which the speaker was silent. @type {(Told & { queueSeconds: number, decodeSeconds: number })[]} */
  silenced = [];
  /** Finals that were cut in the midst of speech: what was said last in them is no end of speech. @type {Told[]} */
  forced = [];
  /** @type {Told[]} */
  partials = [];
  /** @type {(GapEvent & { atMs: number })[]} */
  gaps = [];
  /** @type {string[]} */
  errors = [];

  /**
   * @param {ReadonlyMap<string, ClipSpeaker>} speakers by the name of their source
   * @param {(line: string) => void} progress
   */
  constructor(speakers, progress) {
    this.#speakers = speakers;
    this.#progress = progress;
  }

  /** @param {import('../../dist/session/session.js').Session} session */
  follow(session) {
    session.on('final', (event) => {
      const { queueSeconds, decodeSeconds, latencySeconds } = event.timings;
      const told = this.#told(event, latencySeconds, event.isForced ? 0 : MARGIN_SECONDS);
      if (told && event.isForced) this.forced.push(told);
      else if (told) this.silenced.push({ ...told, queueSeconds, decodeSeconds });
    });
    session.on('partial', (event) => {
      const told = this.#told(event, event.latencySeconds, 0);
      if (told) this.partials.push(told);
    });
    session.on('gap', (event) => {
      this.gaps.push({ ...event, atMs: performance.now() });
      if (event.reason === 'aborted') return;
      const seconds = (event.endSeconds - event.startSeconds).toFixed(1);
      this.#progress(`gap of ${seconds} s, ${event.reason}: ${event.message}${event.text ? ` “${event.text}”` : ''}`);
    });
    session.on('error', (event) => {
      this.errors.push(`${event.error.code}: ${event.error.message}`);
      this.#progress(`error: ${event.error.message}`);
    });
  }

  /**
   * @param {{ source: string, startSeconds: number, endSeconds: number }} event
   * @param {number} engineSeconds
   * @param {number} marginSeconds
   * @returns {Told | undefined}
   */
  #told(event, engineSeconds, marginSeconds) {
    const speaker = this.#speakers.get(event.source);
    const writtenAtMs = speaker?.wroteAtMs(event.endSeconds - marginSeconds);
    if (!speaker || writtenAtMs === undefined) return undefined;
    // Whispered, it is as late as it can be.
    const spokeLastAtMs = speaker.spokeLastAtMs(event) ?? writtenAtMs;
    const [writtenSeconds, loudSeconds] = [writtenAtMs, spokeLastAtMs].map((ms) => (performance.now() - ms) / 1000);
    return { spokeLastAtMs, engineSeconds, writtenSeconds: writtenSeconds ?? 0, loudSeconds: loudSeconds ?? 0 };
  }
}
