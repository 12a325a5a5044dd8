import { ExponentialBackoff, fullJitterGenerator, type IBackoff } from 'cockatiel';
import type { ResolvedStoreOptions } from './store-options.js';

/** A try that gets this much further than all before it was worth it. */
const worthwhileBytes = 2 ** 20;

/** How often and how soon a download that broke off is taken up again. */
export class Patience {
  readonly #attempts: number;
  readonly #longestSeconds: number;
  readonly #backoffs: ExponentialBackoff<number>;
  #backoff: IBackoff<unknown>;
  #failures = 0;
  #furthestBytes: number;

  constructor(
    options: Pick<ResolvedStoreOptions, 'attempts' | 'firstRetrySeconds' | 'longestRetrySeconds'>,
    doneBytes: number,
  ) {
    const { attempts, firstRetrySeconds, longestRetrySeconds } = options;
    this.#attempts = attempts;
    this.#longestSeconds = longestRetrySeconds;
    // Full jitter: a hub that comes back is not asked by everybody at the same moment.
    const limits = { initialDelay: 1000 * firstRetrySeconds, maxDelay: 1000 * longestRetrySeconds };
    this.#backoffs = new ExponentialBackoff({ generator: fullJitterGenerator, ...limits });
    this.#backoff = this.#backoffs.next();
    this.#furthestBytes = doneBytes;
  }

  /**
   * Seconds to wait before the next try, at least what the hub asked for; nothing when there were enough. Tries that
   * get on are not counted: a big file comes over a bad line in many pieces.
   */
  nextTry(doneBytes: number, askedSeconds = 0): number | undefined {
    if (doneBytes >= this.#furthestBytes + worthwhileBytes) {
      this.#furthestBytes = doneBytes;
      this.#failures = 0;
      this.#backoff = this.#backoffs.next();
    }
    this.#failures += 1;
    if (this.#failures >= this.#attempts) return undefined;
    const seconds = Math.max(this.#backoff.duration / 1000, askedSeconds);
    this.#backoff = this.#backoff.next(undefined);
    return Math.min(seconds, this.#longestSeconds);
  }
}
