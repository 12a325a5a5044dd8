import type { History, Policy, RungChange } from '../../dist/degrade/policy.js';
import type { LoadSnapshot } from '../../dist/degrade/snapshot.js';

/** The load of the six standard rungs, as shares of that of the first. */
const lightness = [1, 0.75, 0.65, 0.35, 0.28, 0.1];

/** Loads of the standard rungs, when the plan as requested would need this much. */
export function loadsOf(load: number): readonly number[] {
  return lightness.map((share) => share * load);
}

/** Nothing to complain about on rung 0. */
export function snapshot(changes: Partial<LoadSnapshot> = {}): LoadSnapshot {
  return {
    atSeconds: 1000,
    minuteOfDay: 600,
    rung: 0,
    capacity: 2,
    load: loadsOf(0.5),
    smallestSojournSeconds: 0,
    chunkSeconds: 8,
    secondsToOverflow: Number.POSITIVE_INFINITY,
    switchSeconds: [0, 0, 0, 2, 2, 2],
    rtf: { mean: 0.2, p50: 0.2, p95: 0.3 },
    turnaroundRtf: 0.2,
    sources: { critical: 2, normal: 6, background: 4 },
    speechShare: 0.5,
    ...changes,
  };
}

/** The same, one a second, up to and with the last; as history and present. */
export function lasting(
  ticks: number,
  last: LoadSnapshot,
  changes: readonly RungChange[] = [],
): [LoadSnapshot, History] {
  const snapshots = Array.from({ length: ticks }, (_, index) => ({
    ...last,
    atSeconds: last.atSeconds - (ticks - 1 - index),
  }));
  return [last, { snapshots, changes }];
}

export function change(atSeconds: number, from: number, to: number): RungChange {
  return { atSeconds, from, to, reason: 'before' };
}

/** What a ladder lives through: a policy asked once a second, and obeyed. */
export class Climb {
  readonly changes: RungChange[] = [];
  rung: number;
  readonly #snapshots: LoadSnapshot[] = [];
  #atSeconds = 0;

  constructor(
    readonly policy: Policy,
    rung = 0,
  ) {
    this.rung = rung;
  }

  tick(seen: Partial<LoadSnapshot>): void {
    this.#atSeconds += 1;
    const now = snapshot({ ...seen, rung: this.rung, atSeconds: this.#atSeconds });
    this.#snapshots.push(now);
    if (this.#snapshots.length > 600) this.#snapshots.shift();
    const { rung, reason } = this.policy.decide(now, { snapshots: this.#snapshots, changes: this.changes });
    if (rung === this.rung) return;
    this.changes.push({ atSeconds: this.#atSeconds, from: this.rung, to: rung, reason });
    this.rung = rung;
  }

  ticks(count: number, seen: Partial<LoadSnapshot>): void {
    for (let tick = 0; tick < count; tick += 1) this.tick(seen);
  }
}
