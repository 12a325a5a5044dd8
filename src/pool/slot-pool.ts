import { EngineError } from '../errors.js';
import type { Decode } from '../provider/decode.js';
import type { Chunk, Loading, ModelUse } from '../provider/recognition.js';
import type { SlotResult, SlotTask, WeightsResult, WeightsTask } from '../workers/protocol.js';
import type { DecodingPool, LoadOptions } from './decoding-pool.js';
import { RollCall } from './roll-call.js';
import { stopFlag } from './stop-flag.js';
import { WorkerPool } from './worker-pool.js';

export type { Decode, SlotOutcome } from '../provider/decode.js';

interface Held {
  /** What it took, slot by slot. */
  readonly loadings: readonly Loading[];
  /** How often it was loaded and not given back: who loads it again must not lose it to who gives it back. */
  holders: number;
}

/** The slots: one thread each, with warmed states over weights that all of them share. */
export class SlotPool implements DecodingPool {
  readonly slots: number;
  readonly #rollCall: RollCall;
  readonly #workers: WorkerPool<SlotTask, SlotResult>;
  #models: readonly ModelUse[] = [];
  readonly #held = new Map<string, Held>();
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

  load(model: ModelUse, options: LoadOptions = {}): Promise<readonly Loading[]> {
    return this.#change(async () => {
      const held = this.#held.get(keyOf(model));
      if (held) {
        // No slot is asked: each would answer after its decode, and what comes later is warm before it decodes.
        await this.#workers.revive();
        held.holders += 1;
        return held.loadings;
      }
      const weights = options.beside ? await readBeside(model) : undefined;
      try {
        if (weights) options.onWarm?.(0);
        const loadings = await this.#hold([...without(this.#models, model), model], options);
        this.#held.set(keyOf(model), { loadings, holders: 1 });
        return loadings;
      } finally {
        await weights?.close();
      }
    });
  }

  isWarm(path: string): boolean {
    return this.#models.some((held) => held.path === path);
  }

  unload(model: ModelUse): Promise<void> {
    return this.#change(async () => {
      const held = this.#held.get(keyOf(model));
      if (!held) return;
      held.holders -= 1;
      if (held.holders > 0) return;
      this.#held.delete(keyOf(model));
      await this.#hold(without(this.#models, model), {});
    });
  }

  decode(model: ModelUse, chunk: Chunk): Decode {
    const flag = stopFlag();
    const outcome = this.#workers.run({ kind: 'decode', model, chunk, control: flag.control });
    return { outcome: outcome.finally(flag.release), stop: flag.raise };
  }

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
