import type { Word } from '../transcript/transcript.js';

/** What a slot is asked to decode with. Plain data: it crosses threads. */
export interface ModelUse {
  readonly path: string;
  /** The file that was checked: device, inode, size and times, as `FileIdentity.key` has them. */
  readonly fileKey: string;
  /** Alignment-head preset for DTW word times; empty when the model has none. */
  readonly alignment: string;
  readonly flashAttention: boolean;
  readonly gpu: boolean;
  readonly threads: number;
}

/** One piece of audio to decode. */
export interface Chunk {
  /** 16 kHz mono; over shared memory, but for the copies that a race or a shadow makes. */
  readonly pcm: Float32Array;
  /** Where speech ends in the piece, by VAD; text that starts later is not believed. */
  readonly speechEndSeconds: number;
  /** A language code, or `auto` to detect it first. */
  readonly language: string;
  readonly translate: boolean;
  readonly prompt: string;
  readonly words: boolean;
  readonly beamSize: number;
  /** `sized` to the piece, `trimmed` closer to it, or Whisper's `full` 30 s window. */
  readonly encoderContext: 'trimmed' | 'sized' | 'full';
  /**
   * What happens to a text that is not believed: `keep` it, or decode again, at rising temperatures, with twice the
   * encoder context (`widen`) or a `full` one, which takes several times as long. @defaultValue 'full'
   */
  readonly onDoubt?: 'keep' | 'widen' | 'full';
  /** On the scale of `Clock.nowSeconds`; Infinity for none. */
  readonly deadlineAtSeconds: number;
}

/** A segment of recognised text; times count from the start of the piece. */
export interface RecognisedSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** With the space the model put in front, so that segments can be joined. */
  readonly text: string;
  readonly averageLogProbability: number;
  readonly compressionRatio: number;
  readonly words?: readonly Word[];
}

export interface Recognition {
  readonly segments: readonly RecognisedSegment[];
  readonly language: string;
  /** Present when the language was detected. */
  readonly languageProbability?: number;
  readonly noSpeechProbability: number;
  readonly temperature: number;
  /** Frames of the encode that gave the text. */
  readonly encoderContext: number;
  /** Why the sized encode was not believed and a full one was made; absent when it was. */
  readonly retriedBecause?: string;
  /** Wall time in the provider, retry and language detection included. */
  readonly decodeSeconds: number;
}

/** What loading a model on one slot took. */
export interface Loading {
  readonly weightsRead: boolean;
  /** Reading the weights, or finding them already in memory. */
  readonly contextSeconds: number;
  readonly stateSeconds: number;
  readonly warmSeconds: number;
}
