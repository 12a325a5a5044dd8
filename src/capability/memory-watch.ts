import type { Clock } from '../clock.js';
import { knownValue } from './machine.js';
import { type Pressure, PressureWatch } from './pressure.js';

/** A process that waits for memory this much of its time is about to be slowed down by it, or killed. */
const mostStall = 0.1;
/** What a decode that is made again at full encoder context may take on a few slots (docs/models.md). */
const leastAvailableBytes = 256 * 2 ** 20;

/** Says whether there is too little memory for anything that could be done without. */
export class MemoryWatch {
  readonly #clock: Clock;
  #watch: PressureWatch | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks from the first question on, every 5 s. */
  get isShort(): boolean {
    this.#watch ??= new PressureWatch({ clock: this.#clock });
    return isMemoryShort(this.#watch.latest);
  }

  close(): void {
    this.#watch?.[Symbol.dispose]();
  }
}

/** What is not known is no shortage. */
export function isMemoryShort({ memoryStall, outOfMemoryKills, availableMemoryBytes }: Pressure): boolean {
  return (
    (knownValue(memoryStall) ?? 0) > mostStall ||
    (knownValue(outOfMemoryKills) ?? 0) > 0 ||
    (knownValue(availableMemoryBytes) ?? Number.POSITIVE_INFINITY) < leastAvailableBytes
  );
}
