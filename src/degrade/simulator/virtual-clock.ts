import type { Clock } from '../../clock.js';

interface Alarm {
  readonly atSeconds: number;
  /** Alarms of one moment go off in the order in which they were set. */
  readonly place: number;
  readonly wake: () => void;
  isCleared: boolean;
}

/** Lets everything be noticed that promises alone bring about. */
function noticed(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A clock that goes from one alarm to the next, and takes no time for it. */
export class VirtualClock implements Clock {
  #nowSeconds = 0;
  #places = 0;
  /** A heap: no alarm goes off before the one at half its index. */
  readonly #alarms: Alarm[] = [];

  nowSeconds(): number {
    return this.#nowSeconds;
  }

  after(delaySeconds: number, wake: () => void): () => void {
    this.#places += 1;
    const atSeconds = this.#nowSeconds + Math.max(0, delaySeconds);
    const alarm: Alarm = { atSeconds, place: this.#places, wake, isCleared: false };
    this.#add(alarm);
    return () => {
      alarm.isCleared = true;
    };
  }

  /** Lets time pass up to `endSeconds`; what an alarm brings about has happened before the next goes off. */
  async runUntil(endSeconds: number): Promise<void> {
    for (let [next] = this.#alarms; next && next.atSeconds <= endSeconds; [next] = this.#alarms) {
      this.#removeFirst();
      if (next.isCleared) continue;
      this.#nowSeconds = next.atSeconds;
      next.wake();
      await noticed();
    }
    this.#nowSeconds = endSeconds;
  }

  #add(alarm: Alarm): void {
    const alarms = this.#alarms;
    let at = alarms.length;
    alarms.push(alarm);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = alarms[above];
      if (!parent || !isBefore(alarm, parent)) break;
      alarms[at] = parent;
      at = above;
    }
    alarms[at] = alarm;
  }

  #removeFirst(): void {
    const alarms = this.#alarms;
    const last = alarms.pop();
    if (!last || alarms.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [alarms[2 * at + 1], alarms[2 * at + 2]];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!child || !isBefore(child, last)) break;
      alarms[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    alarms[at] = last;
  }
}

function isBefore(one: Alarm, other: Alarm): boolean {
  return one.atSeconds === other.atSeconds ? one.place < other.place : one.atSeconds < other.atSeconds;
}
