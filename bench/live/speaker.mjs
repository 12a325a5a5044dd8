import { FRAME_SAMPLES, SAMPLE_RATE } from './spoken-clip.mjs';

/** Plays a playlist into a source, and remembers when it wrote what. */
export class ClipSpeaker {
  #source;
  #playlist;
  /** By frame: when it was written, on the scale of `performance.now`. @type {number[]} */
  #writtenAtMs = [];
  /** @type {boolean[]} */
  #isVoiced = [];
  /** @type {() => void} */
  #resolveFinished = () => undefined;
  /** Frames that the source had no room for. A microphone cannot wait. */
  refused = 0;

  /**
   * @param {import('../../dist/session/source.js').Source} source
   * @param {import('./playlist.mjs').Playlist} playlist
   */
  constructor(source, playlist) {
    this.#source = source;
    this.#playlist = playlist;
    /** @type {Promise<void>} */
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
  }

  get source() {
    return this.#source;
  }

  get playlist() {
    return this.#playlist;
  }

  /** Samples that the source took. */
  get writtenSamples() {
    return this.#writtenAtMs.length * FRAME_SAMPLES;
  }

  speak() {
    const frame = this.#playlist.next();
    if (!frame) {
      this.#resolveFinished();
      return;
    }
    if (!this.#source.tryWrite(frame.bytes)) {
      this.refused += 1;
      return;
    }
    this.#writtenAtMs.push(performance.now());
    this.#isVoiced.push(frame.isVoiced);
  }

  /**
   * When it wrote the sample before a place of the stream.
   *
   * @param {number} endSeconds
   */
  wroteAtMs(endSeconds) {
    return this.#writtenAtMs[Math.ceil((endSeconds * SAMPLE_RATE) / FRAME_SAMPLES) - 1] ?? this.#writtenAtMs.at(-1);
  }

  /**
   * When the last voiced sample of a stretch was written, judged by loudness; undefined when all of it is quiet.
   *
   * @param {{ startSeconds: number, endSeconds: number }} stretch
   */
  spokeLastAtMs({ startSeconds, endSeconds }) {
    const first = Math.floor((startSeconds * SAMPLE_RATE) / FRAME_SAMPLES);
    const last = Math.ceil((endSeconds * SAMPLE_RATE) / FRAME_SAMPLES) - 1;
    for (let frame = last; frame >= first; frame -= 1) if (this.#isVoiced[frame]) return this.#writtenAtMs[frame];
    return undefined;
  }
}
