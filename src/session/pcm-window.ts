import type { PcmBuffers } from '../pool/pcm-buffers.js';

/** The part of a stream that may still be needed: blocks in, any stretch out. */
export class PcmWindow {
  readonly #buffers: PcmBuffers;
  readonly #blocks: { readonly fromSample: number; readonly pcm: Float32Array }[] = [];
  #endSample = 0;

  constructor(buffers: PcmBuffers) {
    this.#buffers = buffers;
  }

  /** Samples that have been added so far. */
  get endSample(): number {
    return this.#endSample;
  }

  /** Adds the next block; its memory is the window's from now on. */
  add(pcm: Float32Array): void {
    this.#blocks.push({ fromSample: this.#endSample, pcm });
    this.#endSample += pcm.length;
  }

  /** Gives the blocks back that end before `sample`. */
  dropBefore(sample: number): void {
    const kept = this.#blocks.findIndex(({ fromSample, pcm }) => fromSample + pcm.length > sample);
    for (const { pcm } of this.#blocks.splice(0, kept < 0 ? this.#blocks.length : kept)) this.#buffers.give(pcm);
  }

  /** A copy of the samples from `startSample` to `endSample`, at most 30 s, in memory that the caller gives back. */
  slice(startSample: number, endSample: number): Float32Array {
    const stretch = this.#buffers
      .take()
      .subarray(0, endSample - startSample)
      .fill(0);
    for (const { fromSample, pcm } of this.#blocks) {
      if (fromSample >= endSample || fromSample + pcm.length <= startSample) continue;
      const part = pcm.subarray(Math.max(0, startSample - fromSample), endSample - fromSample);
      stretch.set(part, Math.max(0, fromSample - startSample));
    }
    return stretch;
  }
}
