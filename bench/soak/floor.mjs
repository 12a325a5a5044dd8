/** The least of something in the first minute and in the last: what opens and closes all the time goes down again. */
export class Floor {
  /** @type {number | undefined} */
  #firstMinute;
  #minute = 0;
  #present = Number.POSITIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;
  #first = Number.POSITIVE_INFINITY;

  /** @param {number} atSeconds @param {number} value */
  add(atSeconds, value) {
    const minute = Math.floor(atSeconds / 60);
    this.#firstMinute ??= minute;
    if (minute !== this.#minute) {
      this.#before = this.#present;
      this.#present = Number.POSITIVE_INFINITY;
      this.#minute = minute;
    }
    this.#present = Math.min(this.#present, value);
    // The first one may have been cut short.
    if (minute <= this.#firstMinute + 1) this.#first = Math.min(this.#first, value);
  }

  get first() {
    return this.#first;
  }

  /** Of the minute that goes on and the one before. */
  get last() {
    return Math.min(this.#present, this.#before);
  }
}
