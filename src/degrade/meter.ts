import type { Clock } from '../clock.js';
import type { Priority, Work } from '../scheduler/work.js';
import { longestSeconds as longestChunkSeconds } from '../session/speech-thresholds.js';
import { isMeasure } from '../telemetry/measure.js';
import { ParallelCapacity } from './parallel-capacity.js';
import { QueueGrowth } from './queue-growth.js';
import { RtfWindow } from './rtf-window.js';
import type { RungCost } from './rung-cost.js';
import { isDuration, ServiceTimes } from './service-time.js';
import type { LoadSnapshot } from './snapshot.js';
import { Sojourns } from './sojourns.js';
import type { SourceReading } from './source-reading.js';
import { SpeechDemand } from './speech-demand.js';
import { UtteranceLengths } from './utterance-lengths.js';

export type { SourceReading } from './source-reading.js';

/** One decode that has ended. */
export interface DecodeReading {
  /** From `planKey`: what it was decoded with. */
  readonly key: string;
  readonly kind: Work['kind'];
  /** Of its source. @defaultValue 'normal' */
  readonly priority?: Priority | undefined;
  readonly audioSeconds: number;
  /** In the slot. */
  readonly decodeSeconds: number;
  /** Before a slot took it. */
  readonly queueSeconds: number;
  /** When it ended. */
  readonly atSeconds: number;
}

export interface MeterTick {
  /** In force. */
  readonly rung: number;
  /** Of every rung of the ladder, as it stands now. */
  readonly rungs: readonly RungCost[];
  readonly sources: readonly SourceReading[];
}

export interface MeterOptions {
  readonly clock: Clock;
  readonly slots: number;
  /** To share one among meters, or to start with what is known. @defaultValue a new one */
  readonly serviceTimes?: ServiceTimes | undefined;
  /** What the slots do together over what one does alone times their number, until it is measured. @defaultValue 1 */
  readonly parallelEfficiency?: number | undefined;
  /** Time of day for schedules. @defaultValue taken from the clock, as though it had started at midnight */
  readonly minuteOfDay?: (() => number) | undefined;
}

/**
 * Decodes and queues in, the load out. Only durations count, never the wall time between two events, which is one second a
 * second on any live stream. Partials are not part of the load: they make way for finals, and come as there is room.
 */
export class Meter {
  /** What it learns into. */
  readonly serviceTimes: ServiceTimes;
  readonly #clock: Clock;
  readonly #minuteOfDay: () => number;
  readonly #capacity: ParallelCapacity;
  readonly #sojourns = new Sojourns();
  readonly #growth = new QueueGrowth();
  readonly #lengths = new UtteranceLengths();
  readonly #demand = new SpeechDemand();
  readonly #rtfs = new RtfWindow();
  #chunkSeconds = longestChunkSeconds;

  constructor(options: MeterOptions) {
    const { clock, slots, serviceTimes = new ServiceTimes(), parallelEfficiency = 1 } = options;
    this.serviceTimes = serviceTimes;
    this.#clock = clock;
    this.#minuteOfDay = options.minuteOfDay ?? (() => Math.floor(clock.nowSeconds() / 60) % 1440);
    this.#capacity = new ParallelCapacity(slots, parallelEfficiency);
  }

  /** Ignores what is no measure. */
  decoded(reading: DecodeReading): void {
    const { key, kind, audioSeconds, decodeSeconds } = reading;
    if (!(isDuration(audioSeconds) && isDuration(decodeSeconds))) return;
    const nowSeconds = this.#clock.nowSeconds();
    // What is of the future would never grow old.
    const atSeconds = isMeasure(reading.atSeconds) ? Math.min(reading.atSeconds, nowSeconds) : nowSeconds;
    const ratio = decodeSeconds / this.serviceTimes.predict(key, audioSeconds);
    this.#capacity.add({ startSeconds: atSeconds - decodeSeconds, endSeconds: atSeconds, ratio });
    this.serviceTimes.add({ key, audioSeconds, decodeSeconds, atSeconds });
    this.#rtfs.add({ atSeconds, rtf: decodeSeconds / audioSeconds, turnaround: undefined });
    if (kind === 'final') this.told(reading);
  }

  /** A final, where the decode that gave its text is counted by itself: it may have been made for a partial. */
  told({ priority = 'normal', audioSeconds, decodeSeconds, ...reading }: Omit<DecodeReading, 'key' | 'kind'>): void {
    if (!(isDuration(audioSeconds) && isDuration(decodeSeconds))) return;
    const nowSeconds = this.#clock.nowSeconds();
    const atSeconds = isMeasure(reading.atSeconds) ? Math.min(reading.atSeconds, nowSeconds) : nowSeconds;
    const queueSeconds = isDuration(reading.queueSeconds) ? reading.queueSeconds : 0;
    this.#rtfs.add({ atSeconds, rtf: undefined, turnaround: (queueSeconds + decodeSeconds) / audioSeconds });
    this.#sojourns.add(priority, queueSeconds, atSeconds);
    this.#lengths.add(audioSeconds, this.#chunkSeconds);
  }

  /** The load now. Once a second. */
  tick({ rung, rungs, sources }: MeterTick): LoadSnapshot {
    const atSeconds = this.#clock.nowSeconds();
    this.#chunkSeconds = Math.min(rungs[rung]?.chunkSeconds ?? longestChunkSeconds, longestChunkSeconds);
    this.#demand.tick(sources);
    const { capacity } = this.#capacity;
    return {
      atSeconds,
      minuteOfDay: this.#minuteOfDay(),
      rung,
      capacity,
      load: rungs.map((cost) => this.#loadOn(cost) / capacity),
      smallestSojournSeconds: this.#sojourns.shortest(atSeconds, this.#isQueued(sources)),
      chunkSeconds: this.#chunkSeconds,
      secondsToOverflow: this.#growth.secondsToOverflow(sources, this.#chunkSeconds, atSeconds),
      switchSeconds: rungs.map(({ switchSeconds }) => (isMeasure(switchSeconds) ? switchSeconds : 0)),
      rtf: this.#rtfs.quantiles(atSeconds),
      turnaroundRtf: this.#rtfs.meanTurnaround(atSeconds),
      sources: this.#demand.counts,
      speechShare: this.#demand.meanShare,
    };
  }

  /** Slots that the sources served there would keep busy. */
  #loadOn({ key, chunkSeconds, serves }: RungCost): number {
    if (key === undefined) return Number.POSITIVE_INFINITY;
    const audioSeconds = this.#lengths.under(chunkSeconds);
    return (this.#demand.of(serves) * this.serviceTimes.predict(key, audioSeconds)) / audioSeconds;
  }

  /** Whether more waits anywhere than the utterance that is being spoken. */
  #isQueued(sources: readonly SourceReading[]): boolean {
    return sources.some(({ isShed, queuedSeconds }) => !isShed && queuedSeconds > this.#chunkSeconds);
  }
}
