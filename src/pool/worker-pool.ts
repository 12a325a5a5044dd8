import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { EngineError } from '../errors.js';
import type { Reply } from '../workers/protocol.js';

export interface WorkerPoolOptions {
  /** The compiled worker module; its default export answers one task with a `Reply`. */
  readonly worker: URL;
  readonly threads: number;
  /** Tasks a thread has under way at once; more than one only for tasks that wait. */
  readonly tasksPerThread: number;
  /** What every new thread finds as `workerData`; read again for each. */
  readonly setup?: object;
  /** Called when a thread has ended; its replacement, if there is one, is among `threads` already. */
  readonly onThreadEnd?: () => void;
  /** Called when a thread has ended that was not told to. */
  readonly onDeath?: (() => void) | undefined;
}

/** A fixed number of resident threads of one kind. Waiting is the caller's: a task is run when it is given. */
export class WorkerPool<Task extends { readonly kind: string }, Result extends { readonly kind: string }> {
  readonly #start: () => Piscina;
  #piscina: Piscina;
  readonly #underWay = new Set<Promise<unknown>>();
  #recovery: Promise<void> | undefined;
  #end: Promise<void> | undefined;

  constructor({ worker, threads, tasksPerThread, setup, onThreadEnd, onDeath }: WorkerPoolOptions) {
    this.#start = () => {
      const piscina = new Piscina({
        filename: fileURLToPath(worker),
        minThreads: threads,
        maxThreads: threads,
        concurrentTasksPerWorker: tasksPerThread,
        // A thread that sleeps in Atomics.wait cannot answer anything else, ffmpeg's output included.
        atomics: 'disabled',
        idleTimeout: Number.POSITIVE_INFINITY,
        maxQueue: Number.POSITIVE_INFINITY,
        workerData: setup,
      });
      // An idle worker that dies is replaced and harms nobody.
      piscina.on('error', () => undefined);
      piscina.on('workerDestroy', () => {
        if (!this.#end) onDeath?.();
        // Its replacement is there in a moment, if there is to be one.
        queueMicrotask(() => {
          this.#recover();
          onThreadEnd?.();
        });
      });
      return piscina;
    };
    this.#piscina = this.#start();
  }

  /** The threads that run now, for tests and diagnostics. */
  get threads() {
    return this.#piscina.threads;
  }

  /**
   * Runs one task on any thread that has room for it.
   * @param transfer - memory of the task that is the thread's from now on
   * @throws EngineError what the task threw, `WORKER_DIED`, or `ENGINE_CLOSED`
   */
  async run<Kind extends Task['kind'] & Result['kind']>(
    task: Task & { readonly kind: Kind },
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Extract<Result, { readonly kind: Kind }>> {
    const answer = await this.#answer(task, transfer);
    if (!answer.ok) throw EngineError.fromWire(answer.error);
    return answer.result as Extract<Result, { readonly kind: Kind }>;
  }

  /** Starts all threads again when none is left. */
  async revive(): Promise<void> {
    if (!this.#recovery) return;
    await this.#recovery;
    if (this.#end || this.threads.length > 0) return;
    this.#recovery = undefined;
    this.#piscina = this.#start();
  }

  /** Lets the tasks under way finish, however long they take, then ends the threads. */
  close(): Promise<void> {
    this.#end ??= this.#close();
    return this.#end;
  }

  async #answer(task: Task, transfer: readonly ArrayBuffer[]): Promise<Reply<Result>> {
    if (this.#recovery) await this.revive();
    if (this.#end) throw new EngineError('ENGINE_CLOSED', 'The worker threads have ended.');
    // No signal: Piscina's would terminate the thread and its warm states.
    const answer = this.#piscina.run(task, { transferList: [...transfer] }) as Promise<Reply<Result>>;
    this.#underWay.add(answer);
    try {
      return await answer;
    } catch (cause) {
      throw new EngineError('WORKER_DIED', 'A worker thread ended while it had work. Try again.', { cause });
    } finally {
      this.#underWay.delete(answer);
    }
  }

  /** A worker that dies while it starts is not replaced. When none is left, what waits would wait for ever. */
  #recover(): void {
    if (!this.#end && this.#piscina.threads.length === 0) this.#recovery = this.#piscina.destroy();
  }

  async #close(): Promise<void> {
    // Piscina's own close() ends the threads as soon as one of them has finished.
    await Promise.allSettled(this.#underWay);
    await this.#piscina.destroy();
  }
}
