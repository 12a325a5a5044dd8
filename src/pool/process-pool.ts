import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';
import { renewedKey } from '../model/renewed-key.js';
import type { Decode } from '../provider/decode.js';
import type { Chunk, Loading, ModelUse } from '../provider/recognition.js';
import { type OpenModel, ResidentProcess } from '../provider/subprocess/resident-process.js';
import type { DecodingPool, LoadOptions } from './decoding-pool.js';

/** What the decoding process is told of a model. */
export interface OpenSettings {
  readonly use: ModelUse;
  readonly inTurn: boolean;
}

interface Held {
  readonly path: string;
  readonly model: OpenModel;
  /** How often it was loaded and not given back. */
  holders: number;
}

/** The slots in a process of their own, which is started with the first model, and again whenever it dies. */
export class ProcessPool implements DecodingPool {
  readonly slots: number;
  readonly #process: ResidentProcess;
  readonly #held = new Map<string, Held>();
  /** Loads and unloads, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  /** @param onDeath - called when the process has died */
  constructor(slots: number, onDeath?: () => void) {
    this.slots = slots;
    this.#process = new ResidentProcess({
      name: 'whisper-cpp',
      command: process.execPath,
      args: [fileURLToPath(new URL('./decoding-process.js', import.meta.url)), String(slots)],
      env: process.env as Readonly<Record<string, string>>,
      onDeath,
      renew: async (settings) => {
        const { use } = settings as unknown as OpenSettings;
        return { ...settings, use: { ...use, fileKey: await renewedKey(use.path, use.fileKey) } };
      },
    });
  }

  /** Of the process, while there is one; for tests and diagnostics. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  isWarm(path: string): boolean {
    return [...this.#held.values()].some((held) => held.path === path);
  }

  load(model: ModelUse, { inTurn = false, onWarm }: LoadOptions = {}): Promise<readonly Loading[]> {
    return this.#change(async () => {
      const key = JSON.stringify(model);
      const held = this.#held.get(key) ?? (await this.#open({ use: model, inTurn }));
      held.holders += 1;
      this.#held.set(key, held);
      onWarm?.(this.slots);
      return held.model.loading;
    });
  }

  unload(model: ModelUse): Promise<void> {
    return this.#change(async () => {
      const key = JSON.stringify(model);
      const held = this.#held.get(key);
      if (!held) return;
      held.holders -= 1;
      if (held.holders > 0) return;
      this.#held.delete(key);
      await held.model.close();
    });
  }

  decode(model: ModelUse, chunk: Chunk): Decode {
    const held = this.#held.get(JSON.stringify(model));
    if (!held) throw new EngineError('INTERNAL', 'A chunk was to be decoded with a model that was not loaded.');
    return held.model.decode(chunk);
  }

  async close(): Promise<void> {
    await this.#process.close();
  }

  async #open(settings: OpenSettings): Promise<Held> {
    await this.#process.start();
    return { path: settings.use.path, model: await this.#process.open({ ...settings }), holders: 0 };
  }

  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined);
    return done;
  }
}
