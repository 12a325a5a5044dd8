import { speechGoesOn } from './speech-thresholds.js';

/** Speech probabilities that may still be looked at, by window from the start of the stream. */
export class ProbabilityTrace {
  #probabilities: number[] = [];
  #from = 0;
  #next = 0;

  /** The window after the last one heard. */
  get next(): number {
    return this.#next;
  }

  add(probability: number): void {
    this.#probabilities.push(probability);
    this.#next += 1;
  }

  forgetBefore(window: number): void {
    if (window <= this.#from) return;
    this.#probabilities = this.#probabilities.slice(window - this.#from);
    this.#from = window;
  }

  /** The window from `from` on and before `to` that is quietest with its neighbours; the last of several, `to` for none. */
  quietest(from: number, to: number): number {
    let quietest = to;
    let lowest = Number.POSITIVE_INFINITY;
    for (let window = Math.floor(from); window < to; window += 1) {
      const around = this.#at(window - 1) + this.#at(window) + this.#at(window + 1);
      if (around <= lowest) [quietest, lowest] = [window, around];
    }
    return quietest;
  }

  /** The longest run of windows without speech from `from` on and before `to`; the last of several. */
  longestPause(from: number, to: number): { readonly start: number; readonly end: number } {
    let longest = { start: to, end: to };
    let start = from;
    for (let window = from; window <= to; window += 1) {
      if (window < to && this.#at(window) < speechGoesOn) continue;
      if (window > start && window - start >= longest.end - longest.start) longest = { start, end: window };
      start = window + 1;
    }
    return longest;
  }

  /** Where the speech before `window` ends. */
  speechEndBefore(window: number): number {
    let end = window;
    while (end > this.#from && this.#at(end - 1) < speechGoesOn) end -= 1;
    return end;
  }

  /** Where speech goes on from `window`. */
  speechStartFrom(window: number): number {
    let start = window;
    while (start < this.#next && this.#at(start) < speechGoesOn) start += 1;
    return start;
  }

  #at(window: number): number {
    return this.#probabilities[window - this.#from] ?? 1;
  }
}
