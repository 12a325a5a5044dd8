import type { Priority } from '../scheduler/work.js';

const windowSeconds = 8;

interface Sojourn {
  readonly atSeconds: number;
  readonly seconds: number;
}

/**
 * The shortest wait of the last 8 s. Priorities are told apart: what is critical never waits, however many others stand in
 * line behind it.
 */
export class Sojourns {
  /** Each rising in time and in seconds: what is followed by a shorter one is never the shortest again. */
  readonly #rising: Readonly<Record<Priority, Sojourn[]>> = { critical: [], normal: [], background: [] };
  #lastSeconds = 0;

  add(priority: Priority, seconds: number, atSeconds: number): void {
    const rising = this.#rising[priority];
    while ((rising.at(-1)?.seconds ?? -1) >= seconds) rising.pop();
    rising.push({ seconds, atSeconds });
  }

  /**
   * The longest of the priorities' shortest waits; `background` is meant to wait, and counts only when it is alone.
   * @param isQueued - whether there is a queue: then no news is not good news
   */
  shortest(nowSeconds: number, isQueued: boolean): number {
    const [critical, normal, background] = (['critical', 'normal', 'background'] as const).map((priority) =>
      this.#shortestOf(this.#rising[priority], nowSeconds),
    );
    const seconds = critical === undefined && normal === undefined ? background : Math.max(critical ?? 0, normal ?? 0);
    if (seconds !== undefined || !isQueued) this.#lastSeconds = seconds ?? 0;
    return this.#lastSeconds;
  }

  #shortestOf(rising: Sojourn[], nowSeconds: number): number | undefined {
    while (rising[0] && nowSeconds - rising[0].atSeconds > windowSeconds) rising.shift();
    return rising[0]?.seconds;
  }
}
