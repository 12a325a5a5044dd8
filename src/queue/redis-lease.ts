import type { Clock } from '../clock.js';
import type { Lease } from './lease-directory.js';

/** How long a lease is believed in, by its holder's own clock. */
export interface LeaseTrust {
  readonly clock: Clock;
  /** Less than Redis keeps it for. */
  readonly trustSeconds: number;
}

/** A lease that its holder believes in for a while after each renewal, whether Redis can be reached or not. */
export class RedisLease implements Lease {
  readonly key: string;
  readonly value: string;
  readonly fence: number;
  readonly #trust: LeaseTrust;
  readonly #giveBack: () => Promise<void>;
  readonly #lost = new AbortController();
  #state: { readonly kind: 'held'; readonly cancelLoss: () => void } | { readonly kind: 'over' };

  /** @param askedSeconds - when it was asked for: Redis has kept the lease no shorter than from then on */
  constructor(
    taken: { readonly key: string; readonly value: string; readonly fence: number },
    askedSeconds: number,
    trust: LeaseTrust,
    giveBack: () => Promise<void>,
  ) {
    this.key = taken.key;
    this.value = taken.value;
    this.fence = taken.fence;
    this.#trust = trust;
    this.#giveBack = giveBack;
    this.#state = { kind: 'held', cancelLoss: this.#loseLater(askedSeconds) };
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @param askedSeconds - when the renewal was sent */
  renewed(askedSeconds: number): void {
    if (this.#state.kind === 'over') return;
    this.#state.cancelLoss();
    this.#state = { kind: 'held', cancelLoss: this.#loseLater(askedSeconds) };
  }

  /** @param why - the end of a sentence */
  lose(why: string): void {
    if (this.#state.kind === 'over') return;
    void this.release();
    this.#lost.abort(new Error(`The lease is lost: ${why}.`));
  }

  async release(): Promise<void> {
    if (this.#state.kind === 'over') return;
    this.#state.cancelLoss();
    this.#state = { kind: 'over' };
    await this.#giveBack();
  }

  #loseLater(askedSeconds: number): () => void {
    const { clock, trustSeconds } = this.#trust;
    return clock.after(askedSeconds + trustSeconds - clock.nowSeconds(), () => this.lose('it was not renewed in time'));
  }
}
