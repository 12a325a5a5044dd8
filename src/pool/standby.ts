import type { Clock } from '../clock.js';
import { describe, EngineError } from '../errors.js';
import { refuseIfAborted } from '../model/refusal.js';
import type { Decode, SlotOutcome } from '../provider/decode.js';
import { firstTrialSeconds } from '../provider/health.js';
import type { Provider, ProviderPlan, Recognizer } from '../provider/provider.js';
import type { Chunk } from '../provider/recognition.js';

/** A provider that is opened when it is first needed, and again some time after that has failed. */
export class Standby {
  readonly name: string;
  readonly #provider: Provider;
  readonly #plan: ProviderPlan;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #opening: Promise<Recognizer> | undefined;
  #openAgainAtSeconds = Number.POSITIVE_INFINITY;
  #recognizer: Recognizer | undefined;

  constructor(provider: Provider, plan: ProviderPlan, clock: Clock) {
    this.name = provider.name;
    this.#provider = provider;
    this.#plan = plan;
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#recognizer !== undefined;
  }

  /** Whether it can do what the chunk asks for, as far as that is known before it was opened. */
  suits({ language, translate }: Pick<Chunk, 'language' | 'translate'>): boolean {
    if (!this.#recognizer) return true;
    const { capabilities } = this.#recognizer;
    return capabilities.languages.includes(language) && (!translate || capabilities.translate);
  }

  /**
   * Loads and warms it. What came of an attempt that failed is the answer until it is time for the next one.
   * @throws EngineError `PROVIDER_UNAVAILABLE`, `ABORTED` when it was closed
   */
  async open(): Promise<Recognizer> {
    if (this.#clock.nowSeconds() >= this.#openAgainAtSeconds) this.#opening = undefined;
    this.#opening ??= this.#open();
    return await this.#opening;
  }

  /** Decodes when it is open. A stop and the deadline end the wait for that; the opening goes on for others. */
  decode(chunk: Chunk): Decode {
    let decode: Decode | undefined;
    let ending: EngineError | undefined;
    let giveUp: (error: EngineError) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    ended.catch(() => undefined);
    const endWait = (code: 'ABORTED' | 'DEADLINE_EXCEEDED', what: string) => {
      ending = new EngineError(code, `${what} before ${this.name} was open.`);
      giveUp(ending);
    };
    const late = () => endWait('DEADLINE_EXCEEDED', 'The deadline passed');
    const run = async (): Promise<SlotOutcome> => {
      const leftSeconds = chunk.deadlineAtSeconds - this.#clock.nowSeconds();
      const cancel = Number.isFinite(leftSeconds) ? this.#clock.after(leftSeconds, late) : undefined;
      try {
        const recognizer = await Promise.race([ended, this.open()]);
        if (ending) throw ending;
        if (!this.suits(chunk)) throw this.#unsuited(chunk);
        decode = recognizer.decode(chunk);
        return { ...(await decode.outcome), provider: this.name, model: recognizer.model };
      } finally {
        cancel?.();
      }
    };
    const stop = () => {
      endWait('ABORTED', 'The decode was aborted');
      decode?.stop();
    };
    return { outcome: run(), stop };
  }

  /** Gives up an opening that is under way; lets decodes finish. */
  async close(): Promise<void> {
    this.#abort.abort();
    const recognizer = await this.#opening?.catch(() => undefined);
    await recognizer?.close();
  }

  async #open(): Promise<Recognizer> {
    const { signal } = this.#abort;
    this.#openAgainAtSeconds = Number.POSITIVE_INFINITY;
    let recognizer: Recognizer | undefined;
    try {
      refuseIfAborted(signal);
      recognizer = await this.#provider.open(this.#plan, signal);
      await recognizer.warm();
      this.#recognizer = recognizer;
      return recognizer;
    } catch (error) {
      await recognizer?.close().catch(() => undefined);
      refuseIfAborted(signal);
      this.#openAgainAtSeconds = this.#clock.nowSeconds() + firstTrialSeconds;
      const message = `${this.name} could not be opened: ${describe(error)}`;
      throw new EngineError('PROVIDER_UNAVAILABLE', message, { cause: error });
    }
  }

  #unsuited({ language, translate }: Chunk): EngineError {
    const wanted = translate ? `a translation from '${language}'` : `'${language}'`;
    return new EngineError('LANGUAGE_UNSUPPORTED', `${this.name} does not do ${wanted}.`);
  }
}
