import { sampleRate } from '../provider/audio-format.js';

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

/** The part of a piece that lies in an input of `totalSamples`: the last window may be longer than the input. */
export function pieceWithin(piece: Piece, totalSamples: number): Piece {
  return {
    ...stretchWithin(piece, totalSamples),
    speech: piece.speech.map((stretch) => stretchWithin(stretch, totalSamples)),
  };
}

function stretchWithin({ startSample, endSample }: Stretch, totalSamples: number): Stretch {
  return { startSample, endSample: Math.min(endSample, totalSamples) };
}

/** Where the last of its speech ends. */
export function speechEnd({ speech, endSample }: Piece): number {
  return speech.at(-1)?.endSample ?? endSample;
}

/** How much of it is speech. */
export function secondsOfSpeech({ speech }: Piece): number {
  return speech.reduce((samples, stretch) => samples + stretch.endSample - stretch.startSample, 0) / sampleRate;
}
