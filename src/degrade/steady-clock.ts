import type { Clock } from '../clock.js';

/** Somebody looks once a second: what passes beyond this between two looks is a machine that was asleep, or a wrong clock. */
const mostSeconds = 10;

/** A clock that never goes back and makes no leap: time in which nobody could be heard is no silence. */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  #lastSeconds: number;
  #nowSeconds: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastSeconds = clock.nowSeconds();
    this.#nowSeconds = this.#lastSeconds;
  }

  nowSeconds(): number {
    const seconds = this.#clock.nowSeconds();
    this.#nowSeconds += Math.min(mostSeconds, Math.max(0, seconds - this.#lastSeconds));
    this.#lastSeconds = seconds;
    return this.#nowSeconds;
  }

  after(delaySeconds: number, wake: () => void): () => void {
    return this.#clock.after(delaySeconds, wake);
  }
}
