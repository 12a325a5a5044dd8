import { EngineError } from '../../dist/errors.js';
import { type Decode, type Provider, type ProviderPlan, type Recognizer, whisperCpp } from '../../dist/index.js';
import type { Chunk } from '../../dist/provider/recognition.js';

export interface FailingOptions {
  /** Decodes that go well before it fails; it fails for good then. */
  readonly wellFor?: number;
  readonly name?: string;
}

/** whisper.cpp in a process of its own, that fails when it is told to, as a user's own provider may. */
export class FailingProvider implements Provider {
  readonly name: string;
  /** Decodes that still go well. */
  wellFor: number;
  begun = 0;
  stopped = 0;
  openings = 0;
  /** Opened when this resolves, unless its signal comes first. */
  gate: Promise<void> = Promise.resolve();
  readonly #provider: Provider;

  constructor({ wellFor = Number.POSITIVE_INFINITY, name = 'failing' }: FailingOptions = {}) {
    this.name = name;
    this.wellFor = wellFor;
    this.#provider = whisperCpp({ model: 'tiny.en', isolation: 'process' });
  }

  probe(signal?: AbortSignal) {
    return this.#provider.probe(signal);
  }

  async open(plan: ProviderPlan, signal?: AbortSignal): Promise<Recognizer> {
    this.openings += 1;
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new EngineError('ABORTED', 'The opening was given up.')));
    });
    await Promise.race([this.gate, aborted]);
    const recognizer = await this.#provider.open(plan, signal);
    return {
      model: recognizer.model,
      capabilities: recognizer.capabilities,
      warm: () => recognizer.warm(),
      close: () => recognizer.close(),
      decode: (chunk) => this.#decode(recognizer, chunk),
    };
  }

  #decode(recognizer: Recognizer, chunk: Chunk): Decode {
    this.begun += 1;
    if (this.begun > this.wellFor) {
      const error = new EngineError('DECODE_FAILED', 'It was told to fail.');
      return { outcome: Promise.reject(error), stop: () => undefined };
    }
    const decode = recognizer.decode(chunk);
    const stop = () => {
      this.stopped += 1;
      decode.stop();
    };
    return { outcome: decode.outcome, stop };
  }
}
