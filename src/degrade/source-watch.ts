import { trackCount } from '../provider/stream-format.js';
import type { Source } from '../session/source.js';
import { SourceMeasure } from './source-measure.js';
import type { SourceReading } from './source-reading.js';

/** Of the first sources, before anything was heard. */
export const assumedShare = 0.5;

/** What the ladder reads of a source. */
export type WatchedSource = Pick<Source, 'priority' | 'intake' | 'options' | 'isOpen'>;

/** Reads the live sources once a second, each channel as one. */
export class SourceWatch {
  readonly #measures = new WeakMap<WatchedSource, SourceMeasure>();

  /** Written faster than real time: its texts wait because of that, and not because of the load. */
  isAhead(source: WatchedSource, nowSeconds: number): boolean {
    return this.#measures.get(source)?.isAhead(nowSeconds) ?? false;
  }

  read(
    sources: readonly WatchedSource[],
    isShed: (source: WatchedSource) => boolean,
    nowSeconds: number,
  ): readonly SourceReading[] {
    let [sum, known] = [0, 0];
    const measured = sources.map((source) => {
      const { intake } = source;
      const measure = this.#measureOf(source, nowSeconds);
      measure.tick(intake, nowSeconds);
      const share = measure.isKnown(nowSeconds) ? measure.share(0, nowSeconds) : Number.NaN;
      if (Number.isFinite(share)) [sum, known] = [sum + share, known + 1];
      return { source, measure, intake };
    });
    const usual = known === 0 ? assumedShare : sum / known;
    const readings: SourceReading[] = [];
    for (const { source, measure, intake } of measured) {
      const isAhead = measure.isAhead(nowSeconds);
      const reading = {
        priority: source.priority,
        speechShare: measure.share(usual, nowSeconds),
        queuedSeconds: isAhead ? 0 : intake.queuedSeconds,
        limitSeconds: isAhead ? Number.POSITIVE_INFINITY : source.options.queue.seconds,
        isShed: isShed(source),
      };
      for (let channel = 0; channel < measure.channels; channel += 1) readings.push(reading);
    }
    return readings;
  }

  #measureOf(source: WatchedSource, nowSeconds: number): SourceMeasure {
    let measure = this.#measures.get(source);
    if (!measure) {
      // It came at some time of the second that has passed.
      measure = new SourceMeasure(trackCount(source.options.format), nowSeconds - 1);
      this.#measures.set(source, measure);
    }
    return measure;
  }
}
