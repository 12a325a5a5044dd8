import { EngineError } from '../errors.js';
import { refuseIfAborted } from '../model/refusal.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Decode, DecodingModel } from '../provider/decode.js';
import { plainChunk } from '../provider/plain-chunk.js';
import type { Capabilities, Recognizer } from '../provider/provider.js';
import type { Chunk, ModelUse } from '../provider/recognition.js';
import type { DecodingPool } from './decoding-pool.js';

/** Whisper's window; what is longer would be cut off. */
const longestSeconds = 30;

export interface PoolRecognizerOptions {
  readonly model: DecodingModel;
  readonly capabilities: Capabilities;
  readonly signal?: AbortSignal | undefined;
}

/** One model on a pool of slots of its own. */
export class PoolRecognizer implements Recognizer {
  readonly model: DecodingModel;
  readonly capabilities: Capabilities;
  readonly #pool: DecodingPool;
  readonly #use: ModelUse;
  #isClosed = false;

  private constructor(pool: DecodingPool, use: ModelUse, { model, capabilities }: PoolRecognizerOptions) {
    this.model = model;
    this.capabilities = capabilities;
    this.#pool = pool;
    this.#use = use;
  }

  /** Takes the pool over, and closes it when the model cannot be had. @throws EngineError as `DecodingPool.load`, `ABORTED` */
  static async open(pool: DecodingPool, use: ModelUse, options: PoolRecognizerOptions): Promise<PoolRecognizer> {
    try {
      await pool.load(use);
      refuseIfAborted(options.signal);
      return new PoolRecognizer(pool, use, options);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  decode(chunk: Chunk): Decode {
    const refusal = this.#refusal(chunk);
    return refusal ? { outcome: Promise.reject(refusal), stop: () => undefined } : this.#pool.decode(this.#use, chunk);
  }

  async warm(): Promise<void> {
    const pcm = new Float32Array(new SharedArrayBuffer(sampleRate * Float32Array.BYTES_PER_ELEMENT));
    const { outcome } = this.decode(plainChunk(pcm, { speechEndSeconds: 0, onDoubt: 'keep' }));
    await outcome;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.close();
  }

  #refusal({ pcm }: Chunk): EngineError | undefined {
    if (this.#isClosed) return new EngineError('PROVIDER_UNAVAILABLE', 'The provider was closed.');
    if (pcm.length > 0 && pcm.length <= longestSeconds * sampleRate) return undefined;
    const seconds = pcm.length / sampleRate;
    return new EngineError(
      'AUDIO_INVALID',
      `A chunk is ${seconds} s long; it must be above 0 s and at most ${longestSeconds} s.`,
    );
  }
}
