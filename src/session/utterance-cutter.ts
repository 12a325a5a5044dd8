import { type Piece, pieceWithin, type Stretch } from './piece.js';
import { ProbabilityTrace } from './probability-trace.js';
import { longestSeconds, marginSeconds } from './speech-thresholds.js';
import { type Span, Voice } from './voice.js';

/** How live speech is cut. It may change at any time; the utterance that is open is cut by the new settings. */
export interface CutSettings {
  /** Longest utterance without its last margin, 1 … 15; more is 15: with Infinity only pauses cut, as long as there are any. */
  readonly chunkSeconds: number;
  /** Silence that ends an utterance. @defaultValue 0.6 */
  readonly hangoverSeconds: number;
  /** Audio before speech that is decoded with it, 0 … 0.5: speech is heard a little late. @defaultValue 0.35 */
  readonly preRollSeconds: number;
}

/** What the cutter has to say, in the order of the audio. */
export type Cut =
  /** Somebody speaks, and it is no click. An `utterance` always follows; what goes on after a forced cut starts none. */
  | { readonly kind: 'speech-start'; readonly atSample: number }
  /** Speech fell silent: the utterance as it will be if no more is said; its end may still move by less than the margin. */
  | { readonly kind: 'pause'; readonly piece: Piece }
  /** Ended by silence, or forced: cut at the limit while speech goes on, in the next. */
  | { readonly kind: 'utterance'; readonly piece: Piece; readonly isForced: boolean };

/** Silence after which a decode is likely to be worth its while. */
const pauseSeconds = 0.2;
/** Silence that makes a cut at the limit a good one; a shorter dip is no better than the quietest place of all. */
const goodPauseSeconds = 0.1;
/**
 * VAD dips this much after the sound does. Where words are not apart, the rest needs what is before the dip: with it,
 * live text at 4 s has 1.1 points more word errors than the file's, without 2.2–2.8 (base, tiny.en, 77 s of English).
 */
const dipLagSeconds = 0.06;
/** Shorter chunks are more margin than speech. */
const shortestSeconds = 1;
/** More pre-roll than this would be most of a short chunk. */
const longestPreRollSeconds = 0.5;

/** An utterance that grows, in windows: where its audio begins, and its spans of speech that are over. */
interface Growing {
  readonly start: number;
  readonly spans: readonly Span[];
}

/**
 * Cuts a live stream at its pauses: speech probabilities in, utterances out as soon as they are certain. Silence is in
 * none. Positions are samples from the start of the source.
 */
export class UtteranceCutter {
  readonly #windowSamples: number;
  readonly #windowsPerSecond: number;
  readonly #heard = new ProbabilityTrace();
  readonly #voice: Voice;
  #growing: Growing | undefined;
  /** No utterance to come begins before this window. */
  #settled = 0;
  #endSample: number | undefined;

  constructor(windowSamples: number, sampleRate: number) {
    this.#windowSamples = windowSamples;
    this.#windowsPerSecond = sampleRate / windowSamples;
    this.#voice = new Voice(this.#windowsPerSecond);
  }

  /** The utterance that grows now, up to the last window heard. */
  get open(): Piece | undefined {
    return this.#growing && this.#piece(this.#growing, this.#heard.next);
  }

  /** Everything before this sample that is in no emitted utterance is silence, for good. Never decreases. */
  get settledSample(): number {
    return this.#endSample ?? this.#settled * this.#windowSamples;
  }

  /** What is certain now. The same stream gives the same cuts, however it is split into calls. */
  push(probabilities: Float32Array, settings: CutSettings): readonly Cut[] {
    const cuts: Cut[] = [];
    for (const probability of probabilities) this.#hear(probability, settings, cuts);
    return cuts;
  }

  /** Nothing more is heard for a while: what grows has ended. What comes then is new speech. */
  rest(): readonly Cut[] {
    const cuts: Cut[] = [];
    const growing = this.#growing;
    if (!growing) return cuts;
    const speechEnd = this.#speechEnd(growing);
    this.#finish(growing, Math.min(this.#heard.next, speechEnd + this.#windowsUp(marginSeconds)), cuts);
    return cuts;
  }

  /** What is left when the source has ended after `totalSamples`. */
  end(totalSamples: number): readonly Cut[] {
    const growing = this.#growing;
    this.#endSample = totalSamples;
    if (!growing) return [];
    const piece = this.#piece(growing, this.#speechEnd(growing) + this.#windowsUp(marginSeconds));
    this.#growing = undefined;
    this.#voice.fallSilent();
    return [{ kind: 'utterance', piece: pieceWithin(piece, totalSamples), isForced: false }];
  }

