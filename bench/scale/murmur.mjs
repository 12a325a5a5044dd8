import { FRAME_BYTES } from '../live/spoken-clip.mjs';

/**
 * Audio that goes round: clips with pauses between them, in which there is noise, so that `share` of the time is taken by
 * clips. Many sources play it, each from another place.
 *
 * @param {readonly import('../live/spoken-clip.mjs').SpokenClip[]} clips
 * @param {number} share 0 … 1; with 0 there is only noise
 */
export function murmurOf(clips, share) {
  return Buffer.concat(
    clips.flatMap(({ bytes, frames, pause }) => {
      const pauseFrames = share === 0 ? frames : Math.round((frames * (1 - share)) / share);
      const turns = Math.ceil((pauseFrames * FRAME_BYTES) / pause.length);
      const silence = Buffer.concat(Array(turns).fill(pause)).subarray(0, pauseFrames * FRAME_BYTES);
      return share === 0 ? [silence] : [bytes, silence];
    }),
  );
}

/** Somebody who says it. */
export class Murmurer {
  #writer;
  #bytes;
  #at;
  /** Frames that found no room. */
  refused = 0;

  /**
   * @param {{ tryWrite(bytes: Uint8Array): boolean }} writer
   * @param {Buffer} bytes
   * @param {() => number} random
   */
  constructor(writer, bytes, random) {
    this.#writer = writer;
    this.#bytes = bytes;
    this.#at = FRAME_BYTES * Math.floor((random() * bytes.length) / FRAME_BYTES);
  }

  speak() {
    if (!this.#writer.tryWrite(this.#bytes.subarray(this.#at, this.#at + FRAME_BYTES))) this.refused += 1;
    this.#at = (this.#at + FRAME_BYTES) % this.#bytes.length;
  }
}
