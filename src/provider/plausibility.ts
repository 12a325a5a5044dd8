import { deflateSync } from 'node:zlib';
import type { NativeSegment } from './addon.js';

/** Text is judged implausible for one of these reasons. */
export type Doubt = 'no text' | 'loop' | 'token limit' | 'compression ratio' | 'log probability' | 'repeated segment';

/** OpenAI's thresholds (whisper/transcribe.py). */
export const compressionRatioLimit = 2.4;
const logProbabilityFloor = -1;
/** Below this the model hears somebody speak: of speech it says up to 0.52, of noise 0.66 and more (base and tiny.en). */
export const noSpeechLimit = 0.6;
/** Below this many letters two equal segments are ordinary speech: “Yes.” “Yes.” */
const repetitionLetters = 12;
/** VAD marks the end of speech up to this much too early. */
const speechEndToleranceSeconds = 0.3;
/** Faster than this nobody speaks; the repeated sentences that were seen had to fit into what audio was left. */
const fastestLettersPerSecond = 30;

export interface Text {
  readonly segments: readonly NativeSegment[];
  readonly looped: boolean;
  readonly noSpeechProbability: number;
}

/** Length of the text over its deflated length, as OpenAI computes it. */
export function compressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 0 : bytes.length / deflateSync(bytes).length;
}

/** Why this text should not be believed; undefined when there is no reason. */
export function doubt({ segments, looped, noSpeechProbability }: Text, tokenLimit: number): Doubt | undefined {
  if (looped) return 'loop';
  const isSilent = segments.every(({ text }) => text.trim() === '');
  if (isSilent) return noSpeechProbability < noSpeechLimit ? 'no text' : undefined;
  const tokens = segments.reduce((count, segment) => count + segment.tokens.length, 0);
  if (tokens >= tokenLimit) return 'token limit';
  if (compressionRatio(segments.map((segment) => segment.text).join('')) > compressionRatioLimit) {
    return 'compression ratio';
  }
  if (tokens > 0 && meanLogProbability(segments) < logProbabilityFloor) return 'log probability';
  if (segments.some((segment, at) => isRepeated(segment, segments[at - 1]))) return 'repeated segment';
  return undefined;
}

/** The segments without what was invented after the speech: text that starts when nobody speaks any more. */
export function withoutInventedTail(
  segments: readonly NativeSegment[],
  speechEndSeconds: number,
): readonly NativeSegment[] {
  return segments.filter((segment, at) => {
    const startsTooLate = segment.startSeconds > speechEndSeconds + speechEndToleranceSeconds;
    const secondsLeft = Math.max(0, speechEndSeconds - segment.startSeconds);
    const cannotFit = letters(segment.text).length > fastestLettersPerSecond * (secondsLeft + 1);
    return at === 0 || !(startsTooLate || (isRepeated(segment, segments[at - 1]) && cannotFit));
  });
}

/** The segments without immediate repetitions: the last resort for text that loops at full context too. */
export function withoutRepetitions(segments: readonly NativeSegment[]): readonly NativeSegment[] {
  return segments.filter((segment, at) => !isRepeated(segment, segments[at - 1]));
}

function meanLogProbability(segments: readonly NativeSegment[]): number {
  let sum = 0;
  let tokens = 0;
  for (const segment of segments) {
    sum += segment.averageLogProbability * segment.tokens.length;
    tokens += segment.tokens.length;
  }
  return sum / tokens;
}

function isRepeated(segment: NativeSegment, previous: NativeSegment | undefined): boolean {
  if (!previous) return false;
  const text = letters(segment.text);
  return text.length >= repetitionLetters && text === letters(previous.text);
}

function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
