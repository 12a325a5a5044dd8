import { FRAME_BYTES, FRAMES_PER_SECOND, LONGEST_PAUSE_SECONDS } from './spoken-clip.mjs';

/** @typedef {import('./spoken-clip.mjs').SpokenClip} SpokenClip */

const SHORTEST_PAUSE_SECONDS = 0.3;
/** Sources must not all begin to speak at once. */
const LONGEST_FIRST_PAUSE_SECONDS = 6;

/**
 * @typedef {object} Frame
 * @property {Uint8Array} bytes
 * @property {boolean} isVoiced
 */

/** What one source says: clips back to back, each of the set once before any comes again, with pauses between. */
export class Playlist {
  #clips;
  #random;
  /** @type {SpokenClip[]} */
  #bag = [];
  /** @type {{ bytes: Buffer, isVoiced: readonly boolean[] | undefined, frames: number, played: number }[]} */
  #parts = [];
  #isFinishing = false;
  /** Clips that began, in order. @type {SpokenClip[]} */
  clips = [];

  /**
   * @param {readonly SpokenClip[]} clips
   * @param {() => number} random
   */
  constructor(clips, random) {
    this.#clips = clips;
    this.#random = random;
    this.#pause(LONGEST_FIRST_PAUSE_SECONDS * random());
  }

  /** The next 20 ms; undefined when it has finished. @returns {Frame | undefined} */
  next() {
    const part = this.#part();
    if (!part) return undefined;
    const at = part.played;
    part.played += 1;
    // A pause may be longer than the noise there is.
    const from = (at * FRAME_BYTES) % part.bytes.length;
    return { bytes: part.bytes.subarray(from, from + FRAME_BYTES), isVoiced: part.isVoiced?.[at] ?? false };
  }

  /** Says the present clip to its end, and then nothing more. */
  finish() {
    this.#isFinishing = true;
  }

  /** All that was said, as samples. */
  samples() {
    const said = this.#parts.map(({ bytes, played }) => {
      const turns = Math.ceil((played * FRAME_BYTES) / bytes.length);
      return Buffer.concat(Array.from({ length: turns }, () => bytes)).subarray(0, played * FRAME_BYTES);
    });
    const bytes = Buffer.concat(said);
    return Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at));
  }

  #part() {
    const last = this.#parts.at(-1);
    if (last && last.played < last.frames) return last;
    if (this.#isFinishing && this.clips.length > 0) return undefined;
    if (last?.isVoiced)
      this.#pause(SHORTEST_PAUSE_SECONDS + (LONGEST_PAUSE_SECONDS - SHORTEST_PAUSE_SECONDS) * this.#random());
    else this.#clip();
    return this.#parts.at(-1);
  }

  /** @param {number} seconds */
  #pause(seconds) {
    const bytes = (this.clips.at(-1) ?? this.#clips[0])?.pause ?? Buffer.alloc(FRAME_BYTES);
    const frames = Math.max(1, Math.round(seconds * FRAMES_PER_SECOND));
    this.#parts.push({ bytes, isVoiced: undefined, frames, played: 0 });
  }

  #clip() {
    if (this.#bag.length === 0) this.#bag = [...this.#clips];
    const [clip] = this.#bag.splice(Math.floor(this.#random() * this.#bag.length), 1);
    if (!clip) throw new Error('There are no clips to play.');
    const { bytes, isVoiced, frames } = clip;
    this.clips.push(clip);
    this.#parts.push({ bytes, isVoiced, frames, played: 0 });
  }
}
