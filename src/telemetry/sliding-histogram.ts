// The package's main file brings its WebAssembly and compression along: 15 MB of memory, where this takes 1 MB.
import int32Histogram from 'hdr-histogram-js/dist/Int32Histogram.js';
import { isMeasure } from './measure.js';
import type { Distribution, Quantiles } from './reading.js';

/** What a histogram can tell apart. */
export interface Scale {
  /** The smallest difference. */
  readonly unit: number;
  /** What is larger counts as this. */
  readonly largest: number;
}

export const secondsScale: Scale = { unit: 1e-4, largest: 3600 };
export const rtfScale: Scale = { unit: 1e-4, largest: 1000 };

type Histogram = InstanceType<typeof int32Histogram.default>;

/** 0.8 % of a value. */
const significantDigits = 2;

/** Half of the longest window. */
const periodSeconds = 60;

/** Number of the period on the clock's scale; at its end the window moves on. */
export function periodAt(nowSeconds: number): number {
  return Math.floor(nowSeconds / periodSeconds);
}

/** How far back the window reaches. */
export function windowSecondsAt(nowSeconds: number, startedAtSeconds: number): number {
  const sinceLastPeriod = nowSeconds - (periodAt(nowSeconds) - 1) * periodSeconds;
  return Math.max(0, Math.min(sinceLastPeriod, nowSeconds - startedAtSeconds));
}

/**
 * Quantiles of the last 60–120 s, totals since the start. Every value goes into two histograms; the one that was
 * emptied longer ago is read, and when a period ends it is emptied and they change places. So reading adds nothing up.
 */
export class SlidingHistogram {
  readonly #scale: Scale;
  readonly #largestUnits: number;
  #older: Histogram;
  #younger: Histogram;
  #period = Number.NEGATIVE_INFINITY;
  #count = 0;
  #sum = 0;
  /** Of `#older`, until something changes in it. */
  #read: { readonly quantiles: Quantiles | undefined } | undefined;

  constructor(scale: Scale) {
    this.#scale = scale;
    this.#largestUnits = Math.round(scale.largest / scale.unit);
    this.#older = this.#empty();
    this.#younger = this.#empty();
  }

  /** Ignores what is no measure: NaN, Infinity, and what is below zero. */
  record(value: number, nowSeconds: number): void {
    if (!isMeasure(value)) return;
    this.#moveOn(nowSeconds);
    const { unit, largest } = this.#scale;
    const units = Math.min(Math.round(value / unit), this.#largestUnits);
    this.#older.recordValue(units);
    this.#younger.recordValue(units);
    this.#count += 1;
    this.#sum += Math.min(value, largest);
    this.#read = undefined;
  }

  read(nowSeconds: number): Distribution {
    this.#moveOn(nowSeconds);
    this.#read ??= { quantiles: this.#quantiles() };
    const totals = { count: this.#count, sum: this.#sum };
    return this.#read.quantiles ? { ...totals, recent: this.#read.quantiles } : totals;
  }

  #quantiles(): Quantiles | undefined {
    const count = this.#older.totalCount;
    if (count === 0) return undefined;
    const { unit } = this.#scale;
    const { maxValue } = this.#older;
    // The end of the bucket may lie above all that was recorded.
    const at = (percent: number) => Math.min(this.#older.getValueAtPercentile(percent), maxValue) * unit;
    return { count, p50: at(50), p95: at(95), p99: at(99), max: maxValue * unit };
  }

  #moveOn(nowSeconds: number): void {
    const period = periodAt(nowSeconds);
    if (period <= this.#period) return;
    // After a whole period without a value, both hold only what is too old.
    if (period > this.#period + 1) this.#younger.reset();
    this.#older.reset();
    [this.#older, this.#younger] = [this.#younger, this.#older];
    this.#period = period;
    this.#read = undefined;
  }

  #empty(): Histogram {
    return new int32Histogram.default(1, this.#largestUnits, significantDigits);
  }
}
