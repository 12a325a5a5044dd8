import type { RecognisedSegment, Recognition } from '../provider/recognition.js';
import { separatesWords } from '../provider/words.js';
import type { Segment, Word } from '../transcript/transcript.js';

/** A stretch of the timeline of the input. */
interface Interval {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Where a piece lies on it. */
export interface Place extends Interval {
  /** Where somebody speaks, by VAD, in order. */
  readonly speech: readonly Interval[];
}

/** VAD hears a word begin up to this much too late and end up to this much too early. */
const speechMarginSeconds = 0.1;

/** The segments of all pieces, in order and on one timeline that never runs backwards. */
export class Timeline {
  readonly segments: Segment[] = [];
  readonly words: Word[] = [];
  #text = '';

  /** The text so far. */
  get text(): string {
    return this.#text.trim();
  }

  /** Puts the text of the next piece in its place and returns its segments. */
  add(recognition: Recognition, place: Place): readonly Segment[] {
    return recognition.segments
      .filter((segment) => segment.text.trim() !== '')
      .map((segment) => this.#place(segment, recognition, place));
  }

  #place(segment: RecognisedSegment, recognition: Recognition, place: Place): Segment {
    const notBefore = this.segments.at(-1)?.endSeconds ?? 0;
    const startSeconds = Math.max(notBefore, clamp(place.startSeconds + segment.startSeconds, place));
    const endSeconds = Math.max(startSeconds, clamp(place.startSeconds + segment.endSeconds, place));
    const words = segment.words?.map((word) => placeWord(word, place));
    const placed: Segment = {
      index: this.segments.length,
      startSeconds,
      endSeconds,
      text: segment.text.trim(),
      averageLogProbability: segment.averageLogProbability,
      noSpeechProbability: recognition.noSpeechProbability,
      compressionRatio: segment.compressionRatio,
      temperature: recognition.temperature,
      ...(words && { words }),
    };
    this.segments.push(placed);
    if (words) this.words.push(...words);
    // The model writes the space before a word, but not always before the first one of a piece.
    const needsSpace = separatesWords(recognition.language) && !segment.text.startsWith(' ');
    this.#text += needsSpace ? ` ${segment.text}` : segment.text;
    return placed;
  }
}

/**
 * A word on the timeline of the input. Alignment knows no silence: the time of a word begins where the word before it
 * ends, pause included, while its end is good to some 50 ms. So a word belongs to the speech in which it ends.
 */
function placeWord(word: Word, place: Place): Word {
  const startSeconds = clamp(place.startSeconds + word.startSeconds, place);
  const endSeconds = clamp(place.startSeconds + word.endSeconds, place);
  const speech = place.speech.findLast((stretch) => stretch.startSeconds - speechMarginSeconds < endSeconds);
  const spoken = {
    startSeconds: Math.min(endSeconds, (speech ?? place).startSeconds - speechMarginSeconds),
    endSeconds: Math.max(startSeconds, (speech ?? place).endSeconds + speechMarginSeconds),
  };
  return { ...word, startSeconds: clamp(startSeconds, spoken), endSeconds: clamp(endSeconds, spoken) };
}

function clamp(seconds: number, { startSeconds, endSeconds }: Interval): number {
  return Math.min(Math.max(seconds, startSeconds), endSeconds);
}
