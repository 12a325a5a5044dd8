import type { Chunk, Loading, ModelUse, Recognition } from '../provider/recognition.js';
import type { SlotResult, SlotSetup, SlotTask } from '../workers/protocol.js';
import { stopFlag } from './stop-flag.js';
import { WorkerPool } from './worker-pool.js';

/** What a slot made of a chunk. */
export interface SlotOutcome {
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

/** The slots: one thread each, with warmed states over weights that all of them share. */
export class SlotPool {
  readonly slots: number;
  readonly #resident: ModelUse[] = [];
  readonly #workers: WorkerPool<SlotTask, SlotResult>;

  constructor(slots: number) {
    this.slots = slots;
    const setup: SlotSetup = { resident: this.#resident };
    const worker = new URL('../workers/slot.js', import.meta.url);
    this.#workers = new WorkerPool({ worker, threads: slots, tasksPerThread: 1, setup });
  }

  /** The slots' threads, for tests and diagnostics. */
  get threads() {
    return this.#workers.threads;
  }

  /**
   * Makes a model resident and warm on every slot, now and on slots that come later. All slots must be free.
   * @throws EngineError `MODEL_MISSING`, `MODEL_LOAD_FAILED`, `NATIVE_NOT_BUILT`, `WORKER_DIED`
   */
  async load(model: ModelUse): Promise<readonly Loading[]> {
    const arrivals = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const task = { kind: 'load', model, arrivals, slots: this.slots } as const;
    const loadOnOne = () =>
      this.#workers.run(task).catch((error: unknown) => {
        // Who is gone will not arrive; the others need not wait for it.
        Atomics.add(arrivals, 0, 1);
        Atomics.notify(arrivals, 0);
        throw error;
      });
    const loaded = await Promise.allSettled(Array.from({ length: this.slots }, loadOnOne));
    const loadings = loaded.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value.loading;
    });
    this.#resident.push(model);
    return loadings;
  }

  /** Decodes one chunk. There must be a free slot: the scheduler sees to that. */
  decode(model: ModelUse, chunk: Chunk): Decode {
    const flag = stopFlag();
    const outcome = this.#workers.run({ kind: 'decode', model, chunk, control: flag.control });
    return { outcome: outcome.finally(flag.release), stop: flag.raise };
  }

  /** Lets the decodes under way finish, then frees everything. */
  close(): Promise<void> {
    return this.#workers.close();
  }
}
