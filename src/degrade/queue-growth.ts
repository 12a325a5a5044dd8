import type { SourceReading } from './source-reading.js';

/** Ticks over which growth is taken. */
const ticks = 5;

/** How the fullest queue grows. A queue that holds no more than the utterance that is being spoken is no queue. */
export class QueueGrowth {
  /** The filled share of the fullest, with its time, oldest first. */
  #filled: { readonly share: number; readonly atSeconds: number }[] = [];
  #chunkSeconds = Number.NaN;

  /** Seconds until it is full; Infinity when it does not grow. */
  secondsToOverflow(sources: readonly SourceReading[], chunkSeconds: number, atSeconds: number): number {
    // Shares of another chunk length do not compare.
    if (chunkSeconds !== this.#chunkSeconds) this.#filled = [];
    this.#chunkSeconds = chunkSeconds;
    let share = 0;
    for (const source of sources) share = Math.max(share, filledShare(source, chunkSeconds));
    this.#filled = [
      ...this.#filled.filter((tick) => tick.atSeconds < atSeconds).slice(1 - ticks),
      { share, atSeconds },
    ];
    const [first] = this.#filled;
    if (!first || this.#filled.length < 3) return Number.POSITIVE_INFINITY;
    const growth = (share - first.share) / (atSeconds - first.atSeconds);
    return growth > 0 ? (1 - share) / growth : Number.POSITIVE_INFINITY;
  }
}

function filledShare(source: SourceReading, chunkSeconds: number): number {
  const { priority, queuedSeconds, limitSeconds, isShed } = source;
  if (isShed || priority === 'background') return 0;
  const share = (queuedSeconds - chunkSeconds) / Math.max(limitSeconds - chunkSeconds, 1);
  // What is not a number counts for nothing.
  return share > 0 ? Math.min(share, 1) : 0;
}
