import type { EngineErrorWire } from '../errors.js';
import type { Chunk, Loading, ModelUse, Recognition } from '../provider/recognition.js';
import type { StreamFormat } from '../provider/stream-format.js';

/** Everything the main thread and its workers say to each other. Plain data; audio of files and flags are shared memory. */

/** The models that every slot is to hold. What is new is loaded and warmed, what is gone is given back. */
export interface Residency {
  /** Grows with every change. */
  readonly revision: number;
  readonly models: readonly ModelUse[];
}

/** What a new slot starts with. The main thread keeps it up to date for slots that come later. */
export interface SlotSetup {
  readonly channelName: string;
  readonly residency: Residency;
}

/**
 * What goes over the slots' BroadcastChannel. It reaches each slot between two decodes; Piscina gives its tasks to any
 * thread that is free and cannot address one.
 */
export type SlotMessage =
  | { readonly kind: 'hold'; readonly threadId: number; readonly residency: Residency }
  | {
      readonly kind: 'held';
      readonly threadId: number;
      readonly revision: number;
      /** In the order of the residency's models. */
      readonly reply: Reply<readonly Loading[]>;
    };

export interface SlotTask {
  readonly kind: 'decode';
  readonly model: ModelUse;
  readonly chunk: Chunk;
  /** Element 0 stops the decode when it becomes 1. */
  readonly control: Int32Array;
}

export interface SlotResult {
  readonly kind: 'decode';
  readonly recognition: Recognition;
  readonly startedAtSeconds: number;
}

/** The weights' thread reads weights, and holds them until its thread is ended. */
export interface WeightsTask {
  readonly kind: 'read';
  readonly model: ModelUse;
}

export interface WeightsResult {
  readonly kind: 'read';
}

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

/**
 * The listener opens audio, reads it block by block with its speech probabilities, and closes it. Of a live source it is
 * told the bytes instead, as they come: `bytes` are transferred, and from `format` on they are in that format.
 */
export type ListenerTask =
  | { readonly kind: 'open'; readonly id: number; readonly source: AudioSource; readonly vadPath: string }
  | { readonly kind: 'read'; readonly id: number; readonly into: Float32Array }
  | { readonly kind: 'open-live'; readonly id: number; readonly format: StreamFormat; readonly vadPath: string }
  | {
      readonly kind: 'hear';
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
      readonly format?: StreamFormat | undefined;
    }
  | { readonly kind: 'close'; readonly id: number };

export type ListenerResult =
  | { readonly kind: 'open' }
  | { readonly kind: 'read'; readonly block: AudioBlock }
  | { readonly kind: 'open-live'; readonly windowSamples: number }
  /** One block a track. */
  | { readonly kind: 'hear'; readonly blocks: readonly HeardBlock[] }
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

/** What became whole of one track of a live source. */
export interface HeardBlock {
  /** 16 kHz; whole windows, except at the end of the source. */
  readonly pcm: Float32Array;
  /** Speech probability of every window of `pcm`; a last part of one counts as one. */
  readonly probabilities: Float32Array;
}

/** An answer: errors cross threads as plain data. */
export type Reply<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: EngineErrorWire };
