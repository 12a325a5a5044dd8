import type { Decode } from '../provider/decode.js';
import type { Chunk, Loading, ModelUse } from '../provider/recognition.js';

export interface LoadOptions {
  /** Slots load one after the other, instead of all at once. @defaultValue false */
  readonly inTurn?: boolean;
  /** The slots are decoding: weights are read on a thread of their own, which costs its start. @defaultValue false */
  readonly beside?: boolean;
  /** Called when the weights are in memory and with each slot that is warm. */
  readonly onWarm?: (slotsWarm: number) => void;
}

/** Slots with warmed states, wherever they run. */
export interface DecodingPool {
  readonly slots: number;
  /** Whether a model of this file is on every slot: loading it again costs nothing. */
  isWarm(path: string): boolean;
  /**
   * Makes a model resident and warm on every slot, now and on slots that come later; each slot loads between two
   * decodes. A model that is held already costs nothing. When it fails, nothing of it stays.
   * @returns what it took, slot by slot
   * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT`, `MODEL_LOAD_FAILED`, `NATIVE_NOT_BUILT`, `WORKER_DIED`,
   * `PROVIDER_UNAVAILABLE`, `ENGINE_CLOSED`
   */
  load(model: ModelUse, options?: LoadOptions): Promise<readonly Loading[]>;
  /** Gives one load of a model back; with the last one it is freed on every slot. No chunk of its holder may need it any more. */
  unload(model: ModelUse): Promise<void>;
  /** Decodes one chunk. There must be a free slot: the scheduler sees to that. */
  decode(model: ModelUse, chunk: Chunk): Decode;
  /** Lets the decodes under way finish, then frees everything. */
  close(): Promise<void>;
}
