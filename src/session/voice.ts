import { breathSeconds, clickSeconds, speechBegins, speechGoesOn } from './speech-thresholds.js';

/** A span of speech, in windows. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

type VoiceState =
  | { readonly kind: 'silent' }
  /** It may be a click still. */
  | { readonly kind: 'doubtful'; readonly start: number }
  | { readonly kind: 'certain'; readonly start: number };

/** Follows one voice by its speech probabilities: when it begins, when that is certain, when it has fallen silent. */
export class Voice {
  readonly #breathWindows: number;
  readonly #clickWindows: number;
  #state: VoiceState = { kind: 'silent' };
  #next = 0;
  /** Windows below the threshold at the end of what it says. */
  #silentWindows = 0;

  constructor(windowsPerSecond: number) {
    this.#breathWindows = breathSeconds * windowsPerSecond;
    this.#clickWindows = clickSeconds * windowsPerSecond;
  }

  get kind(): VoiceState['kind'] {
    return this.#state.kind;
  }

  /** Where it began, even if it may be a click. */
  get start(): number | undefined {
    return this.#state.kind === 'silent' ? undefined : this.#state.start;
  }

  /** What it says now, up to the last window of speech, when it is certain that it speaks. */
  get speech(): Span | undefined {
    if (this.#state.kind !== 'certain') return undefined;
    return { start: this.#state.start, end: this.#next - this.#silentWindows };
  }

  /** Hears the next window. Returns the speech that silence longer than a breath has just ended. */
  hear(probability: number): Span | undefined {
    this.#next += 1;
    if (this.#state.kind === 'silent') {
      if (probability < speechBegins) return undefined;
      this.#state = { kind: 'doubtful', start: this.#next - 1 };
      this.#silentWindows = 0;
      return undefined;
    }
    this.#silentWindows = probability < speechGoesOn ? this.#silentWindows + 1 : 0;
    if (this.#silentWindows >= this.#breathWindows) return this.fallSilent();
    const { start } = this.#state;
    if (this.#next - this.#silentWindows - start >= this.#clickWindows) this.#state = { kind: 'certain', start };
    return undefined;
  }

  /** What it says now begins here: its beginning was cut off. The rest of longer speech is no click, however short it is. */
  goOnFrom(start: number): void {
    this.#state = { kind: 'certain', start };
  }

  /** Ends what it says now and returns it, if it is speech. */
  fallSilent(): Span | undefined {
    const { speech } = this;
    this.#state = { kind: 'silent' };
    return speech;
  }
}
