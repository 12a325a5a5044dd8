import type { Clock } from '../clock.js';

/** Notices that something which came all the time has stopped to come. */
export class StallWatch {
  readonly #clock: Clock;
  readonly #stallSeconds: number;
  readonly #onStall: () => void;
  #lastAtSeconds = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, stallSeconds: number, onStall: () => void) {
    this.#clock = clock;
    this.#stallSeconds = stallSeconds;
    this.#onStall = onStall;
  }

  /** It has come. */
  touch(): void {
    this.#lastAtSeconds = this.#clock.nowSeconds();
    // One timer for many of them: it looks again when it goes off.
    if (!this.#cancel) this.#wait(this.#stallSeconds);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(seconds: number): void {
    this.#cancel = this.#clock.after(seconds, () => {
      this.#cancel = undefined;
      const leftSeconds = this.#lastAtSeconds + this.#stallSeconds - this.#clock.nowSeconds();
      if (leftSeconds > 0.001) this.#wait(leftSeconds);
      else this.#onStall();
    });
  }
}
