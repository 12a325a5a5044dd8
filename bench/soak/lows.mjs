import { Series } from './series.mjs';

/** The least reading of each minute: what stays when what comes and goes has gone. */
export class Lows {
  #series = new Series();
  /** @type {import('./series.mjs').Point | undefined} */
  #least;

  /** Of the minutes that are over. @returns {readonly import('./series.mjs').Point[]} */
  get points() {
    return this.#series.points;
  }

  /**
   * @param {number} atSeconds
   * @param {number} value
   */
  add(atSeconds, value) {
    const least = this.#least;
    if (least && Math.floor(least.atSeconds / 60) === Math.floor(atSeconds / 60)) {
      if (value < least.value) this.#least = { atSeconds, value };
      return;
    }
    if (least) this.#series.add(least.atSeconds, least.value);
    this.#least = { atSeconds, value };
  }
}
