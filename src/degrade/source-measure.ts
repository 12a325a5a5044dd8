import type { SourceLedger } from '../session/ledger.js';

/** A reading says how it was over this time. */
const windowSeconds = 60;
/** Of a source that is younger than this, the rest is assumed. */
const assumedSeconds = 20;
/** Nobody speaks ahead of the clock; a service may have kept the first words back while it connected. */
const aheadSeconds = 3;

/** How a source stood at a tick. */
interface Mark {
  readonly atSeconds: number;
  readonly heardSeconds: number;
  /** Of them, what is in utterances, margins included, and what is not sorted yet. */
  readonly spokenSeconds: number;
}

/** What one live source brings, read once a second. */
export class SourceMeasure {
  readonly channels: number;
  /** Oldest first. */
  readonly #marks: Mark[] = [];
  readonly #bornAtSeconds: number;
  #aheadAtSeconds = Number.NEGATIVE_INFINITY;

  constructor(channels: number, nowSeconds: number) {
    this.channels = channels;
    this.#bornAtSeconds = nowSeconds;
    this.#marks.push({ atSeconds: nowSeconds, heardSeconds: 0, spokenSeconds: 0 });
  }

  tick({ heardSeconds, silentSeconds, unheardSeconds }: SourceLedger, atSeconds: number): void {
    const spokenSeconds = heardSeconds - silentSeconds;
    this.#marks.push({ atSeconds, heardSeconds, spokenSeconds });
    while ((this.#marks[1]?.atSeconds ?? atSeconds) <= atSeconds - windowSeconds) this.#marks.shift();
    const acceptedSeconds = heardSeconds / this.channels + unheardSeconds;
    if (acceptedSeconds > atSeconds - this.#bornAtSeconds + aheadSeconds) this.#aheadAtSeconds = atSeconds;
  }

  /** Whether enough was heard to judge it by that alone. */
  isKnown(nowSeconds: number): boolean {
    return nowSeconds - this.#bornAtSeconds >= assumedSeconds;
  }

  /** Written faster than real time, now or shortly before: a file, or what somebody has kept back. */
  isAhead(nowSeconds: number): boolean {
    return nowSeconds - this.#aheadAtSeconds <= windowSeconds;
  }

  /**
   * 0 … 1 for each channel: the share of its time, and of what was heard in it, that was spoken.
   * @param usual - what one that is new is taken to do, less and less
   */
  share(usual: number, nowSeconds: number): number {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || !last) return usual;
    const spoken = (last.spokenSeconds - first.spokenSeconds) / this.channels;
    const heard = (last.heardSeconds - first.heardSeconds) / this.channels;
    const assumed = Math.max(0, assumedSeconds - (nowSeconds - this.#bornAtSeconds));
    // Who writes only while somebody speaks brings less than what is written says.
    const seconds = Math.max(heard, last.atSeconds - first.atSeconds) + assumed;
    return Math.min(1, Math.max(0, (spoken + assumed * usual) / seconds));
  }
}
