import type { Clock } from '../dist/clock.js';

interface Alarm {
  readonly atSeconds: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowSeconds: number;
  /** In the order in which they go off. */
  #alarms: readonly Alarm[] = [];

  constructor(nowSeconds = 0) {
    this.#nowSeconds = nowSeconds;
  }

  /** Alarms that have neither gone off nor been cleared. */
  get pending(): number {
    return this.#alarms.length;
  }

  nowSeconds(): number {
    return this.#nowSeconds;
  }

  after(delaySeconds: number, wake: () => void): () => void {
    const alarm: Alarm = { atSeconds: this.#nowSeconds + Math.max(0, delaySeconds), wake };
    this.#alarms = [...this.#alarms, alarm].sort((one, other) => one.atSeconds - other.atSeconds);
    return () => {
      this.#alarms = this.#alarms.filter((kept) => kept !== alarm);
    };
  }

  /** Lets time pass. Alarms go off in order, each at its own time, those set meanwhile included. */
  advance(seconds: number): void {
    const endSeconds = this.#nowSeconds + seconds;
    for (let [next] = this.#alarms; next && next.atSeconds <= endSeconds; [next] = this.#alarms) {
      this.#alarms = this.#alarms.slice(1);
      this.#nowSeconds = next.atSeconds;
      next.wake();
    }
    this.#nowSeconds = endSeconds;
  }
}
