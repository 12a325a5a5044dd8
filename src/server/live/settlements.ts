interface Settlement {
  /** Number of the latest event then. */
  readonly sequence: number;
  /** By the source's id. */
  readonly settledSeconds: readonly number[];
}

/** A reader that is further behind has missed events. */
const mostKept = 64;

/**
 * What was settled when. A source's audio is settled at the moment in which its event gets its number; so to whoever was
 * told the events up to a number, this much may be said to be settled, and no more.
 */
export class Settlements {
  #kept: readonly Settlement[] = [];

  /** This is settled now, the latest event being `sequence`. */
  add(sequence: number, settledSeconds: readonly number[]): void {
    const before = this.#kept.filter((settlement) => settlement.sequence < sequence);
    this.#kept = [...before.slice(-mostKept + 1), { sequence, settledSeconds }];
  }

  /** What may be said to who knows the events up to this one. */
  knownAfter(sequence: number): readonly number[] {
    return this.#kept.findLast((settlement) => settlement.sequence <= sequence)?.settledSeconds ?? [];
  }
}
