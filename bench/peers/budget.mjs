/** The seconds that a peer may take in all: a slow one uses up its own, not the others'. */
export class Budget {
  #left;

  /** @param {number} seconds */
  constructor(seconds) {
    this.seconds = seconds;
    this.#left = seconds;
  }

  get isSpent() {
    return this.#left < 1;
  }

  /** @param {number} seconds as many of them as are left */
  atMost(seconds) {
    return Math.max(1, Math.min(seconds, this.#left));
  }

  /** @param {number} seconds */
  spend(seconds) {
    this.#left -= seconds;
  }
}
