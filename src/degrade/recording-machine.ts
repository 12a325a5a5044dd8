import type { Priority } from '../scheduler/work.js';
import type { LivePlan } from '../session/live-plan.js';
import type { QueueLimits } from '../session/source-options.js';
import type { RecordedLook } from './recording-look.js';
import type { ServiceTimes } from './service-time.js';

/** The machine, as it was measured. */
export interface MachineLine {
  readonly kind: 'machine';
  readonly slots: number;
  /** What the slots did together, in slots. */
  readonly capacity: number;
  /** Rung 0. */
  readonly plan: LivePlan;
  readonly queues: Readonly<Partial<Record<Priority, QueueLimits>>>;
  /** What `decodeSeconds` are of. */
  readonly audioSeconds: readonly number[];
  /** In the order of the rungs. */
  readonly costs: readonly {
    /** From `planKey`. */
    readonly key: string;
    /** Otherwise it is estimated from the others. */
    readonly isMeasured: boolean;
    /** That `decodeSeconds` are the means of. */
    readonly looks: number;
    readonly decodeSeconds: readonly number[];
    /** Until its model served. */
    readonly switchSeconds: number;
  }[];
}

/** Utterances are not longer. */
const audioSeconds: readonly number[] = [1, 2, 4, 6, 8, 11, 15];

interface Mean {
  readonly isMeasured: boolean;
  readonly looks: number;
  readonly sums: readonly number[];
  readonly switchSeconds: number;
}

/**
 * What the machine can do: the means of what was believed at each look. At the end alone it would be what decodes take
 * when little is left to do.
 */
export class MachineNotes {
  readonly #slots: number;
  readonly #serviceTimes: ServiceTimes;
  readonly #means = new Map<string, Mean>();
  readonly #queues: Partial<Record<Priority, QueueLimits>> = {};
  #plan: LivePlan | undefined;
  #looks = 0;
  #capacitySum = 0;

  constructor(slots: number, serviceTimes: ServiceTimes) {
    this.#slots = slots;
    this.#serviceTimes = serviceTimes;
  }

  looked({ snapshot, sources, rungs, plan }: Pick<RecordedLook, 'snapshot' | 'sources' | 'rungs' | 'plan'>): void {
    this.#plan = plan;
    this.#looks += 1;
    this.#capacitySum += snapshot.capacity;
    for (const { priority, options } of sources) this.#queues[priority] = options.queue;
    const seconds = new Map(rungs.map(({ key, switchSeconds }) => [key, switchSeconds]));
    for (const [key, switchSeconds] of seconds) if (key !== undefined) this.#add(key, switchSeconds);
  }

  /** Undefined before the first look. */
  get line(): MachineLine | undefined {
    if (!this.#plan) return undefined;
    return {
      kind: 'machine',
      slots: this.#slots,
      capacity: this.#capacitySum / this.#looks,
      plan: this.#plan,
      queues: this.#queues,
      audioSeconds,
      costs: [...this.#means].map(([key, { isMeasured, looks, sums, switchSeconds }]) => ({
        key,
        isMeasured,
        looks,
        decodeSeconds: sums.map((sum) => sum / looks),
        switchSeconds,
      })),
    };
  }

  #add(key: string, switchSeconds: number): void {
    const isMeasured = this.#serviceTimes.isMeasured(key);
    const before = this.#means.get(key);
    // What was only estimated counts no longer.
    const kept = before?.isMeasured === isMeasured ? before : undefined;
    this.#means.set(key, {
      isMeasured,
      looks: (kept?.looks ?? 0) + 1,
      sums: audioSeconds.map((seconds, at) => (kept?.sums[at] ?? 0) + this.#serviceTimes.predict(key, seconds)),
      // 0 while its model serves; a guess, until the switch was made once.
      switchSeconds: switchSeconds > 0 ? switchSeconds : (before?.switchSeconds ?? 0),
    });
  }
}
