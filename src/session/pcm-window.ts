/** The part of a stream that may still be needed: blocks in, any stretch out, shared memory throughout. */
export class PcmWindow {
  readonly #blocks: { readonly fromSample: number; readonly pcm: Float32Array }[] = [];
  #endSample = 0;

  /** Samples that have been added so far. */
  get endSample(): number {
    return this.#endSample;
  }

  add(pcm: Float32Array): void {
    if (pcm.length > 0) this.#blocks.push({ fromSample: this.#endSample, pcm });
    this.#endSample += pcm.length;
  }

  /** Forgets the blocks that end before `sample`. */
  dropBefore(sample: number): void {
    const kept = this.#blocks.findIndex(({ fromSample, pcm }) => fromSample + pcm.length > sample);
    this.#blocks.splice(0, kept < 0 ? this.#blocks.length : kept);
  }

  /** Samples from `startSample` to `endSample`: a view where they lie in one block, a shared copy otherwise. */
  slice(startSample: number, endSample: number): Float32Array {
    const within = this.#blocks.filter(
      ({ fromSample, pcm }) => fromSample < endSample && fromSample + pcm.length > startSample,
    );
    const [only] = within;
    if (within.length === 1 && only)
      return only.pcm.subarray(startSample - only.fromSample, endSample - only.fromSample);
    const bytes = new SharedArrayBuffer((endSample - startSample) * Float32Array.BYTES_PER_ELEMENT);
    const joined = new Float32Array(bytes);
    for (const { fromSample, pcm } of within) {
      const part = pcm.subarray(Math.max(0, startSample - fromSample), endSample - fromSample);
      joined.set(part, Math.max(0, fromSample - startSample));
    }
    return joined;
  }
}
