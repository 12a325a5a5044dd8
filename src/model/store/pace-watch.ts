import type { Clock } from '../../clock.js';

export interface PaceLimits {
  readonly clock: Clock;
  readonly stallTimeoutSeconds: number;
  readonly slowBytesPerSecond: number;
  readonly slowSeconds: number;
}

/** Notices that a body has stopped coming, or only drips. */
export class PaceWatch {
  readonly #limits: PaceLimits;
  readonly #tooSlow: (why: string) => void;
  #lastByteSeconds: number;
  #windowBytes = 0;
  #cancelStall: () => void = () => undefined;
  #cancelWindow: () => void = () => undefined;

  constructor(limits: PaceLimits, tooSlow: (why: string) => void) {
    this.#limits = limits;
    this.#tooSlow = tooSlow;
    this.#lastByteSeconds = limits.clock.nowSeconds();
    this.#awaitStall();
    this.#awaitWindow();
  }

  /** Tells that bytes have come. */
  advance(bytes: number): void {
    this.#lastByteSeconds = this.#limits.clock.nowSeconds();
    this.#windowBytes += bytes;
  }

  stop(): void {
    this.#cancelStall();
    this.#cancelWindow();
  }

  #awaitStall(): void {
    const { clock, stallTimeoutSeconds } = this.#limits;
    const leftSeconds = this.#lastByteSeconds + stallTimeoutSeconds - clock.nowSeconds();
    this.#cancelStall = clock.after(leftSeconds, () => {
      if (clock.nowSeconds() < this.#lastByteSeconds + stallTimeoutSeconds) this.#awaitStall();
      else this.#give(`no byte came for ${stallTimeoutSeconds} s`);
    });
  }

  #awaitWindow(): void {
    const { clock, slowSeconds, slowBytesPerSecond } = this.#limits;
    this.#windowBytes = 0;
    this.#cancelWindow = clock.after(slowSeconds, () => {
      if (this.#windowBytes >= slowBytesPerSecond * slowSeconds) this.#awaitWindow();
      else this.#give(`only ${this.#windowBytes} bytes came in ${slowSeconds} s`);
    });
  }

  #give(why: string): void {
    this.stop();
    this.#tooSlow(why);
  }
}
