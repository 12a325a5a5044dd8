import { EngineError } from '../errors.js';
import type { Chunk, Loading, ModelUse, Recognition } from '../provider/recognition.js';
import type { SlotResult, SlotTask, WeightsResult, WeightsTask } from '../workers/protocol.js';
import { RollCall } from './roll-call.js';
import { stopFlag } from './stop-flag.js';
import { WorkerPool } from './worker-pool.js';

/** The model behind a text. */
export interface DecodingModel {
  readonly name: string;
  readonly variant: string;
  readonly path: string;
}

/** What a slot made of a chunk. */
export interface SlotOutcome {
  /** The model that decoded it, where the caller of the pool said so. */
  readonly model?: DecodingModel;
  /** How it was asked to decode, where the caller of the pool said so. */
  readonly asked?: Pick<Chunk, 'encoderContext' | 'beamSize'>;
  readonly recognition: Recognition;
  /** When the slot began, on the scale of `Clock.nowSeconds`. */
  readonly startedAtSeconds: number;
}

/** A decode that is under way. */
export interface Decode {
  readonly outcome: Promise<SlotOutcome>;
  /** Stops it within a graph node; `outcome` then rejects with `ABORTED`. */
  stop(): void;
}

export interface LoadOptions {
  /** Slots load one after the other, instead of all at once. @defaultValue false */
  readonly inTurn?: boolean;
  /** The slots are decoding: weights are read on a thread of their own, which costs its start. @defaultValue false */
  readonly beside?: boolean;
  /** Called when the weights are in memory and with each slot that is warm. */
  readonly onWarm?: (slotsWarm: number) => void;
}

/** The slots: one thread each, with warmed states over weights that all of them share. */
export class SlotPool {
  readonly slots: number;
  readonly #rollCall: RollCall;
  readonly #workers: WorkerPool<SlotTask, SlotResult>;
  #models: readonly ModelUse[] = [];
  /** How often each model was loaded and not given back: who loads it again must not lose it to who gives it back. */
  readonly #holders = new Map<string, number>();
  /** Loads and unloads, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  /** @param onDeath - called when a thread has died */
  constructor(slots: number, onDeath?: () => void) {
    this.slots = slots;
    this.#rollCall = new RollCall(() => this.threads.map((thread) => thread.threadId));
    this.#workers = new WorkerPool({
      worker: new URL('../workers/slot.js', import.meta.url),
      threads: slots,
      tasksPerThread: 1,
      setup: this.#rollCall.setup,
      onDeath,
      onThreadEnd: () => {
        this.#rollCall.proceed();
      },
    });
  }

  /** The slots' threads, for tests and diagnostics. */
  get threads() {
    return this.#workers.threads;
  }

  /**
   * Makes a model resident and warm on every slot, now and on slots that come later; each slot loads between two
   * decodes. A model that is held already costs nothing. When it fails, nothing of it stays.
   * @returns what it took, slot by slot
   * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT`, `MODEL_LOAD_FAILED`, `NATIVE_NOT_BUILT`, `WORKER_DIED`, `ENGINE_CLOSED`
   */
  load(model: ModelUse, options: LoadOptions = {}): Promise<readonly Loading[]> {
    return this.#change(async () => {
      const isHeld = this.#models.some((held) => keyOf(held) === keyOf(model));
      const weights = options.beside && !isHeld ? await readBeside(model) : undefined;
      try {
        if (weights) options.onWarm?.(0);
        const loadings = await this.#hold([...without(this.#models, model), model], options);
        this.#holders.set(keyOf(model), (this.#holders.get(keyOf(model)) ?? 0) + 1);
        return loadings;
      } finally {
        await weights?.close();
      }
    });
  }

  /** Gives one load of a model back; with the last one it is freed on every slot. No chunk of its holder may need it any more. */
  unload(model: ModelUse): Promise<void> {
    return this.#change(async () => {
      const holders = (this.#holders.get(keyOf(model)) ?? 0) - 1;
      if (holders > 0) this.#holders.set(keyOf(model), holders);
      else this.#holders.delete(keyOf(model));
      if (holders !== 0) return;
      await this.#hold(without(this.#models, model), {});
    });
  }

  /** Decodes one chunk. There must be a free slot: the scheduler sees to that. */
  decode(model: ModelUse, chunk: Chunk): Decode {
    const flag = stopFlag();
    const outcome = this.#workers.run({ kind: 'decode', model, chunk, control: flag.control });
    return { outcome: outcome.finally(flag.release), stop: flag.raise };
  }

  /** Lets the decodes under way finish, then frees everything. */
  async close(): Promise<void> {
    this.#rollCall.close();
    await this.#workers.close();
  }

  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  async #hold(models: readonly ModelUse[], { inTurn = false, onWarm }: LoadOptions): Promise<readonly Loading[]> {
    await this.#workers.revive();
    const options = { inTurn, onAnswer: (slotsHolding: number) => onWarm?.(slotsHolding) };
    const answers = await this.#rollCall.hold(models, options);
    const refusal = answers.find((answer) => !answer.ok);
    if (refusal) {
      await this.#rollCall.hold(this.#models, { inTurn: false, onAnswer: () => undefined });
      throw EngineError.fromWire(refusal.error);
    }
    this.#models = models;
    // The model in question is the last of the list.
    return answers.flatMap((answer) => (answer.ok ? answer.result.slice(-1) : []));
  }
}

function without(models: readonly ModelUse[], model: ModelUse): readonly ModelUse[] {
  return models.filter((held) => keyOf(held) !== keyOf(model));
}

function keyOf(model: ModelUse): string {
  return JSON.stringify(model);
}

async function readBeside(model: ModelUse): Promise<WorkerPool<WeightsTask, WeightsResult>> {
  const worker = new URL('../workers/weights.js', import.meta.url);
  const weights = new WorkerPool<WeightsTask, WeightsResult>({ worker, threads: 1, tasksPerThread: 1 });
  try {
    await weights.run({ kind: 'read', model });
    return weights;
  } catch (error) {
    await weights.close();
    throw error;
  }
}
