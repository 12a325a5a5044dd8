import type { Priority } from '../../scheduler/work.js';
import type { Fate, Latency, SimulationResult } from './simulation-result.js';

/** What became of an utterance. */
export interface Told {
  /** `late`: it waited on disk; `spooled`: it went there, for now. */
  readonly kind: 'final' | 'late' | 'dropped' | 'spooled';
  readonly audioSeconds: number;
  /** From the end of its speech. */
  readonly afterSeconds: number;
}

type Kind = Told['kind'];

/** What a second brought. */
export interface SecondReading {
  readonly latencySeconds?: number;
  readonly droppedSeconds: number;
  readonly spooledSeconds: number;
}

/** Counts what is told. */
export class SimulationBooks {
  readonly #latencies: Record<Priority, number[]> = { critical: [], normal: [], background: [] };
  readonly #seconds: Record<Priority, Record<Kind, number>> = {
    critical: nothing(),
    normal: nothing(),
    background: nothing(),
  };
  #second: { latencySeconds: number | undefined; dropped: number; spooled: number } = freshSecond();

  add(priority: Priority, told: Told): void {
    const { kind, audioSeconds, afterSeconds } = told;
    this.#seconds[priority][kind] += audioSeconds;
    switch (kind) {
      case 'final':
        this.#latencies[priority].push(afterSeconds);
        this.#second.latencySeconds = Math.max(this.#second.latencySeconds ?? 0, afterSeconds);
        break;
      case 'late':
        break;
      case 'dropped':
        this.#second.dropped += audioSeconds;
        break;
      case 'spooled':
        this.#second.spooled += audioSeconds;
        break;
      default:
        kind satisfies never;
    }
  }

  /** Since it was asked last. */
  takeSecond(): SecondReading {
    const { latencySeconds, dropped, spooled } = this.#second;
    this.#second = freshSecond();
    return {
      ...(latencySeconds !== undefined && { latencySeconds }),
      droppedSeconds: dropped,
      spooledSeconds: spooled,
    };
  }

  get latency(): SimulationResult['latency'] {
    const { critical, normal, background } = this.#latencies;
    return { all: latencyOf([...critical, ...normal, ...background]), critical: latencyOf(critical) };
  }

  get fates(): SimulationResult['fates'] {
    const { critical, normal, background } = this.#seconds;
    return {
      critical: fateOf([critical]),
      normal: fateOf([normal]),
      background: fateOf([background]),
      all: fateOf([critical, normal, background]),
    };
  }
}

function nothing(): Record<Kind, number> {
  return { final: 0, late: 0, dropped: 0, spooled: 0 };
}

function freshSecond() {
  return { latencySeconds: undefined, dropped: 0, spooled: 0 };
}

function latencyOf(latencies: readonly number[]): Latency {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (quantile: number) => sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

function fateOf(parts: readonly Readonly<Record<Kind, number>>[]): Fate {
  const sum = (kind: Kind) => parts.reduce((seconds, part) => seconds + part[kind], 0);
  const [decodedSeconds, lateSeconds, droppedSeconds, spooledSeconds] = [
    sum('final'),
    sum('late'),
    sum('dropped'),
    sum('spooled'),
  ];
  // What came back from disk went there before; what was lost after that is counted twice, which is never in practice.
  const allSeconds = decodedSeconds + droppedSeconds + spooledSeconds;
  const droppedShare = allSeconds === 0 ? 0 : droppedSeconds / allSeconds;
  return { decodedSeconds, lateSeconds, droppedSeconds, droppedShare, spooledSeconds };
}
