import { ExponentialBackoff, type IBackoff } from 'cockatiel';

const mostAttempts = 15;
const firstRestSeconds = 1;
const longestRestSeconds = 60;
/** A rest is up to this share longer or shorter: what fell together does not rise together. */
const jitter = 0.2;
const breakerFailures = 5;
const breakerWindowSeconds = 60;
const breakSeconds = 60;
/** Who lived so long did start properly, work or not. */
const healthySeconds = 60;

/** How a life of a process went. */
export interface Life {
  readonly bornAtSeconds: number;
  readonly diedAtSeconds: number;
  readonly servedDecodes: number;
}

/** What comes after a death. */
export type Restart =
  | { readonly kind: 'at-once' }
  | { readonly kind: 'rest'; readonly seconds: number }
  /** The breaker is open: no work is taken until `seconds` are over; then one start is tried. */
  | { readonly kind: 'break'; readonly seconds: number }
  | { readonly kind: 'give-up'; readonly attempts: number };

/**
 * When a process that died is started again: at once when its life was of use, otherwise later each time. The rests are
 * cockatiel's. Its breakers read the time themselves, so that no clock of ours could hold them; the breaker is ours.
 */
export class RestartRule {
  readonly #backoffs: ExponentialBackoff<number>;
  #backoff: IBackoff<unknown>;
  #attempts = 0;
  /** When the latest useless lives ended. */
  #failuresAtSeconds: readonly number[] = [];
  #isTrial = false;

  /** @param chance - a number from 0 to below 1 */
  constructor(chance: () => number = Math.random) {
    this.#backoffs = new ExponentialBackoff<number>({
      initialDelay: firstRestSeconds,
      maxDelay: longestRestSeconds,
      generator: (next, { initialDelay, maxDelay, exponent }) => {
        const seconds = next ?? initialDelay;
        return [seconds * (1 + jitter * (2 * chance() - 1)), Math.min(seconds * exponent, maxDelay)];
      },
    });
    this.#backoff = this.#backoffs.next();
  }

  after({ bornAtSeconds, diedAtSeconds, servedDecodes }: Life): Restart {
    if (servedDecodes > 0) {
      this.#forget();
      return { kind: 'at-once' };
    }
    if (diedAtSeconds - bornAtSeconds >= healthySeconds) this.#forget();
    this.#attempts += 1;
    if (this.#attempts >= mostAttempts) return { kind: 'give-up', attempts: this.#attempts };
    const recent = this.#failuresAtSeconds.filter((atSeconds) => diedAtSeconds - atSeconds < breakerWindowSeconds);
    this.#failuresAtSeconds = [...recent, diedAtSeconds];
    if (this.#isTrial || this.#failuresAtSeconds.length >= breakerFailures) {
      this.#isTrial = true;
      return { kind: 'break', seconds: breakSeconds };
    }
    const seconds = this.#backoff.duration;
    this.#backoff = this.#backoff.next(undefined);
    return { kind: 'rest', seconds };
  }

  #forget(): void {
    this.#backoff = this.#backoffs.next();
    this.#attempts = 0;
    this.#failuresAtSeconds = [];
    this.#isTrial = false;
  }
}
