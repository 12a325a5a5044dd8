/**
 * @typedef {object} Point
 * @property {number} atSeconds
 * @property {number} value
 */

/** Readings over a time of any length in a memory that does not grow: neighbours become their mean, again and again. */
export class Series {
  #limit;
  #atOnce = 1;
  /** @type {Point[]} */
  #points = [];
  /** Of the readings that are no point yet. */
  #sum = { count: 0, atSeconds: 0, value: 0 };

  /** @param {number} [limit] points that are kept, an even number */
  constructor(limit = 600) {
    this.#limit = limit;
  }

  /** Those that are complete, in order. @returns {readonly Point[]} */
  get points() {
    return this.#points;
  }

  /**
   * @param {number} atSeconds
   * @param {number} value
   */
  add(atSeconds, value) {
    this.#sum.count += 1;
    this.#sum.atSeconds += atSeconds;
    this.#sum.value += value;
    if (this.#sum.count < this.#atOnce) return;
    this.#points.push({ atSeconds: this.#sum.atSeconds / this.#atOnce, value: this.#sum.value / this.#atOnce });
    this.#sum = { count: 0, atSeconds: 0, value: 0 };
    if (this.#points.length >= this.#limit) this.#thin();
  }

  #thin() {
    this.#atOnce *= 2;
    this.#points = this.#points.flatMap((point, at, all) => {
      const next = all[at + 1];
      if (at % 2 === 1 || !next) return [];
      return [{ atSeconds: (point.atSeconds + next.atSeconds) / 2, value: (point.value + next.value) / 2 }];
    });
  }
}
