import type { EngineErrorWire } from '../errors.js';
import type { Chunk, Loading, ModelUse, Recognition } from '../provider/recognition.js';

/** Everything the main thread and its workers say to each other. Plain data; audio and flags are shared memory. */

/** What a new slot makes resident before it takes work. The main thread keeps the list up to date. */
export interface SlotSetup {
  readonly resident: readonly ModelUse[];
}

/** A slot either makes a model resident or decodes one chunk. */
export type SlotTask =
  | {
      readonly kind: 'load';
      readonly model: ModelUse;
      /** Counts the slots that have arrived: none goes on before all have, so that each of them loads. */
      readonly arrivals: Int32Array;
      readonly slots: number;
    }
  | {
      readonly kind: 'decode';
      readonly model: ModelUse;
      readonly chunk: Chunk;
      /** Element 0 stops the decode when it becomes 1. */
      readonly control: Int32Array;
    };

export type SlotResult =
  | { readonly kind: 'load'; readonly loading: Loading }
  | { readonly kind: 'decode'; readonly recognition: Recognition; readonly startedAtSeconds: number };

/** Audio as the listener takes it. */
export type AudioSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'pcm';
      readonly samples: Float32Array | Int16Array;
      readonly sampleRate: number;
      readonly channels: number;
    };

/** The listener opens audio, reads it block by block with its speech probabilities, and closes it. */
export type ListenerTask =
  | { readonly kind: 'open'; readonly id: number; readonly source: AudioSource; readonly vadPath: string }
  | { readonly kind: 'read'; readonly id: number; readonly into: Float32Array }
  | { readonly kind: 'close'; readonly id: number };

export type ListenerResult =
  | { readonly kind: 'open' }
  | { readonly kind: 'read'; readonly block: AudioBlock }
  | { readonly kind: 'close' };

export interface AudioBlock {
  /** The beginning of the memory that was given, filled with 16 kHz mono; empty only when `isLast`. */
  readonly pcm: Float32Array;
  /** Speech probability of every `windowSamples` samples of `pcm`. */
  readonly probabilities: Float32Array;
  readonly windowSamples: number;
  readonly isLast: boolean;
  readonly audioSeconds: number;
  readonly vadSeconds: number;
}

/** An answer: errors cross threads as plain data. */
export type Reply<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: EngineErrorWire };
