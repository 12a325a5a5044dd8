import { isMeasure } from './measure.js';
import type { PlannedDecode } from './plan-tally.js';
import type { DecodesReading } from './reading.js';
import { SlidingHistogram, secondsScale } from './sliding-histogram.js';

/** Decodes of one kind. */
export class DecodeTally {
  #count = 0;
  #audioSeconds = 0;
  #retries = 0;
  readonly #decodeSeconds = new SlidingHistogram(secondsScale);

  add({ audioSeconds, decodeSeconds, retried }: PlannedDecode, nowSeconds: number): void {
    this.#count += 1;
    if (isMeasure(audioSeconds)) this.#audioSeconds += audioSeconds;
    if (retried) this.#retries += 1;
    this.#decodeSeconds.record(decodeSeconds, nowSeconds);
  }

  read(nowSeconds: number): DecodesReading {
    const totals = { count: this.#count, audioSeconds: this.#audioSeconds, retries: this.#retries };
    return { ...totals, decodeSeconds: this.#decodeSeconds.read(nowSeconds) };
  }
}
