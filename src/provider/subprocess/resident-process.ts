import { EngineError } from '../../errors.js';
import type { Decode } from '../decode.js';
import type { Capabilities } from '../provider.js';
import type { Chunk, Loading } from '../recognition.js';
import { DecodeLine } from './decode-line.js';
import type { HeldModel } from './held-model.js';
import { HostHold } from './host-hold.js';
import { Lives } from './lives.js';
import { ProcessDecode } from './process-decode.js';
import type { Hello, ModelSettings } from './protocol.js';
import type { ChildDeath, ProviderChild } from './provider-child.js';
import {
  type ResidentProcessOptions,
  type ResolvedResidentOptions,
  resolveResidentOptions,
} from './resident-options.js';
import { unlessAborted } from './unless-aborted.js';

export type { ProcessDeath, ResidentProcessOptions } from './resident-options.js';

/** What is under way when a process is closed has this long to finish. */
const drainSeconds = 10;

/** A model that stays open over restarts. */
export interface OpenModel {
  readonly capabilities: Capabilities;
  /** What opening it took the last time. */
  readonly loading: readonly Loading[];
  /**
   * @param onText - told what is known so far of the text, by a provider that streams; must not throw
   * @see Recognizer.decode
   */
  decode(chunk: Chunk, onText?: (text: string) => void): Decode;
  /** Frees it. No decode of it may be under way. */
  close(): Promise<void>;
}

/** A provider's process that is started once, stays warm, and is started again when it dies. */
export class ResidentProcess {
  readonly #options: ResolvedResidentOptions;
  readonly #lives: Lives;
  readonly #hold = new HostHold();
  readonly #line = new DecodeLine();
  readonly #models = new Set<HeldModel>();
  #decodes = 0;
  #onIdle: () => void = () => undefined;
  #end: Promise<void> | undefined;

  constructor(options: ResidentProcessOptions) {
    this.#options = resolveResidentOptions(options);
    this.#lives = new Lives(this.#options, {
      prepare: (child) => this.#openAgain(child),
      onRoom: () => this.#feed(),
      onRefusal: (error) => this.#line.refuse(error),
      onDeath: (death) => this.#died(death),
    });
  }

  /** What it said when it was last started. */
  get hello(): Hello | undefined {
    return this.#lives.hello;
  }

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.#lives.pid;
  }

  /**
   * Starts it, unless it was started. A first start that fails is not tried again by itself.
   * @throws EngineError `PROVIDER_UNAVAILABLE`, `ABORTED`, `ENGINE_CLOSED`
   */
  async start(signal?: AbortSignal): Promise<Hello> {
    this.#lives.start();
    const child = await this.#hold.during(this.#lives.untilServing(signal));
    return child.hello;
  }

  /**
   * Opens a model, now and after every restart.
   * @throws EngineError as its provider says, `PROVIDER_UNAVAILABLE`, `ABORTED`, `ENGINE_CLOSED`
   */
  open(settings: ModelSettings, signal?: AbortSignal): Promise<OpenModel> {
    return this.#hold.during(this.#open(settings, signal));
  }

  /** Takes no more work, lets what is under way finish for at most 10 s, then ends the process. Idempotent. */
  close(): Promise<void> {
    this.#end ??= this.#hold.during(this.#lives.end(() => this.#idle()));
    return this.#end;
  }

  async #open(settings: ModelSettings, signal: AbortSignal | undefined): Promise<OpenModel> {
    const child = await this.#lives.untilServing(signal);
    const opening = this.#openIn(child, settings);
    try {
      return this.#openModel(await unlessAborted(opening, signal));
    } catch (error) {
      // Whoever gave up does not want it when it comes.
      opening.then((model) => this.#closeModel(model)).catch(() => undefined);
      const isDead = error instanceof EngineError && error.code === 'WORKER_DIED';
      throw isDead ? this.#lives.unavailable(error.message) : error;
    }
  }

  async #openIn(child: ProviderChild, settings: ModelSettings): Promise<HeldModel> {
    const model = { settings, opened: await child.open(settings) };
    this.#models.add(model);
    return model;
  }

  async #openAgain(child: ProviderChild): Promise<void> {
    for (const model of this.#models) {
      model.opened = await child.open(await this.#options.renew(model.settings));
      // It may have been closed meanwhile.
      if (!this.#models.has(model)) await child.close(model.opened);
    }
  }

  #openModel(model: HeldModel): OpenModel {
    return {
      get capabilities() {
        return model.opened.capabilities;
      },
      get loading() {
        return model.opened.loading;
      },
      decode: (chunk, onText = () => undefined) => this.#decode(model, chunk, onText),
      close: () => this.#hold.during(this.#closeModel(model)),
    };
  }

  async #closeModel(model: HeldModel): Promise<void> {
    if (!this.#models.delete(model)) return;
    // With its process it is gone, too.
    await this.#lives.serving?.close(model.opened).catch(() => undefined);
  }

  #decode(model: HeldModel, chunk: Chunk, onText: (text: string) => void): Decode {
    const onSettled = () => this.#settled(decode);
    const decode = new ProcessDecode({ model, chunk, clock: this.#options.clock, onText, onSettled });
    this.#decodes += 1;
    this.#hold.take();
    const { refusal } = this.#lives;
    if (refusal) decode.fail(refusal);
    else this.#line.add(decode);
    this.#feed();
    return decode;
  }

  #settled(decode: ProcessDecode): void {
    this.#line.settled(decode);
    this.#hold.release();
    this.#decodes -= 1;
    if (this.#decodes === 0) this.#onIdle();
  }

  #feed(): void {
    const child = this.#lives.serving;
    if (child) this.#line.feed(child);
  }

  #died({ reason, diedAtSeconds, servedDecodes, chunks }: ChildDeath): void {
    this.#line.suspect(chunks);
    if (this.#end) this.#onIdle();
    else this.#options.onDeath?.({ reason, atSeconds: diedAtSeconds, servedDecodes });
  }

  /** Resolves when nothing is under way, when nothing can be any more, or when there was time enough. */
  async #idle(): Promise<void> {
    if (this.#decodes === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(drainSeconds, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }
}
