import { toMilliseconds } from './timestamp.js';
import type { Segment, Transcript, Word } from './transcript.js';

/** Body of OpenAI's transcription response with `response_format: 'json'`. */
export interface OpenAiTranscription {
  readonly text: string;
}

/** Body of OpenAI's transcription response with `response_format: 'verbose_json'`. Times are seconds, to the millisecond. */
export interface OpenAiVerboseTranscription extends OpenAiTranscription {
  readonly task: 'transcribe' | 'translate';
  /** English name of the language of `text`, in lower case: `english`. */
  readonly language: string;
  readonly duration: number;
  readonly segments: readonly OpenAiSegment[];
  /** Present when the transcript has words. */
  readonly words?: readonly OpenAiWord[];
}

/** One segment under OpenAI's names. */
interface OpenAiSegment {
  readonly id: number;
  readonly seek: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly temperature: number;
  readonly avg_logprob: number;
  readonly compression_ratio: number;
  readonly no_speech_prob: number;
}

/** One word under OpenAI's names. */
interface OpenAiWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** The text alone. */
export function openAiJson(transcript: Transcript): OpenAiTranscription {
  return { text: transcript.text };
}

/** Everything OpenAI's `verbose_json` holds, under its names. `languageName` turns a language code into its English name. */
export function openAiVerboseJson(
  transcript: Transcript,
  languageName: (code: string) => string,
): OpenAiVerboseTranscription {
  const { task, text, durationSeconds, segments, words } = transcript;
  // A translation is always English, and OpenAI names the language of the text that it returns.
  const code = task === 'translate' ? 'en' : transcript.language;
  return {
    task,
    language: languageName(code).toLowerCase(),
    duration: seconds(durationSeconds),
    text,
    segments: segments.map(openAiSegment),
    ...(words === undefined ? {} : { words: words.map(openAiWord) }),
  };
}

function openAiSegment(segment: Segment): OpenAiSegment {
  return {
    id: segment.index,
    // OpenAI's is the frame of 10 ms at which the 30 s window of the segment began. Speech is cut at pauses here, so
    // there is no such window: the segment's own start is the frame to seek to.
    seek: Math.floor(toMilliseconds(segment.startSeconds) / 10),
    start: seconds(segment.startSeconds),
    end: seconds(segment.endSeconds),
    text: segment.text,
    // A transcript holds text, not token ids. Empty rather than absent, because clients declare it as required.
    tokens: [],
    temperature: ratio(segment.temperature),
    avg_logprob: ratio(segment.averageLogProbability),
    compression_ratio: ratio(segment.compressionRatio),
    no_speech_prob: ratio(segment.noSpeechProbability),
  };
}

function openAiWord(word: Word): OpenAiWord {
  return { word: word.text, start: seconds(word.startSeconds), end: seconds(word.endSeconds) };
}

function seconds(value: number): number {
  return toMilliseconds(value) / 1000;
}

// The model computes in 32-bit floats: further decimals would be noise, and different noise on every machine.
function ratio(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
