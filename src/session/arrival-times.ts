/** When the samples of a track came, block by block, so that a delay can be counted from when something was said. */
export class ArrivalTimes {
  #blocks: { readonly endSample: number; readonly atSeconds: number }[] = [];

  /** Everything up to `endSample` that is not here yet came at `atSeconds`. */
  add(endSample: number, atSeconds: number): void {
    this.#blocks.push({ endSample, atSeconds });
  }

  /**
   * When the sample before `endSample` came; of what is forgotten, when the next that is known came, and of what is past
   * all that is known, when the last did: where a format changes, the end of a block is off by a sample. NaN before the first.
   */
  of(endSample: number): number {
    const block = this.#blocks.find((known) => known.endSample >= endSample) ?? this.#blocks.at(-1);
    return block?.atSeconds ?? Number.NaN;
  }

  forgetBefore(sample: number): void {
    const kept = this.#blocks.findIndex((block) => block.endSample > sample);
    this.#blocks.splice(0, kept < 0 ? this.#blocks.length - 1 : kept);
  }
}
