import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';

const tickSeconds = 1;
/** After so long without live sources everything is as requested again. Counted, so that a clock that jumps changes nothing. */
const restTicks = 30;

export interface LadderPulseOptions {
  readonly clock: Clock;
  readonly hasSources: () => boolean;
  /** Whether there may be sources soon, or something is left to be reverted. */
  readonly isNeeded: () => boolean;
  /** Each second in which there are sources. */
  readonly onLook: () => void;
  /** Each second after there was none for a while. */
  readonly onRest: () => void;
  /** The first of those two that threw. */
  readonly onFault: (error: EngineError) => void;
}

/** When the ladder looks: once a second from the first session on, until there was no source for a while. */
export class LadderPulse {
  readonly #options: LadderPulseOptions;
  #ticksWithoutSources = 0;
  #hasFailed = false;
  #cancel: (() => void) | undefined;

  constructor(options: LadderPulseOptions) {
    this.#options = options;
  }

  get isBeating(): boolean {
    return this.#cancel !== undefined;
  }

  /** There is a session. */
  wake(): void {
    this.#ticksWithoutSources = 0;
    this.#cancel ??= this.#next();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #next(): () => void {
    return this.#options.clock.after(tickSeconds, () => this.#tick());
  }

  #tick(): void {
    const { hasSources, isNeeded, onLook, onRest, onFault } = this.#options;
    const isLive = hasSources();
    this.#ticksWithoutSources = isLive ? 0 : this.#ticksWithoutSources + 1;
    const isAtRest = this.#ticksWithoutSources >= restTicks;
    try {
      if (isLive) onLook();
      else if (isAtRest) onRest();
    } catch (error) {
      if (!this.#hasFailed) onFault(EngineError.from(error, 'INTERNAL', 'The load could not be judged.'));
      this.#hasFailed = true;
    }
    this.#cancel = isAtRest && !isNeeded() ? undefined : this.#next();
  }
}
