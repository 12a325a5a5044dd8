import { longestSeconds as longestChunkSeconds } from '../session/speech-thresholds.js';
import type { History, RungChange } from './policy.js';
import type { LoadSnapshot } from './snapshot.js';

/** The load since the last step of the ladder: on the rung in force. */
export class LoadTrend {
  readonly now: LoadSnapshot;
  /** Up to now. */
  readonly changes: readonly RungChange[];
  /** -Infinity when there was none. */
  readonly changedAtSeconds: number;
  readonly #earlier: readonly LoadSnapshot[];

  constructor(now: LoadSnapshot, { snapshots, changes }: History) {
    this.now = now;
    this.changes = changes.filter(({ atSeconds }) => atSeconds <= now.atSeconds);
    this.changedAtSeconds = this.changes.at(-1)?.atSeconds ?? Number.NEGATIVE_INFINITY;
    // The present one may be in the history.
    const end = snapshots.findLastIndex(({ atSeconds }) => atSeconds < now.atSeconds) + 1;
    let first = end;
    while (this.#isOfThisRung(snapshots[first - 1])) first -= 1;
    this.#earlier = snapshots.slice(first, end);
  }

  /** L, never more than what continuous speech is cut at. */
  get chunkSeconds(): number {
    return Math.min(this.now.chunkSeconds, longestChunkSeconds);
  }

  /** The rungs below that can be taken, lightest last. */
  get lighter(): readonly number[] {
    return this.now.load.map((_, rung) => rung).filter((rung) => rung > this.now.rung && this.#canTake(rung));
  }

  /** The nearest rung above that can be taken. */
  get heavier(): number | undefined {
    const rung = this.now.load.findLastIndex((_, other) => other < this.now.rung && this.#canTake(other));
    return rung < 0 ? undefined : rung;
  }

  /** Whether something was so at each of the last ticks. */
  lasts(ticks: number, isSo: (snapshot: LoadSnapshot) => boolean): boolean {
    if (this.#earlier.length < ticks - 1 || !isSo(this.now)) return false;
    return ticks === 1 || this.#earlier.slice(1 - ticks).every(isSo);
  }

  /** For how long something has been so at every tick, at most since the last step; Infinity when there was none. */
  secondsOf(isSo: (snapshot: LoadSnapshot) => boolean): number {
    const otherwise = isSo(this.now) ? this.#earlier.findLast((snapshot) => !isSo(snapshot)) : this.now;
    return this.now.atSeconds - (otherwise?.atSeconds ?? this.changedAtSeconds);
  }

  /** All since so long ago, the first of them at least so old; undefined when the rung has not been in force so long. */
  since(seconds: number): readonly LoadSnapshot[] | undefined {
    const first = this.#earlier.findLastIndex(({ atSeconds }) => this.now.atSeconds - atSeconds >= seconds);
    return first < 0 ? undefined : [...this.#earlier.slice(first), this.now];
  }

  #canTake(rung: number): boolean {
    return this.now.load[rung] !== Number.POSITIVE_INFINITY;
  }

  /** The snapshot that led to the last step is of the rung before. */
  #isOfThisRung(snapshot: LoadSnapshot | undefined): boolean {
    return snapshot?.rung === this.now.rung && snapshot.atSeconds > this.changedAtSeconds;
  }
}
