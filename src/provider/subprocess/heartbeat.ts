import type { Clock } from '../../clock.js';

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Between two pings. */
  readonly everySeconds: number;
  /** How long nothing at all may be heard. Asked at each beat. */
  readonly silenceSeconds: () => number;
  readonly ping: () => void;
  readonly onSilence: (silentSeconds: number) => void;
}

/** Pings a process, and notices when it has fallen silent. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #heardAtSeconds: number;
  #cancel: () => void = () => undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAtSeconds = options.clock.nowSeconds();
    this.#next();
  }

  heard(): void {
    this.#heardAtSeconds = this.#options.clock.nowSeconds();
  }

  stop(): void {
    this.#cancel();
  }

  #next(): void {
    const { clock, everySeconds, silenceSeconds } = this.#options;
    const nowSeconds = clock.nowSeconds();
    const leftSeconds = this.#heardAtSeconds + silenceSeconds() - nowSeconds;
    const delaySeconds = Math.max(0, Math.min(everySeconds, leftSeconds));
    const dueAtSeconds = nowSeconds + delaySeconds;
    this.#cancel = clock.after(delaySeconds, () => this.#beat(dueAtSeconds));
  }

  #beat(dueAtSeconds: number): void {
    const { clock, everySeconds, silenceSeconds, ping, onSilence } = this.#options;
    const nowSeconds = clock.nowSeconds();
    // The host itself was busy or asleep, and has not read yet what was said meanwhile.
    if (nowSeconds - dueAtSeconds > everySeconds / 2) this.#heardAtSeconds = nowSeconds;
    const silentSeconds = nowSeconds - this.#heardAtSeconds;
    if (silentSeconds >= silenceSeconds()) {
      onSilence(silentSeconds);
      return;
    }
    ping();
    this.#next();
  }
}
