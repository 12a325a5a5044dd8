import type { EngineErrorCode } from '../../errors.js';
import type { Word } from '../../transcript/transcript.js';
import type { Capabilities } from '../provider.js';
import type { Chunk, Loading } from '../recognition.js';

/**
 * What the host and a provider in a process of its own say to each other: one JSON object a line, the host's on the
 * provider's standard input, the provider's on its standard output. docs/provider-protocol.md says it for other languages.
 */
export const protocolVersion = 1;

/** From the host. Ids grow, and are never used again in one life of a process. */
export type Request =
  /** Load a model and warm it. `model` is for this kind of provider only; answered by `opened` or `failed`. */
  | { readonly kind: 'open'; readonly id: number; readonly model: ModelSettings }
  /** Free the model that was opened with the id `model`. Answered by `closed` or `failed`. */
  | { readonly kind: 'close'; readonly id: number; readonly model: number }
  | DecodeRequest
  /** Stop the decode of this id. It is answered all the same, by `failed` with `ABORTED` or by whatever it has become. */
  | { readonly kind: 'stop'; readonly id: number }
  /** Answered by `pong` at once, also while decoding. */
  | { readonly kind: 'ping'; readonly id: number };

/** After its line come `samples` × 4 bytes: 16 kHz mono, 32-bit floats, little-endian. Costs one credit. */
export interface DecodeRequest
  extends Pick<
    Chunk,
    'speechEndSeconds' | 'language' | 'translate' | 'prompt' | 'words' | 'beamSize' | 'encoderContext' | 'onDoubt'
  > {
  readonly kind: 'decode';
  readonly id: number;
  /** The id that the model was opened with. */
  readonly model: number;
  readonly samples: number;
  /** From now; absent for none. Past it, the answer is `failed` with `DEADLINE_EXCEEDED`. */
  readonly deadlineSeconds?: number;
}

export type ModelSettings = Readonly<Record<string, unknown>>;

/** From the provider. */
export type Answer =
  | Hello
  | {
      readonly kind: 'opened';
      readonly id: number;
      /** What can be done with the model. */
      readonly capabilities: Capabilities;
      readonly loading?: readonly Loading[];
    }
  | { readonly kind: 'closed'; readonly id: number }
  /** What is known so far of a decode's text. */
  | { readonly kind: 'text'; readonly id: number; readonly text: string }
  /** Gives its credit back. */
  | { readonly kind: 'decoded'; readonly id: number; readonly recognition: WireRecognition }
  /** Of a decode, gives its credit back. A code that no provider may say counts as `DECODE_FAILED`, of an `open` as `MODEL_LOAD_FAILED`. */
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly error: { readonly code: EngineErrorCode; readonly message: string };
    }
  | { readonly kind: 'pong'; readonly id: number };

/** The first line of a provider, before it is asked anything. */
export interface Hello {
  readonly kind: 'hello';
  readonly protocol: number;
  readonly provider: string;
  readonly version: string;
  /** What computes. */
  readonly backend: string;
  /** Decodes that it takes at once, waiting ones included. */
  readonly credit: number;
}

/** A recognition as any provider can give it; the host fills in what is not said. Times count from the start of the chunk. */
export interface WireRecognition {
  readonly segments: readonly {
    readonly startSeconds: number;
    readonly endSeconds: number;
    readonly text: string;
    readonly averageLogProbability?: number;
    readonly words?: readonly Word[];
  }[];
  readonly language: string;
  readonly languageProbability?: number;
  readonly noSpeechProbability?: number;
  readonly temperature?: number;
  /** Frames; 1,500 when not said. */
  readonly encoderContext?: number;
  readonly retriedBecause?: string;
  /** Wall time of this decode alone, without its wait. */
  readonly decodeSeconds: number;
}
