import { EngineError } from '../errors.js';
import type { Decode } from '../provider/decode.js';
import type { Provider, ProviderPlan, Recognizer } from '../provider/provider.js';
import type { Chunk } from '../provider/recognition.js';

/** A provider that is opened when it is first needed, and again when that has failed. */
export class Standby {
  readonly name: string;
  readonly #provider: Provider;
  readonly #plan: ProviderPlan;
  #opening: Promise<Recognizer> | undefined;
  #recognizer: Recognizer | undefined;
  readonly #abort = new AbortController();

  constructor(provider: Provider, plan: ProviderPlan) {
    this.name = provider.name;
    this.#provider = provider;
    this.#plan = plan;
  }

  /** Whether it can do what the chunk asks for, as far as that is known before it was opened. */
  suits({ language, translate }: Pick<Chunk, 'language' | 'translate'>): boolean {
    if (!this.#recognizer) return true;
    const { capabilities } = this.#recognizer;
    return capabilities.languages.includes(language) && (!translate || capabilities.translate);
  }

  /** Loads and warms it. @throws EngineError as `Provider.open` */
  async open(): Promise<Recognizer> {
    this.#opening ??= this.#open();
    return await this.#opening;
  }

  /** Decodes when it is open. */
  decode(chunk: Chunk): Decode {
    let decode: Decode | undefined;
    let isStopped = false;
    const begin = async () => {
      const recognizer = await this.open();
      if (isStopped) throw new EngineError('ABORTED', 'The decode was aborted before its provider was ready.');
      if (!this.suits(chunk)) {
        throw new EngineError('LANGUAGE_UNSUPPORTED', `${this.name} does not do '${chunk.language}' as it was asked.`);
      }
      decode = recognizer.decode(chunk);
      return { ...(await decode.outcome), provider: this.name, model: recognizer.model };
    };
    const stop = () => {
      isStopped = true;
      decode?.stop();
    };
    return { outcome: begin(), stop };
  }

  /** Gives up an opening that is under way; lets decodes finish. */
  async close(): Promise<void> {
    this.#abort.abort();
    const recognizer = await this.#opening?.catch(() => undefined);
    await recognizer?.close();
  }

  async #open(): Promise<Recognizer> {
    try {
      this.#recognizer = await this.#provider.open(this.#plan, this.#abort.signal);
      await this.#recognizer.warm();
      return this.#recognizer;
    } catch (error) {
      const failed = this.#recognizer;
      this.#recognizer = undefined;
      this.#opening = undefined;
      await failed?.close();
      const message = `${this.name} could not be opened.`;
      throw EngineError.from(error, 'PROVIDER_UNAVAILABLE', message);
    }
  }
}
