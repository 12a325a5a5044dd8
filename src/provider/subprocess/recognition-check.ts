import type { Word } from '../../transcript/transcript.js';
import { compressionRatio } from '../plausibility.js';
import type { RecognisedSegment, Recognition } from '../recognition.js';
import { arrayAt, numberAt, objectOf, optional, textAt } from './json-check.js';

/** The full window of Whisper, in frames. */
const fullEncoderContext = 1500;

/**
 * A provider's recognition, checked and filled in. Times are held within the audio and in order; what is of a wrong type
 * is no recognition.
 * @throws Error that says what is wrong
 */
export function recognitionOf(value: unknown, audioSeconds: number): Recognition {
  const wire = objectOf(value, 'recognition');
  const languageProbability = optional(numberAt, wire, 'languageProbability');
  const retriedBecause = optional(textAt, wire, 'retriedBecause');
  const decodeSeconds = numberAt(wire, 'decodeSeconds');
  if (decodeSeconds < 0) throw new Error('`decodeSeconds` is below 0');
  return {
    segments: inOrder(arrayAt(wire, 'segments').map(segmentOf), audioSeconds),
    language: textAt(wire, 'language'),
    ...(languageProbability !== undefined && { languageProbability }),
    noSpeechProbability: optional(numberAt, wire, 'noSpeechProbability') ?? 0,
    temperature: optional(numberAt, wire, 'temperature') ?? 0,
    encoderContext: optional(numberAt, wire, 'encoderContext') ?? fullEncoderContext,
    ...(retriedBecause !== undefined && { retriedBecause }),
    decodeSeconds,
  };

  function segmentOf(item: unknown): RecognisedSegment {
    const segment = objectOf(item, 'segment');
    const text = textAt(segment, 'text');
    const words = optional(arrayAt, segment, 'words')?.map(wordOf);
    return {
      startSeconds: numberAt(segment, 'startSeconds'),
      endSeconds: numberAt(segment, 'endSeconds'),
      text,
      averageLogProbability: optional(numberAt, segment, 'averageLogProbability') ?? 0,
      compressionRatio: compressionRatio(text),
      ...(words && { words: inOrder(words, audioSeconds) }),
    };
  }
}

function wordOf(item: unknown): Word {
  const word = objectOf(item, 'word');
  return {
    text: textAt(word, 'text'),
    startSeconds: numberAt(word, 'startSeconds'),
    endSeconds: numberAt(word, 'endSeconds'),
    probability: Math.min(1, Math.max(0, numberAt(word, 'probability'))),
  };
}

interface Timed {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** None starts before the one in front of it, none ends before it starts, none leaves the audio. */
function inOrder<Piece extends Timed>(pieces: readonly Piece[], audioSeconds: number): readonly Piece[] {
  let earliest = 0;
  return pieces.map((piece) => {
    const startSeconds = Math.min(Math.max(piece.startSeconds, earliest), audioSeconds);
    const endSeconds = Math.min(Math.max(piece.endSeconds, startSeconds), audioSeconds);
    earliest = startSeconds;
    return { ...piece, startSeconds, endSeconds };
  });
}
