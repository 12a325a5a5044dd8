import { loadAddon, type NativeContext } from './addon.js';
import { asEngineError } from './native-call.js';
import type { ModelUse } from './recognition.js';

/** A model's weights in memory, shared by the whole process: they stay while somebody holds them. */
export class Weights {
  readonly context: NativeContext;

  /**
   * Reads the weights, or shares them when they are in memory already.
   * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT`, `MODEL_LOAD_FAILED`, `NATIVE_NOT_BUILT`
   */
  constructor({ path, fileKey, flashAttention, gpu, alignment }: ModelUse) {
    this.context = asEngineError('MODEL_LOAD_FAILED', () =>
      loadAddon().openContext(path, { fileKey, flashAttention, gpu, alignment }),
    );
  }

  /** Gives them back. */
  close(): void {
    this.context.close();
  }
}
