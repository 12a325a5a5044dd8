import type { SourceIntake } from '../session/source-intake.js';

/** A reading says how it was over this time. */
export const windowSeconds = 60;
/** Of a source that is younger than this, the rest is assumed. */
export const assumedSeconds = 10;
/** How it stood is remembered so often: that time may be longer by so much. */
const markSeconds = 5;
/** Nobody speaks ahead of the clock; a service may have kept the first words back while it connected. */
const aheadSeconds = 3;

/** How a source stood at a time. */
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
  readonly #openedAtSeconds: number;
  /** When it began to write. */
  #bornAtSeconds: number;
  #atSeconds: number;
  #heardSeconds = 0;
  #spokenSeconds = 0;
  #aheadAtSeconds = Number.NEGATIVE_INFINITY;

  constructor(channels: number, nowSeconds: number) {
    this.channels = channels;
    this.#openedAtSeconds = nowSeconds;
    this.#atSeconds = nowSeconds;
    this.#bornAtSeconds = nowSeconds;
    this.#mark();
  }

  tick({ heardSeconds, silentSeconds, unheardSeconds }: Omit<SourceIntake, 'queuedSeconds'>, atSeconds: number): void {
    this.#atSeconds = atSeconds;
    this.#heardSeconds = heardSeconds;
    this.#spokenSeconds = heardSeconds - silentSeconds;
    // Who has not begun to write says nothing yet, for as long as something is assumed.
    const isSilentStill = heardSeconds + unheardSeconds === 0 && atSeconds - this.#openedAtSeconds < assumedSeconds;
    if (isSilentStill) this.#begin();
    else if (atSeconds - (this.#marks.at(-1)?.atSeconds ?? atSeconds) >= markSeconds) this.#mark();
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
    const [first] = this.#marks;
    if (!first) return usual;
    const spoken = (this.#spokenSeconds - first.spokenSeconds) / this.channels;
    const heard = (this.#heardSeconds - first.heardSeconds) / this.channels;
    const assumed = Math.max(0, assumedSeconds - (nowSeconds - this.#bornAtSeconds));
    // Who writes only while somebody speaks brings less than what is written says.
    const seconds = Math.max(heard, this.#atSeconds - first.atSeconds) + assumed;
    return Math.min(1, Math.max(0, (spoken + assumed * usual) / seconds));
  }

  #begin(): void {
    this.#bornAtSeconds = this.#atSeconds;
    this.#marks.length = 0;
    this.#mark();
  }

  #mark(): void {
    const [atSeconds, heardSeconds, spokenSeconds] = [this.#atSeconds, this.#heardSeconds, this.#spokenSeconds];
    this.#marks.push({ atSeconds, heardSeconds, spokenSeconds });
  }
}
