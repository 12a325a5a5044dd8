import { sampleRate } from '../../provider/audio-format.js';
import type { LivePlan } from '../../session/live-plan.js';
import type { Piece, Stretch } from '../../session/piece.js';
import { longestSeconds } from '../../session/speech-thresholds.js';

/*
 * Cuts talk whose beginnings and ends are known as the session's UtteranceCutter cuts what it hears, without any audio:
 * a thousand times cheaper, and what a policy is judged by does not depend on where exactly a cut falls.
 */

/** What is to be decoded now. */
export interface TalkCut {
  readonly kind: 'partial' | 'pause' | 'utterance';
  readonly piece: Piece;
}

const preRollSamples = 0.35 * sampleRate;
const pauseSamples = 0.2 * sampleRate;
const hangoverSamples = 0.6 * sampleRate;
const marginSamples = 0.3 * sampleRate;
const firstPartialSamples = 0.8 * sampleRate;

interface Growing {
  readonly startSample: number;
  /** Speech that is over. */
  readonly speech: readonly Stretch[];
  /** Since when somebody speaks. */
  readonly speaksFromSample: number | undefined;
  /** Speech after this has been in no decode; undefined when none was asked for. */
  readonly askedSample: number | undefined;
  readonly hasPaused: boolean;
}

/** The part of the plan that says when to cut and decode. */
export type CutPlan = Pick<LivePlan, 'chunkSeconds' | 'partialEverySeconds'>;

export class TalkCutter {
  readonly #placeToCut: () => number;
  #growing: Growing | undefined;
  #settledSample = 0;

  /** @param placeToCut - where a cut at the limit falls, from the half of the limit (0.5) to its end (1) */
  constructor(placeToCut: () => number) {
    this.#placeToCut = placeToCut;
  }

  /** Where the utterance that grows begins. */
  get growsFromSample(): number | undefined {
    return this.#growing?.startSample;
  }

  /** Everything before this that is in no utterance is silence. */
  settledSample(nowSample: number): number {
    return this.#growing?.startSample ?? Math.max(this.#settledSample, nowSample - preRollSamples);
  }

  speak(nowSample: number): void {
    const growing = this.#growing ?? {
      startSample: Math.max(this.#settledSample, nowSample - preRollSamples),
      speech: [],
      askedSample: undefined,
    };
    this.#growing = { ...growing, speaksFromSample: nowSample, hasPaused: false };
  }

  fallSilent(nowSample: number): void {
    const growing = this.#growing;
    if (growing?.speaksFromSample === undefined) return;
    this.#growing = { ...growing, speech: speechUntil(growing, nowSample), speaksFromSample: undefined };
  }

  /** When there is something to cut next, if nothing is said or ends before. */
  nextSample(plan: CutPlan): number {
    const growing = this.#growing;
    if (!growing) return Number.POSITIVE_INFINITY;
    if (growing.speaksFromSample !== undefined) {
      return Math.min(growing.startSample + limitSamples(plan), partialSample(growing, plan));
    }
    return lastSpeech(growing) + (growing.hasPaused ? hangoverSamples : pauseSamples);
  }

  /** What is to be cut by now, one after the other; undefined when there is nothing more. */
  cut(nowSample: number, plan: CutPlan): TalkCut | undefined {
    // Half a sample: times are fractions of seconds.
    while (this.#growing && this.nextSample(plan) <= nowSample + 0.5) {
      const cut = this.#cut(this.#growing, nowSample, plan);
      if (cut) return cut;
    }
    return undefined;
  }

  /** Nothing more is said. */
  end(nowSample: number): TalkCut | undefined {
    this.fallSilent(nowSample);
    const growing = this.#growing;
    return growing && this.#finish(growing, Math.min(nowSample, lastSpeech(growing) + marginSamples));
  }

  #cut(growing: Growing, nowSample: number, plan: CutPlan): TalkCut | undefined {
    if (growing.speaksFromSample === undefined) {
      const end = lastSpeech(growing);
      if (growing.hasPaused) return this.#finish(growing, end + marginSamples);
      this.#growing = { ...growing, hasPaused: true, askedSample: end };
      const piece = pieceOf(growing, end + pauseSamples, growing.speech);
      return plan.partialEverySeconds === undefined ? undefined : { kind: 'pause', piece };
    }
    if (nowSample + 0.5 >= growing.startSample + limitSamples(plan)) return this.#force(growing, nowSample, plan);
    this.#growing = { ...growing, askedSample: nowSample };
    return { kind: 'partial', piece: pieceOf(growing, nowSample, speechUntil(growing, nowSample)) };
  }

  #finish(growing: Growing, endSample: number): TalkCut {
    this.#growing = undefined;
    this.#settledSample = endSample;
    return { kind: 'utterance', piece: pieceOf(growing, endSample, growing.speech) };
  }

  /** Cuts at the limit; what is said goes on in the next utterance. */
  #force(growing: Growing, nowSample: number, plan: CutPlan): TalkCut {
    const wanted = growing.startSample + Math.round(this.#placeToCut() * limitSamples(plan));
    const said = speechUntil(growing, nowSample);
    const firstStart = said[0]?.startSample ?? growing.startSample;
    const cut = Math.min(Math.max(wanted, firstStart + 1), nowSample);
    const before = said.filter(({ startSample }) => startSample < cut).map((stretch) => upTo(cut, stretch));
    const after = growing.speech.filter(({ endSample }) => endSample > cut).map((stretch) => from(cut, stretch));
    const speaksFromSample = Math.max(cut, growing.speaksFromSample ?? cut);
    this.#growing = { startSample: cut, speech: after, speaksFromSample, askedSample: undefined, hasPaused: false };
    return { kind: 'utterance', piece: pieceOf(growing, cut, before) };
  }
}

function limitSamples({ chunkSeconds }: CutPlan): number {
  return Math.min(Math.max(chunkSeconds, 1), longestSeconds) * sampleRate;
}

function partialSample(growing: Growing, { partialEverySeconds }: CutPlan): number {
  if (partialEverySeconds === undefined) return Number.POSITIVE_INFINITY;
  if (growing.askedSample !== undefined) {
    // Silence is no news.
    return (
      Math.max(growing.askedSample, growing.speaksFromSample ?? 0) + Math.max(0.2, partialEverySeconds) * sampleRate
    );
  }
  return (growing.speech[0]?.startSample ?? growing.speaksFromSample ?? 0) + firstPartialSamples;
}

function lastSpeech({ speech, startSample }: Growing): number {
  return speech.at(-1)?.endSample ?? startSample;
}

function speechUntil({ speech, speaksFromSample }: Growing, endSample: number): readonly Stretch[] {
  return speaksFromSample === undefined ? speech : [...speech, { startSample: speaksFromSample, endSample }];
}

function pieceOf({ startSample }: Growing, endSample: number, speech: readonly Stretch[]): Piece {
  return { startSample, endSample, speech };
}

function upTo(cut: number, { startSample, endSample }: Stretch): Stretch {
  return { startSample, endSample: Math.min(endSample, cut) };
}

function from(cut: number, { startSample, endSample }: Stretch): Stretch {
  return { startSample: Math.max(startSample, cut), endSample };
}
