import { assumedSeconds, windowSeconds } from '../source-measure.js';

interface Span {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** How much of its recent time a source's utterances fill. */
export class UtteranceShare {
  readonly #bornAtSeconds: number;
  #spans: Span[] = [];

  constructor(nowSeconds: number) {
    this.#bornAtSeconds = nowSeconds;
  }

  /** An utterance that has ended. */
  add(fromSeconds: number, toSeconds: number): void {
    this.#spans.push({ fromSeconds, toSeconds });
  }

  /** Whether enough was heard to judge it by that alone. */
  isKnown(nowSeconds: number): boolean {
    return nowSeconds - this.#bornAtSeconds >= assumedSeconds;
  }

  /**
   * 0 … 1, with the one that grows since `growsFromSeconds`.
   * @param usual - what one that is new is taken to do, less and less
   */
  at(nowSeconds: number, growsFromSeconds: number, usual: number): number {
    const fromSeconds = Math.max(this.#bornAtSeconds, nowSeconds - windowSeconds);
    this.#spans = this.#spans.filter(({ toSeconds }) => toSeconds > fromSeconds);
    const spans = [...this.#spans, { fromSeconds: growsFromSeconds, toSeconds: nowSeconds }];
    const filled = spans.reduce((sum, span) => sum + span.toSeconds - Math.max(fromSeconds, span.fromSeconds), 0);
    const assumed = Math.max(0, assumedSeconds - (nowSeconds - this.#bornAtSeconds));
    return Math.min(1, (filled + assumed * usual) / (nowSeconds - fromSeconds + assumed));
  }
}
