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
}

/** A fixed number of resident threads of one kind. Waiting is the caller's: a task is run when it is given. */
export class WorkerPool<Task extends { readonly kind: string }, Result extends { readonly kind: string }> {
  readonly #piscina: Piscina;

  constructor({ worker, threads, tasksPerThread, setup }: WorkerPoolOptions) {
    this.#piscina = new Piscina({
      filename: fileURLToPath(worker),
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: tasksPerThread,
      // A thread that sleeps in Atomics.wait cannot answer anything else, ffmpeg's output included.
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
      maxQueue: Number.POSITIVE_INFINITY,
      workerData: setup,
      // A chunk that is already being decoded is waited for, however long; who cannot wait stops it.
      closeTimeout: 2 ** 31 - 1,
    });
    // An idle worker that dies is replaced and harms nobody. One that dies while it starts is not replaced: when
    // none is left, what still waits would wait for ever.
    this.#piscina.on('error', () => {
      if (this.#piscina.threads.length === 0) void this.#piscina.destroy();
    });
  }

  /** The threads that run now, for tests and diagnostics. */
  get threads() {
    return this.#piscina.threads;
  }

  /**
   * Runs one task on any thread that has room for it.
   * @throws EngineError what the task threw, or `WORKER_DIED`
   */
  async run<Kind extends Task['kind'] & Result['kind']>(
    task: Task & { readonly kind: Kind },
  ): Promise<Extract<Result, { readonly kind: Kind }>> {
    let answer: Reply<Result>;
    try {
      // No signal: Piscina's would terminate the thread and its warm states.
      answer = (await this.#piscina.run(task)) as Reply<Result>;
    } catch (cause) {
      throw new EngineError('WORKER_DIED', 'A worker thread ended while it had work. Try again.', { cause });
    }
    if (!answer.ok) throw EngineError.fromWire(answer.error);
    return answer.result as Extract<Result, { readonly kind: Kind }>;
  }

  /** Lets the tasks under way finish, then ends the threads. */
  close(): Promise<void> {
    return this.#piscina.close();
  }
}
