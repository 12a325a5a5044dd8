import { compressionRatio, compressionRatioLimit, noSpeechLimit } from '../provider/plausibility.js';
import type { Recognition } from '../provider/recognition.js';
import { textOf } from '../transcript/text-of.js';
import { isSilencePhrase } from './silence-phrases.js';

/** Why a text is not believed. */
export type SuppressReason = 'empty' | 'non-speech' | 'no-speech' | 'low-confidence' | 'repetition' | 'implausible';

/** What becomes of a final's text. */
export type Verdict =
  | { readonly kind: 'keep' }
  | {
      readonly kind: 'suppress';
      readonly reason: SuppressReason;
      /** What was seen, with its numbers. */
      readonly message: string;
    };

/*
 * Measured on q8_0 with sized encoder context: speech is 77 s of English cut every 2 and 4 s, wherever that falls; noise
 * is silence, white and brown noise, hum, dialling tones, clicks and a melody of 1–8 s.
 *
 * | evidence | text of speech | text made of noise |
 * | --- | --- | --- |
 * | no-speech probability, base | to 0.48 | from 0.66 |
 * | no-speech probability, tiny.en | to 0.52 | from 0.86 |
 * | average log-probability | from −0.93 | −0.40 to −1.31 |
 */

/** Above `noSpeechLimit` the model takes it for no speech, and is believed unless it is sure of its words. */
const sureLogProbability = -0.35;
/** Below this the decoder was guessing. */
const guessingLogProbability = -1;
/** … which is held against a text together with this, or when it is as low as that. */
const doubtfulNoSpeech = 0.4;
const hopelessLogProbability = -1.6;
/** What is often made of silence is believed only on better evidence than other text. */
const doubtfulLogProbability = -0.7;
/** More letters than these and those of the speech time are not said in it: VAD hears a little less than there is. */
const lettersAtOnce = 15;
/** Nobody speaks faster. */
const fastestLettersPerSecond = 30;

/** What the model says about a text. */
interface Evidence {
  readonly text: string;
  readonly averageLogProbability: number;
  readonly noSpeechProbability: number;
  readonly temperature: number;
  readonly speechSeconds: number;
}

/**
 * Whether the text of a final is to be believed, by the evidence of the model and of the VAD. What the provider does
 * itself is not repeated: it has decoded doubtful text again, and has cut off what was invented after the speech.
 *
 * @param speechSeconds - of speech in the chunk, by VAD
 */
export function judge(recognition: Recognition, speechSeconds: number): Verdict {
  const evidence: Evidence = {
    text: textOf(recognition.segments),
    averageLogProbability: meanLogProbability(recognition),
    noSpeechProbability: recognition.noSpeechProbability,
    temperature: recognition.temperature,
    speechSeconds,
  };
  const message = (reason: SuppressReason) => explained(reason, evidence);
  const reason = reasonToSuppress(evidence);
  return reason ? { kind: 'suppress', reason, message: message(reason) } : { kind: 'keep' };
}

function reasonToSuppress(evidence: Evidence): SuppressReason | undefined {
  const { text, averageLogProbability, noSpeechProbability, speechSeconds } = evidence;
  if (text === '') return 'empty';
  if (!hasSpokenText(text)) return 'non-speech';
  if (noSpeechProbability > noSpeechLimit && averageLogProbability < sureLogProbability) return 'no-speech';
  if (compressionRatio(text) > compressionRatioLimit) return 'repetition';
  const isGuess = averageLogProbability < guessingLogProbability && noSpeechProbability > doubtfulNoSpeech;
  if (isGuess || averageLogProbability < hopelessLogProbability) return 'low-confidence';
  if (lettersOf(text) > lettersAtOnce + fastestLettersPerSecond * speechSeconds) return 'implausible';
  const isDoubtful = noSpeechProbability > doubtfulNoSpeech || averageLogProbability < doubtfulLogProbability;
  return isDoubtful && isSilencePhrase(text) ? 'no-speech' : undefined;
}

/** Mean over the text: long segments weigh more, as they have more tokens. */
function meanLogProbability({ segments }: Recognition): number {
  const letters = segments.reduce((sum, segment) => sum + segment.text.length, 0);
  const sum = segments.reduce((total, segment) => total + segment.averageLogProbability * segment.text.length, 0);
  return letters === 0 ? 0 : sum / letters;
}

/** Whether something is left without tags like “[MUSIC]”, “(applause)”, “*laughs*” and notes. */
function hasSpokenText(text: string): boolean {
  return lettersOf(text.replaceAll(/\[[^\]]*\]?|\([^)]*\)?|（[^）]*）?|【[^】]*】?|\*[^*]*\*|♪[^♪]*♪/gu, '')) > 0;
}

function lettersOf(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

function explained(reason: SuppressReason, evidence: Evidence): string {
  const { text, averageLogProbability, noSpeechProbability, temperature, speechSeconds } = evidence;
  const figures = [
    `average log-probability ${averageLogProbability.toFixed(2)}`,
    `no-speech probability ${noSpeechProbability.toFixed(2)}`,
    `temperature ${temperature.toFixed(1)}`,
  ].join(', ');
  switch (reason) {
    case 'empty':
      return 'The model heard no words in it.';
    case 'non-speech':
      return 'The model heard sounds in it that are no speech.';
    case 'no-speech':
      return `The model takes it for no speech (${figures}).`;
    case 'repetition':
      return `The text repeats itself (compression ratio ${compressionRatio(text).toFixed(1)}).`;
    case 'low-confidence':
      return `The model was guessing (${figures}).`;
    case 'implausible':
      return `${lettersOf(text)} letters are more than anybody says in ${speechSeconds.toFixed(1)} s.`;
    default:
      return reason satisfies never;
  }
}
