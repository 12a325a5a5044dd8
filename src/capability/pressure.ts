import { type Clock, systemClock } from '../clock.js';
import { type Fact, known, unknown } from './machine.js';
import {
  CounterReader,
  type KernelFiles,
  kernelFiles,
  type PressureCounters,
  type Quotas,
} from './pressure-counters.js';

/** How hard this process has it, at one moment and since the sample before. */
export interface Pressure {
  /** When it was sampled, in seconds on the clock's scale. */
  readonly atSeconds: number;
  /** The part of the last ten seconds in which something had to wait for memory, 0 to 1. */
  readonly memoryStall: Fact<number>;
  /** What this process can still take, under the limit of its control groups. */
  readonly availableMemoryBytes: Fact<number>;
  /** How often a memory limit was hit since the sample before; a cache that is given back for it counts too. */
  readonly memoryLimitHits: Fact<number>;
  /** Processes of the control group that were killed for want of memory since the sample before. */
  readonly outOfMemoryKills: Fact<number>;
  /** The CPU quota that held this process back most since the sample before. */
  readonly throttling: Fact<Throttling>;
  /** The part of all CPU time since the sample before that went to other virtual machines, 0 to 1. */
  readonly stolenCpuTime: Fact<number>;
  /** Whether the processor slowed down since the sample before, for heat or want of power. */
  readonly slowedDown: Fact<boolean>;
}

export interface Throttling {
  /** The part of the quota's periods, mostly of 100 ms, in which it was used up, 0 to 1. */
  readonly periods: number;
  /** How long threads waited for the next period, in seconds, summed over the cores. */
  readonly seconds: number;
}

export interface PressureWatchOptions {
  /** @defaultValue 5 */
  readonly intervalSeconds?: number | undefined;
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
  /** @defaultValue the kernel's */
  readonly files?: KernelFiles | undefined;
}

/** Looks at the pressure on this process from time to time, from its making until it is disposed of. Never keeps the process alive. */
export class PressureWatch implements Disposable {
  readonly #clock: Clock;
  readonly #intervalSeconds: number;
  readonly #reader: CounterReader;
  readonly #listeners = new Set<(pressure: Pressure) => void>();
  #counters: PressureCounters;
  #latest: Pressure;
  #cancel: () => void;

  constructor({ intervalSeconds = 5, clock = systemClock, files = kernelFiles }: PressureWatchOptions = {}) {
    this.#clock = clock;
    this.#intervalSeconds = intervalSeconds;
    this.#reader = new CounterReader(files);
    this.#counters = this.#reader.read();
    this.#latest = pressureBetween(undefined, this.#counters, clock.nowSeconds());
    this.#cancel = this.#wait();
  }

  /** The last sample; of the very first the facts that compare are unknown. */
  get latest(): Pressure {
    return this.#latest;
  }

  /** Calls `listener` with each sample to come, until the returned function is called. */
  subscribe(listener: (pressure: Pressure) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#listeners.clear();
  }

  #wait(): () => void {
    return this.#clock.after(this.#intervalSeconds, () => {
      this.#cancel = this.#wait();
      const counters = this.#reader.read();
      this.#latest = pressureBetween(this.#counters, counters, this.#clock.nowSeconds());
      this.#counters = counters;
      for (const listener of this.#listeners) listener(this.#latest);
    });
  }
}

/** What two readings of the counters say, one after the other. A counter that went back counts as unchanged. */
function pressureBetween(before: PressureCounters | undefined, now: PressureCounters, atSeconds: number): Pressure {
  const { slowdown } = now;
  return {
    atSeconds,
    memoryStall: now.memoryStall,
    availableMemoryBytes: now.availableMemoryBytes,
    memoryLimitHits: compared(before?.memoryLimitHits, now.memoryLimitHits, since),
    outOfMemoryKills: compared(before?.outOfMemoryKills, now.outOfMemoryKills, since),
    throttling: compared(before?.quotas, now.quotas, throttlingSince),
    stolenCpuTime: compared(before?.cpuTime, now.cpuTime, (earlier, later) =>
      part(since(earlier.stolenTicks, later.stolenTicks), since(earlier.ticks, later.ticks)),
    ),
    slowedDown:
      slowdown.kind === 'known' && typeof slowdown.value === 'boolean'
        ? known(slowdown.value, slowdown.source)
        : compared(before?.slowdown, slowdown, (earlier, later) => since(Number(earlier), Number(later)) > 0),
  };
}

function compared<Counters, Value>(
  before: Fact<Counters> | undefined,
  now: Fact<Counters>,
  compare: (earlier: Counters, later: Counters) => Value,
): Fact<Value> {
  if (now.kind === 'unknown') return now;
  return before?.kind === 'known'
    ? known(compare(before.value, now.value), now.source)
    : unknown(`${now.source}: nothing to compare it with yet`);
}

function since(earlier: number, later: number): number {
  return Math.max(0, later - earlier);
}

function part(some: number, all: number): number {
  return all > 0 ? Math.min(1, some / all) : 0;
}

/** Of the group that was held back most. */
function throttlingSince(earlier: Quotas, later: Quotas): Throttling {
  const groups = [...later].map(([folder, after]): Throttling => {
    const before = earlier.get(folder) ?? after;
    return {
      periods: part(since(before.throttledPeriods, after.throttledPeriods), since(before.periods, after.periods)),
      seconds: since(before.throttledSeconds, after.throttledSeconds),
    };
  });
  return groups.reduce((most, next) => (next.periods > most.periods ? next : most), { periods: 0, seconds: 0 });
}
