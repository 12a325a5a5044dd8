import { longestSeconds as longestChunkSeconds } from '../session/speech-thresholds.js';

/** A cut at the chunk limit falls in its last third: what is shorter than this share of it ended by itself. */
const surelyWhole = 0.6;
/** Where the stretches of an utterance's life end, in seconds. */
const ages = [1, 2, 3, 4.5, 6, 8, 10, 15] as const;
/** Until it is seen, an utterance that goes on ends within so many seconds, on average. */
const usualSeconds = 6;
/** So many endings of what is usual count like endings that were seen. */
const usualWeight = 1;
/** What one more utterance that gets so far leaves of what was seen before. */
const kept = 0.995;

/** Where a full chunk is cut, as a share of its limit, until it is seen; and what one cut changes of that. */
const [usualCut, newShare] = [0.85, 0.005];

/** A piece longer than this times the mean is a mistake. */
const mostRatio = 4;
const mostLimits = 32;

/** What is known of utterances while they are of a certain age. */
interface Stretch {
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  watchedSeconds: number;
  ended: number;
}

/**
 * How long the pieces of speech are that come. Pauses end most utterances before a long chunk is full, so that longer
 * chunks gain less than their length says. Under a short limit one does not see how long they would have been: what is
 * known is how many of those that got to an age ended there (the estimator of Kaplan and Meier).
 */
export class UtteranceLengths {
  readonly #stretches: readonly Stretch[] = ages.map((untilSeconds, index) => ({
    fromSeconds: ages[index - 1] ?? 0,
    untilSeconds,
    watchedSeconds: 0,
    ended: 0,
  }));

  /** Chunks are cut at their quietest place, which comes before their limit. */
  #cut = usualCut;

  /** What pieces are long, over what is modelled, by the limits that were in force; a ladder has 32 at most. */
  readonly #calibrations = new Map<number, number>();

  /** A final, cut under this limit. */
  add(audioSeconds: number, chunkSeconds: number): void {
    const limitSeconds = Math.min(chunkSeconds, longestChunkSeconds);
    const sureSeconds = surelyWhole * limitSeconds;
    const ratio = Math.min(audioSeconds / this.#modelled(limitSeconds), mostRatio);
    const before = this.#calibrations.get(limitSeconds) ?? 1;
    this.#calibrations.delete(limitSeconds);
    this.#calibrations.set(limitSeconds, before + newShare * (ratio - before));
    const [oldest] = this.#calibrations.keys();
    if (this.#calibrations.size > mostLimits && oldest !== undefined) this.#calibrations.delete(oldest);
    if (audioSeconds >= sureSeconds) this.#cut += newShare * (Math.min(audioSeconds / limitSeconds, 1) - this.#cut);
    const watchedUntil = Math.min(audioSeconds, sureSeconds);
    for (const stretch of this.#stretches) {
      if (stretch.fromSeconds >= watchedUntil) return;
      const hasEnded = audioSeconds < sureSeconds && audioSeconds <= stretch.untilSeconds;
      stretch.watchedSeconds =
        kept * stretch.watchedSeconds + Math.min(watchedUntil, stretch.untilSeconds) - stretch.fromSeconds;
      stretch.ended = kept * stretch.ended + Number(hasEnded);
    }
  }

  /** The mean length of pieces under a limit. */
  under(chunkSeconds: number): number {
    const limitSeconds = Math.min(chunkSeconds, longestChunkSeconds);
    return Math.min((this.#calibrations.get(limitSeconds) ?? 1) * this.#modelled(limitSeconds), limitSeconds);
  }

  #modelled(chunkSeconds: number): number {
    const limitSeconds = this.#cut * Math.min(chunkSeconds, longestChunkSeconds);
    let [meanSeconds, left] = [0, 1];
    for (const { fromSeconds, untilSeconds, watchedSeconds, ended } of this.#stretches) {
      const seconds = Math.min(limitSeconds, untilSeconds) - fromSeconds;
      if (seconds <= 0) break;
      const endings = (ended + usualWeight) / (watchedSeconds + usualWeight * usualSeconds);
      const ending = 1 - Math.exp(-endings * seconds);
      meanSeconds += (left * ending) / endings;
      left *= 1 - ending;
    }
    return meanSeconds;
  }
}
