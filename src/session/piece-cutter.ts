import { type Piece, pieceWithin } from './piece.js';
import { ProbabilityTrace } from './probability-trace.js';
import {
  breathSeconds,
  clickSeconds,
  longestSeconds,
  marginSeconds,
  speechBegins,
  speechGoesOn,
} from './speech-thresholds.js';

export type { Piece, Stretch } from './piece.js';

/** Silence that always ends a piece. Decoding it costs less than the fixed cost of one more piece would. */
const longPauseSeconds = 2;

/** A span of speech, in windows. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Cuts a stream at its pauses: speech probabilities in, pieces of at most 15 s out. Silence is in no piece. */
export class PieceCutter {
  readonly #windowSamples: number;
  readonly #windowsPerSecond: number;
  readonly #heard = new ProbabilityTrace();
  /** Finished spans of the piece that is being gathered. */
  #spans: Span[] = [];
  /** Where the speech that goes on now began. */
  #openFrom: number | undefined;
  #silentWindows = 0;
  /** End of the last piece's speech, in windows: margins do not reach over the middle of a pause. */
  #lastSpeechEnd = Number.NEGATIVE_INFINITY;

  constructor(windowSamples: number, sampleRate: number) {
    this.#windowSamples = windowSamples;
    this.#windowsPerSecond = sampleRate / windowSamples;
  }

  /** Audio before this sample is in no piece to come. */
  get neededFromSample(): number {
    const start = this.#pieceStart() ?? this.#heard.next;
    return Math.max(0, Math.floor(start - this.#windows(marginSeconds))) * this.#windowSamples;
  }

  /** The pieces that are certain now. */
  push(probabilities: Float32Array): readonly Piece[] {
    const pieces: Piece[] = [];
    for (const probability of probabilities) {
      this.#heard.add(probability);
      if (this.#openFrom === undefined) this.#inSilence(probability, pieces);
      else this.#inSpeech(this.#openFrom, probability, pieces);
    }
    return pieces;
  }

  /** What is left when the input has ended after `totalSamples`. */
  end(totalSamples: number): readonly Piece[] {
    const pieces: Piece[] = [];
    if (this.#openFrom !== undefined) this.#closeSpan(this.#openFrom, this.#heard.next - this.#silentWindows);
    this.#emit(this.#spans.length, pieces, Number.POSITIVE_INFINITY);
    return pieces.map((piece) => pieceWithin(piece, totalSamples));
  }

  #inSilence(probability: number, pieces: Piece[]): void {
    const last = this.#spans.at(-1);
    if (probability >= speechBegins) {
      this.#openFrom = this.#heard.next - 1;
      this.#silentWindows = 0;
      if (last === undefined) this.#heard.forgetBefore(this.#openFrom);
    } else if (last && this.#heard.next - last.end >= this.#windows(longPauseSeconds)) {
      this.#emit(this.#spans.length, pieces, Number.POSITIVE_INFINITY);
    }
  }

  #inSpeech(openFrom: number, probability: number, pieces: Piece[]): void {
    this.#silentWindows = probability < speechGoesOn ? this.#silentWindows + 1 : 0;
    if (this.#silentWindows >= this.#windows(breathSeconds)) {
      this.#closeSpan(openFrom, this.#heard.next - this.#silentWindows);
    } else if (
      this.#heard.next - (this.#pieceStart() ?? openFrom) >=
      this.#windows(longestSeconds - 2 * marginSeconds)
    ) {
      this.#cut(openFrom, pieces);
    }
  }

  #closeSpan(start: number, end: number): void {
    // What goes on after a cut is the rest of longer speech, however short it is.
    const isSpeech = start === this.#lastSpeechEnd ? end > start : end - start >= this.#windows(clickSeconds);
    if (isSpeech) this.#spans.push({ start, end });
    this.#openFrom = undefined;
    this.#silentWindows = 0;
  }

  /** The piece is full while somebody speaks: it ends at its longest pause, or at the quietest place of the speech. */
  #cut(openFrom: number, pieces: Piece[]): void {
    if (this.#spans.length > 0) {
      const starts = [...this.#spans.slice(1).map((span) => span.start), openFrom];
      const from = (this.#pieceStart() ?? openFrom) + this.#windows(longestSeconds / 3);
      let best = this.#spans.length - 1;
      let longest = 0;
      for (const [at, span] of this.#spans.entries()) {
        const pause = (starts[at] ?? openFrom) - span.end;
        if (span.end >= from && pause > longest) [best, longest] = [at, pause];
      }
      this.#emit(best + 1, pieces, starts[best] ?? openFrom);
      return;
    }
    const cut = this.#heard.quietest(this.#heard.next - this.#windows(longestSeconds / 3), this.#heard.next - 1);
    this.#spans.push({ start: openFrom, end: cut });
    this.#emit(1, pieces, cut);
    this.#openFrom = cut;
  }

  /** The first `count` spans become a piece; `nextStart` is where speech goes on after it. */
  #emit(count: number, pieces: Piece[], nextStart: number): void {
    const spans = this.#spans.splice(0, count);
    const [first, last] = [spans[0], spans.at(-1)];
    if (!first || !last) return;
    // Whole windows, each side rounded by itself: neighbours share no window of a short pause.
    const margin = Math.ceil(this.#windows(marginSeconds));
    const before = Math.min(margin, Math.floor((first.start - this.#lastSpeechEnd) / 2));
    const after = Math.min(margin, Math.floor((nextStart - last.end) / 2));
    pieces.push({
      startSample: Math.max(0, first.start - before) * this.#windowSamples,
      endSample: (last.end + after) * this.#windowSamples,
      speech: spans.map(({ start, end }) => ({
        startSample: start * this.#windowSamples,
        endSample: end * this.#windowSamples,
      })),
    });
    this.#lastSpeechEnd = last.end;
    this.#heard.forgetBefore(this.#pieceStart() ?? this.#heard.next);
  }

  #pieceStart(): number | undefined {
    return this.#spans[0]?.start ?? this.#openFrom;
  }

  #windows(seconds: number): number {
    return seconds * this.#windowsPerSecond;
  }
}
