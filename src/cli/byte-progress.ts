import type { Clock } from '../clock.js';
import { inBytes } from '../model/caches/byte-count.js';
import { ProgressMeter } from '../model/store/progress-meter.js';
import type { ProgressDisplay, Work } from './progress.js';
import { percentage, printable, timeLeft } from './progress-line.js';

/** How many bytes of something are done. */
interface BytesDone {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

interface Begun {
  readonly work: Work;
  readonly meter: ProgressMeter;
  readonly atSeconds: number;
  /** A download that was broken off begins in the middle. */
  readonly atBytes: number;
}

/** Progress that is counted in bytes. Nothing is shown before the first of them is heard of. */
export class ByteProgress {
  readonly #display: ProgressDisplay;
  readonly #clock: Clock;
  readonly #name: string;
  #begun: Begun | undefined;
  #latest: BytesDone = { doneBytes: 0, totalBytes: 0 };

  constructor(display: ProgressDisplay, clock: Clock, name: string) {
    this.#display = display;
    this.#clock = clock;
    this.#name = name;
  }

  advance(progress: BytesDone): void {
    this.#latest = progress;
    this.#begun ??= this.#begin(progress);
    this.#begun.meter.advance(progress.doneBytes);
  }

  /** Ends it, with `base: 81.8 MB in 3.1 s, 26.4 MB/s` when there was anything to do. */
  done(): void {
    if (!this.#begun) return;
    const { work, atBytes, atSeconds } = this.#begun;
    const bytes = this.#latest.doneBytes - atBytes;
    const seconds = this.#clock.nowSeconds() - atSeconds;
    const speed = seconds > 0 ? `, ${perSecond(bytes / seconds)}` : '';
    work.end(`${printable(this.#name)}: ${inBytes(bytes)} in ${seconds.toFixed(1)} s${speed}`);
  }

  /** What there is to say of a download that was stopped; undefined when it had not begun. */
  get keptNote(): string | undefined {
    if (!this.#begun) return undefined;
    const total = inBytes(this.#latest.totalBytes);
    return `${printable(this.#name)}: stopped. What has come of the ${total} is kept; the next download goes on from there.`;
  }

  #begin({ doneBytes: atBytes, totalBytes }: BytesDone): Begun {
    const work = this.#display.begin(this.#name);
    const meter = new ProgressMeter(this.#clock, totalBytes, ({ doneBytes, bytesPerSecond, secondsLeft }) => {
      const fraction = totalBytes > 0 ? doneBytes / totalBytes : 1;
      const figures = bytesPerSecond > 0 ? [perSecond(bytesPerSecond)] : [];
      if (secondsLeft !== undefined) figures.push(timeLeft(secondsLeft));
      work.update({ fraction, position: percentage(fraction), figures });
    });
    return { work, meter, atBytes, atSeconds: this.#clock.nowSeconds() };
  }
}

function perSecond(bytes: number): string {
  return `${inBytes(Math.round(bytes))}/s`;
}
