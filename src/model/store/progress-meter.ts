import type { Clock } from '../../clock.js';

/** How far a download is. */
export interface DownloadProgress {
  /** With what an earlier, broken-off download left. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds. */
  readonly bytesPerSecond: number;
  /** Unknown while nothing comes. */
  readonly secondsLeft: number | undefined;
}

interface Reading {
  readonly atSeconds: number;
  readonly doneBytes: number;
}

const mostReportsPerSecond = 10;
/** The speed is that of the last three seconds. */
const speedReports = 3 * mostReportsPerSecond;

/** Makes of every arriving piece a report now and then. */
export class ProgressMeter {
  readonly #clock: Clock;
  readonly #totalBytes: number;
  readonly #report: (progress: DownloadProgress) => void;
  /** Those that the speed is reckoned from, oldest first. */
  #readings: readonly Reading[] = [];

  constructor(clock: Clock, totalBytes: number, report: (progress: DownloadProgress) => void) {
    this.#clock = clock;
    this.#totalBytes = totalBytes;
    this.#report = report;
  }

  /** Tells how many bytes are there. The first and the last are always reported. */
  advance(doneBytes: number): void {
    const last = this.#readings.at(-1);
    const atSeconds = this.#clock.nowSeconds();
    const due = !last || doneBytes === this.#totalBytes || atSeconds - last.atSeconds >= 1 / mostReportsPerSecond;
    if (!due) return;
    // Fewer than before: the download has started over.
    const kept = last && doneBytes < last.doneBytes ? [] : this.#readings.slice(-speedReports);
    this.#readings = [...kept, { atSeconds, doneBytes }];
    const bytesPerSecond = speed(this.#readings);
    const leftBytes = this.#totalBytes - doneBytes;
    const secondsLeft = bytesPerSecond > 0 ? leftBytes / bytesPerSecond : undefined;
    this.#report({ doneBytes, totalBytes: this.#totalBytes, bytesPerSecond, secondsLeft });
  }
}

function speed(readings: readonly Reading[]): number {
  const first = readings[0];
  const last = readings.at(-1);
  if (!first || !last || last.atSeconds <= first.atSeconds) return 0;
  return (last.doneBytes - first.doneBytes) / (last.atSeconds - first.atSeconds);
}
