import type { Decode, DecodingModel } from './decode.js';
import type { Chunk } from './recognition.js';

/** What a provider can do with its model. */
export interface Capabilities {
  /** Codes that a chunk may ask for; `auto` is among them when the language can be detected. */
  readonly languages: readonly string[];
  readonly wordTimes: boolean;
  /** Whether it can translate into English. */
  readonly translate: boolean;
  /** Whether a decode under way can be stopped; otherwise it runs to its end, and its text is thrown away. */
  readonly abort: boolean;
  /** Whether text is told before a decode has ended. */
  readonly streaming: boolean;
  /** Of the audio it takes. All providers take the first, and it is the only one so far. */
  readonly formats: readonly 'f32le-16000-mono'[];
}

/** Whether a provider can work on this machine, found out in a process of its own. */
export type ProviderState =
  | {
      readonly kind: 'available';
      readonly version: string;
      /** What computes: `CTranslate2 int8 on CPU`. */
      readonly backend: string;
    }
  | {
      readonly kind: 'unavailable';
      /** One sentence: what is missing, and the command that installs it where there is one. */
      readonly reason: string;
    };

/** How much of the machine a provider may use. */
export interface ProviderPlan {
  /** Decodes at once. */
  readonly slots: number;
  readonly threadsPerSlot: number;
}

/** Something that can decode: the addon, another library in a process of its own, or yours. */
export interface Provider {
  readonly name: string;
  /** Never throws, and harms nobody whatever the provider does. */
  probe(signal?: AbortSignal): Promise<ProviderState>;
  /**
   * Loads its model and warms it.
   * @throws EngineError `PROVIDER_UNAVAILABLE` with what to do, `MODEL_MISSING`, `MODEL_LOAD_FAILED`, `ABORTED`
   */
  open(plan: ProviderPlan, signal?: AbortSignal): Promise<Recognizer>;
}

/** A provider with its model in memory. Outlives crashes of what it runs on. */
export interface Recognizer {
  /** For what is told about its texts. */
  readonly model: DecodingModel;
  readonly capabilities: Capabilities;
  /**
   * Decodes one chunk; more than its plan's slots at once wait their turn. The chunk's memory is the caller's again when
   * the outcome settles. Rejects with `ABORTED`, `DEADLINE_EXCEEDED`, `DECODE_FAILED`, `AUDIO_INVALID`, with `WORKER_DIED`
   * when what it ran on died, after which it may be tried once more, or with `PROVIDER_UNAVAILABLE`.
   */
  decode(chunk: Chunk): Decode;
  /** Decodes silence, so that the next decode finds everything in memory. @throws EngineError as `decode` */
  warm(): Promise<void>;
  /** Lets the decodes under way finish, then frees everything. Idempotent. */
  close(): Promise<void>;
}
