import type { Clock } from '../clock.js';
import type { Decoded, Work } from '../scheduler/work.js';
import type { FinalEvent } from '../session/live-events.js';
import { mostSnapshots } from './history-limits.js';
import { Meter } from './meter.js';
import { planKey } from './plan-key.js';
import type { RungCost } from './rung-cost.js';
import type { ServiceTimes } from './service-time.js';
import type { LoadSnapshot } from './snapshot.js';
import { SourceWatch, type WatchedSource } from './source-watch.js';

export interface LoadWatchOptions {
  readonly clock: Clock;
  readonly slots: number;
  /** Of each slot. */
  readonly threads: number;
  /** Time of day for schedules. */
  readonly minuteOfDay?: (() => number) | undefined;
}

export interface Look {
  /** That was decided last. */
  readonly rung: number;
  readonly rungs: readonly RungCost[];
  /** Those that are live. */
  readonly sources: readonly WatchedSource[];
  readonly isShed: (source: WatchedSource) => boolean;
}

/** Decodes and sources of a running engine in, the load out. */
export class LoadWatch {
  readonly #options: LoadWatchOptions;
  readonly #meter: Meter;
  readonly #sources = new SourceWatch();
  readonly #snapshots: LoadSnapshot[] = [];

  constructor(options: LoadWatchOptions) {
    this.#options = options;
    this.#meter = new Meter(options);
  }

  /** The last ten minutes, newest last, as they are now. */
  get snapshots(): readonly LoadSnapshot[] {
    return this.#snapshots;
  }

  /** What decodes take, as far as it is known. */
  get serviceTimes(): ServiceTimes {
    return this.#meter.serviceTimes;
  }

  /** The load now. Once a second. */
  look({ rung, rungs, sources, isShed }: Look): LoadSnapshot {
    const readings = this.#sources.read(sources, isShed, this.#options.clock.nowSeconds());
    const snapshot = this.#meter.tick({ rung, rungs, sources: readings });
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > mostSnapshots) this.#snapshots.shift();
    return snapshot;
  }

  /** A slot has decoded something for a live source. */
  decoded({ audioSeconds }: Work, { model, asked, recognition, queueSeconds }: Decoded): void {
    if (!model || !asked) return;
    const { threads, clock } = this.#options;
    const key = planKey({ model: model.name, variant: model.variant, threads, ...asked });
    const { decodeSeconds } = recognition;
    const atSeconds = clock.nowSeconds();
    // Which of them are finals shows when they are told: one that was made in a pause is the final when the pause lasts.
    this.#meter.decoded({ key, kind: 'partial', audioSeconds, decodeSeconds, queueSeconds, atSeconds });
  }

  /** A final of this source was told. */
  told(source: WatchedSource, { startSeconds, endSeconds, timings, isLate }: FinalEvent): void {
    const atSeconds = this.#options.clock.nowSeconds();
    // What waits for another reason says nothing about the load.
    if (isLate || this.#sources.isAhead(source, atSeconds)) return;
    const { queueSeconds, decodeSeconds } = timings;
    const { priority } = source;
    this.#meter.told({ priority, audioSeconds: endSeconds - startSeconds, queueSeconds, decodeSeconds, atSeconds });
  }
}
