/** Implausible texts within this much audio … */
const windowSeconds = 60;
/** … that turn the sized encoder context off for the rest of a source. */
const mostTrips = 2;

/** Watches one source for texts that a sized encoder context spoiled, and turns it off where that keeps happening. */
export class TripWire {
  #tripsAtSeconds: readonly number[] = [];
  #isTripped = false;

  /** Of a plan's encoder context, what this source can take. */
  allowed<Context extends string>(planned: Context): Context | 'full' {
    return this.#isTripped ? 'full' : planned;
  }

  /** A text at this place of the source had to be decoded again at full context. */
  trip(atSeconds: number): void {
    this.#tripsAtSeconds = [
      ...this.#tripsAtSeconds.filter((earlier) => earlier > atSeconds - windowSeconds),
      atSeconds,
    ];
    this.#isTripped ||= this.#tripsAtSeconds.length >= mostTrips;
  }
}
