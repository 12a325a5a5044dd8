import type { Stretch } from './piece.js';

/** A set of samples, kept as stretches that neither overlap nor touch: its memory grows with its holes, not its length. */
export class StretchSet {
  /** In order. */
  readonly #stretches: Stretch[] = [];

  /** As they are now: the set may be changed while one goes through them. */
  get stretches(): readonly Stretch[] {
    return [...this.#stretches];
  }

  /** Counted from the stretches every time: no running total that could go wrong beside them. */
  get samples(): number {
    let sum = 0;
    for (const { startSample, endSample } of this.#stretches) sum += endSample - startSample;
    return sum;
  }

  /** Whether every sample of the stretch is in the set. */
  has({ startSample, endSample }: Stretch): boolean {
    if (startSample >= endSample) return true;
    const stretch = this.#stretches[this.#firstEndingAfter(startSample)];
    return stretch !== undefined && stretch.startSample <= startSample && endSample <= stretch.endSample;
  }

  add({ startSample, endSample }: Stretch): void {
    if (startSample >= endSample) return;
    const first = this.#firstEndingAfter(startSample - 1); // one that only touches counts
    const joined = this.#from(first, endSample + 1);
    this.#stretches.splice(first, joined.length, {
      startSample: Math.min(startSample, joined.at(0)?.startSample ?? startSample),
      endSample: Math.max(endSample, joined.at(-1)?.endSample ?? endSample),
    });
  }

  delete({ startSample, endSample }: Stretch): void {
    if (startSample >= endSample) return;
    const first = this.#firstEndingAfter(startSample);
    const cut = this.#from(first, endSample);
    const left = [
      { startSample: cut.at(0)?.startSample ?? startSample, endSample: startSample },
      { startSample: endSample, endSample: cut.at(-1)?.endSample ?? endSample },
    ];
    this.#stretches.splice(first, cut.length, ...left.filter((rest) => rest.startSample < rest.endSample));
  }

  /** The stretches from index `first` on that begin before `sample`. */
  #from(first: number, sample: number): readonly Stretch[] {
    let end = first;
    for (let next = this.#stretches[end]; next && next.startSample < sample; next = this.#stretches[end]) end += 1;
    return this.#stretches.slice(first, end);
  }

  /** Index of the first stretch that ends after `sample`; how many there are when none does. */
  #firstEndingAfter(sample: number): number {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const stretch = this.#stretches[middle];
      if (stretch && stretch.endSample <= sample) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
