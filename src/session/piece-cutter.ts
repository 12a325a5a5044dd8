/** A stretch of audio, in samples from the start of the input. */
export interface Stretch {
  readonly startSample: number;
  readonly endSample: number;
}

/** What is decoded at once. */
export interface Piece extends Stretch {
  /** Where somebody speaks, by VAD, in order; never empty. */
  readonly speech: readonly Stretch[];
}

/** Silero's own thresholds: speech begins at the first and goes on until it falls below the second. */
const speechBegins = 0.5;
const speechGoesOn = 0.35;
/** A breath: shorter silence does not end a span of speech. */
const breathSeconds = 0.3;
/** A click: shorter speech is none. */
const clickSeconds = 0.1;
/** Silence that always ends a piece. Decoding it costs less than the fixed cost of one more piece would. */
const longPauseSeconds = 2;
/** Context left around speech. 0.1 s is too little for tiny.en, 0.25–0.4 s is safe. */
const marginSeconds = 0.35;
/** Longer pieces save nothing more, and a window of 30 s costs as much per second as Whisper always does. */
const longestSeconds = 15;

/** A span of speech, in windows. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Cuts a stream at its pauses: speech probabilities in, pieces of at most 15 s out. Silence is in no piece. */
export class PieceCutter {
  readonly #windowSamples: number;
  readonly #windowsPerSecond: number;
  /** Probabilities from window `#heardFrom` on. */
  #heard: number[] = [];
  #heardFrom = 0;
  #next = 0;
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
    const start = this.#pieceStart() ?? this.#next;
    return Math.max(0, Math.floor(start - this.#windows(marginSeconds))) * this.#windowSamples;
  }

  /** The pieces that are certain now. */
  push(probabilities: Float32Array): readonly Piece[] {
    const pieces: Piece[] = [];
    for (const probability of probabilities) {
      this.#heard.push(probability);
      this.#next += 1;
      if (this.#openFrom === undefined) this.#inSilence(probability, pieces);
      else this.#inSpeech(this.#openFrom, probability, pieces);
    }
    return pieces;
  }

  /** What is left when the input has ended after `totalSamples`. */
  end(totalSamples: number): readonly Piece[] {
    const pieces: Piece[] = [];
    if (this.#openFrom !== undefined) this.#closeSpan(this.#openFrom, this.#next - this.#silentWindows);
    this.#emit(this.#spans.length, pieces, Number.POSITIVE_INFINITY);
    return pieces.map((piece) => ({
      ...within(piece, totalSamples),
      speech: piece.speech.map((stretch) => within(stretch, totalSamples)),
    }));
  }

  #inSilence(probability: number, pieces: Piece[]): void {
    const last = this.#spans.at(-1);
    if (probability >= speechBegins) {
      this.#openFrom = this.#next - 1;
      this.#silentWindows = 0;
      if (last === undefined) this.#forgetBefore(this.#openFrom);
    } else if (last && this.#next - last.end >= this.#windows(longPauseSeconds)) {
      this.#emit(this.#spans.length, pieces, Number.POSITIVE_INFINITY);
    }
  }

  #inSpeech(openFrom: number, probability: number, pieces: Piece[]): void {
    this.#silentWindows = probability < speechGoesOn ? this.#silentWindows + 1 : 0;
    if (this.#silentWindows >= this.#windows(breathSeconds)) {
      this.#closeSpan(openFrom, this.#next - this.#silentWindows);
    } else if (this.#next - (this.#pieceStart() ?? openFrom) >= this.#windows(longestSeconds - 2 * marginSeconds)) {
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
    const cut = this.#quietest(this.#next - this.#windows(longestSeconds / 3), this.#next - 1);
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
    this.#forgetBefore(this.#pieceStart() ?? this.#next);
  }

  #quietest(from: number, to: number): number {
    let quietest = to;
    let lowest = Number.POSITIVE_INFINITY;
    for (let window = Math.floor(from); window < to; window += 1) {
      const at = window - this.#heardFrom;
      const around = (this.#heard[at - 1] ?? 1) + (this.#heard[at] ?? 1) + (this.#heard[at + 1] ?? 1);
      if (around <= lowest) [quietest, lowest] = [window, around];
    }
    return quietest;
  }

  #pieceStart(): number | undefined {
    return this.#spans[0]?.start ?? this.#openFrom;
  }

  #forgetBefore(window: number): void {
    this.#heard = this.#heard.slice(window - this.#heardFrom);
    this.#heardFrom = window;
  }

  #windows(seconds: number): number {
    return seconds * this.#windowsPerSecond;
  }
}

function within({ startSample, endSample }: Stretch, totalSamples: number): Stretch {
  return { startSample, endSample: Math.min(endSample, totalSamples) };
}