  #hear(probability: number, settings: CutSettings, cuts: Cut[]): void {
    this.#heard.add(probability);
    const said = this.#voice.hear(probability);
    if (said && this.#growing) this.#growing = { ...this.#growing, spans: [...this.#growing.spans, said] };
    if (this.#voice.speech) this.#growing ??= this.#begin(this.#voice.speech, settings, cuts);
    if (this.#growing) this.#grow(this.#growing, settings, cuts);
    this.#settle(settings);
  }

  #begin({ start }: Span, { preRollSeconds }: CutSettings, cuts: Cut[]): Growing {
    cuts.push({ kind: 'speech-start', atSample: start * this.#windowSamples });
    return { start: Math.max(this.#settled, start - this.#preRoll(preRollSeconds)), spans: [] };
  }

  #grow(growing: Growing, { chunkSeconds, hangoverSeconds }: CutSettings, cuts: Cut[]): void {
    const speechEnd = this.#speechEnd(growing);
    const silent = this.#heard.next - speechEnd;
    const hangover = Math.max(1, this.#windowsUp(hangoverSeconds));
    const pause = this.#windowsUp(pauseSeconds);
    if (silent >= hangover) {
      // What may be speech again is waited for: if it is, the silence before it was too short.
      if (this.#voice.kind !== 'doubtful') this.#finish(growing, speechEnd + this.#marginIn(silent), cuts);
    } else if (silent === pause) {
      // No more margin than the utterance itself will get.
      const margin = this.#marginIn(Math.min(2 * silent, hangover));
      cuts.push({ kind: 'pause', piece: this.#piece(growing, speechEnd + margin) });
    } else if (silent < pause) {
      // A pause that was announced is not cut apart any more: the utterance ends soon, or speech goes on.
      this.#cutToLimit(growing, Math.min(Math.max(chunkSeconds, shortestSeconds), longestSeconds), cuts);
    }
  }

  #finish(growing: Growing, end: number, cuts: Cut[]): void {
    cuts.push({ kind: 'utterance', piece: this.#piece(growing, end), isForced: false });
    this.#growing = undefined;
    this.#voice.fallSilent();
    this.#settled = end;
  }

  #cutToLimit(growing: Growing, limitSeconds: number, cuts: Cut[]): void {
    const limit = Math.floor(this.#windows(limitSeconds));
    const speechEnd = this.#speechEnd(growing);
    let rest = growing;
    while (speechEnd - rest.start >= limit) {
      const { before, after } = this.#split(rest, this.#placeToCut(rest, limit));
      cuts.push({ kind: 'utterance', piece: before, isForced: true });
      rest = after;
      this.#growing = rest;
    }
  }

  /** The middle of the longest pause after a third of the utterance, or the quietest place of its second half. */
  #placeToCut(growing: Growing, limit: number): number {
    const firstStart = this.#spansOf(growing)[0]?.start ?? growing.start;
    const from = Math.max(growing.start + Math.ceil(limit / 3), firstStart + 1);
    const to = growing.start + limit;
    const pause = this.#heard.longestPause(from, to);
    if (pause.end - pause.start >= this.#windows(goodPauseSeconds)) {
      // It may reach over the range that was looked at.
      const whole = this.#heard.speechEndBefore(pause.start) + this.#heard.speechStartFrom(pause.end);
      return Math.min(Math.max(from, Math.floor(whole / 2)), to);
    }
    const dip = this.#heard.quietest(Math.max(from, growing.start + Math.ceil(limit / 2)), to - 1);
    return Math.max(from, dip - Math.round(this.#windows(dipLagSeconds)));
  }

  /** Speech goes on at the end of what grows, so there is some on both sides of the cut. */
  #split(growing: Growing, cut: number): { readonly before: Piece; readonly after: Growing } {
    const spans = this.#spansOf(growing);
    const before = spans.filter((span) => span.start < cut).map((span) => this.#upTo(cut, span));
    const [next, ...later] = spans.filter((span) => span.end > cut).map((span) => this.#from(cut, span));
    if (this.#voice.speech) this.#voice.goOnFrom((later.at(-1) ?? next ?? this.#voice.speech).start);
    const margin = this.#windowsUp(marginSeconds);
    // No gap, unless a long hangover has let in more silence than margins.
    const end = Math.min(cut, (before.at(-1)?.end ?? cut) + margin);
    const start = Math.max(cut, (next?.start ?? cut) - margin);
    // The last span is what the voice says now.
    const over = next ? [next, ...later].slice(0, -1) : [];
    return { before: this.#pieceOf(growing.start, end, before), after: { start, spans: over } };
  }

  #upTo(cut: number, { start, end }: Span): Span {
    return { start, end: end <= cut ? end : this.#heard.speechEndBefore(cut) };
  }

  #from(cut: number, { start, end }: Span): Span {
    return { start: start >= cut ? start : this.#heard.speechStartFrom(cut), end };
  }

  #settle({ preRollSeconds }: CutSettings): void {
    // The last window may be cut short by the end of the source.
    const preRoll = Math.max(1, this.#preRoll(preRollSeconds));
    const nextBegins = this.#growing?.start ?? (this.#voice.start ?? this.#heard.next) - preRoll;
    this.#settled = Math.max(this.#settled, nextBegins);
    this.#heard.forgetBefore(this.#settled);
  }

  /** Where certain speech ends, so far. */
  #speechEnd(growing: Growing): number {
    return (this.#voice.speech ?? growing.spans.at(-1))?.end ?? growing.start;
  }

  /** All its certain speech, with what is said now. */
  #spansOf({ spans }: Growing): readonly Span[] {
    return this.#voice.speech ? [...spans, this.#voice.speech] : spans;
  }

  #piece(growing: Growing, end: number): Piece {
    return this.#pieceOf(growing.start, end, this.#spansOf(growing));
  }

  #pieceOf(start: number, end: number, spans: readonly Span[]): Piece {
    return { ...this.#stretch({ start, end }), speech: spans.map((span) => this.#stretch(span)) };
  }

  #stretch({ start, end }: Span): Stretch {
    return { startSample: start * this.#windowSamples, endSample: end * this.#windowSamples };
  }

  /** Windows of margin in a pause of so many: never over its middle. */
  #marginIn(pause: number): number {
    return Math.min(this.#windowsUp(marginSeconds), Math.floor(pause / 2));
  }

  #preRoll(seconds: number): number {
    return this.#windowsUp(Math.min(seconds, longestPreRollSeconds));
  }

  #windowsUp(seconds: number): number {
    return Math.ceil(this.#windows(seconds));
  }

  #windows(seconds: number): number {
    return seconds * this.#windowsPerSecond;
  }
}
