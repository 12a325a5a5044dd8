/** Chance that plays again: the same seed gives the same numbers (the mulberry32 generator). */
export class SeededChance {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1);
  }

  /** From 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** Around 1, by a standard deviation of `spread`; never below a half or above twice. */
  factor(spread: number): number {
    // The sum of twelve is close to a normal distribution.
    let sum = -6;
    for (let draw = 0; draw < 12; draw += 1) sum += this.next();
    return Math.min(2, Math.max(0.5, 1 + spread * sum));
  }
}
