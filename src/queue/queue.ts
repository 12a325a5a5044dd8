import { setMaxListeners } from 'node:events';
import { EngineError } from '../errors.js';
import type { Transcript } from '../transcript/transcript.js';
import { answerOf, closeConnection, type JobQueue, openEvents, openQueue } from './database.js';
import { type QueueDepth, readDepth } from './depth.js';
import type { FailureReason } from './failure-reason.js';
import { type EnqueuedJob, Intake, type JobOrder } from './intake.js';
import type { EnqueueOptions } from './job-request.js';
import { type JobStatus, readStatus } from './job-status.js';
import { type QueueOptions, type ResolvedPlace, resolvedPlace, resolvedQueue } from './options.js';
import { type QueueMetrics, queueMetrics } from './queue-metrics.js';
import { ResultWatch } from './result-watch.js';

/** A job that was enqueued, now or earlier. */
export interface QueuedJob {
  /** Of the audio, the model and the options. */
  readonly id: string;
  /** Whether it was there already: waiting, under way or done. */
  readonly isRepeat: boolean;
  /** As `Queue.status`. */
  status(): Promise<JobStatus>;
  /** As `Queue.result`. */
  result(options?: ResultOptions): Promise<Transcript>;
}

export interface ResultOptions {
  /** Gives up waiting; the job goes on. */
  readonly signal?: AbortSignal | undefined;
}

/** A job that is not tried any more. */
export interface DeadLetter {
  readonly id: string;
  readonly uri: string;
  readonly reason: FailureReason;
  readonly attemptsMade: number;
  readonly finishedAt: Date;
}

/**
 * Opens a queue that machines share. Workers (`createWorker`, `whisperpool work`) take its jobs.
 * @throws EngineError `OPTION_INVALID`, `QUEUE_UNAVAILABLE`
 */
export async function createQueue(options: QueueOptions): Promise<Queue> {
  const settings = resolvedQueue(options);
  const place = resolvedPlace(options, settings.model);
  const jobs = await openQueue(place);
  return new Queue(jobs, place, new Intake(jobs, settings));
}

/** A queue that machines share, as seen by who enqueues. */
export class Queue implements AsyncDisposable {
  /** For Prometheus: how much is to do. */
  readonly metrics: QueueMetrics;
  readonly #jobs: JobQueue;
  readonly #place: ResolvedPlace;
  readonly #intake: Intake;
  readonly #watch: ResultWatch;
  readonly #closing = new AbortController();

  /** @internal Use `createQueue`. */
  constructor(jobs: JobQueue, place: ResolvedPlace, intake: Intake) {
    this.#jobs = jobs;
    this.#place = place;
    this.#intake = intake;
    this.#watch = new ResultWatch(() => openEvents(place));
    this.metrics = queueMetrics(place.queueName, () => this.depth());
    // Each result that is waited for listens.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Adds a job, unless the same audio, model and options are there already: then that job is given back, and nothing is
   * done again. A dead one is tried anew. After `QUEUE_UNAVAILABLE` it may have been added all the same; enqueue it again.
   * @throws EngineError `URI_REFUSED`, `OPTION_INVALID`, `LANGUAGE_UNKNOWN`, `QUEUE_UNAVAILABLE`
   */
  async enqueue(uri: string, options: EnqueueOptions = {}): Promise<QueuedJob> {
    const [job] = await this.enqueueAll([{ ...options, uri }]);
    if (!job) throw new EngineError('INTERNAL', 'One job went in and none came out.');
    return job;
  }

  /**
   * Adds many jobs, some hundreds at a time; all of a batch or none. What was added before an error stays.
   * @throws EngineError as `enqueue`
   */
  async enqueueAll(orders: Iterable<JobOrder> | AsyncIterable<JobOrder>): Promise<QueuedJob[]> {
    this.#refuseClosed();
    const enqueued: EnqueuedJob[] = [];
    for await (const batch of this.#intake.batches(orders)) enqueued.push(...batch);
    return enqueued.map((job) => ({
      ...job,
      status: () => this.status(job.id),
      result: (options) => this.result(job.id, options),
    }));
  }

  /** @throws EngineError `QUEUE_UNAVAILABLE` */
  async status(id: string): Promise<JobStatus> {
    this.#refuseClosed();
    const [state, job] = await answerOf(Promise.all([this.#jobs.getJobState(id), this.#jobs.getJob(id)]));
    return readStatus(job, state);
  }

  /**
   * The transcript, when the job is done. It waits through tries, workers that come and go, and a database that is away.
   * @throws EngineError `JOB_FAILED` with the reason of a dead job, `JOB_UNKNOWN`, `ABORTED` by the signal,
   * `QUEUE_UNAVAILABLE` when the queue is closed
   */
  async result(id: string, { signal }: ResultOptions = {}): Promise<Transcript> {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    for (;;) {
      this.#refuseClosed();
      if (signal?.aborted) throw new EngineError('ABORTED', 'Nobody waits for this job any more; it goes on.');
      const changed = this.#watch.change(id, stop);
      const ended = await this.#ended(id);
      if (ended) return ended;
      await changed;
    }
  }

  /** @throws EngineError `QUEUE_UNAVAILABLE` */
  async depth(): Promise<QueueDepth> {
    this.#refuseClosed();
    return await answerOf(readDepth(this.#jobs, Date.now()));
  }

  /**
   * Dead jobs, latest first.
   * @throws EngineError `QUEUE_UNAVAILABLE`
   */
  async deadLetters({ limit = 100 }: { readonly limit?: number } = {}): Promise<DeadLetter[]> {
    this.#refuseClosed();
    const jobs = await answerOf(this.#jobs.getFailed(0, limit - 1));
    return jobs.flatMap((job) => {
      const status = readStatus(job, 'failed');
      if (status.state !== 'dead' || job.id === undefined) return [];
      const { attemptsMade, finishedAt, reason } = status;
      return [{ id: job.id, uri: job.data.uri, reason, attemptsMade, finishedAt }];
    });
  }

  /**
   * Tries a dead job anew, with as many tries as at first.
   * @throws EngineError `JOB_UNKNOWN` when there is no dead one with this id, `QUEUE_UNAVAILABLE`
   */
  async retry(id: string): Promise<void> {
    this.#refuseClosed();
    const job = await answerOf(this.#jobs.getJob(id));
    if (!job || !(await this.#intake.revive(job))) throw unknown(id, 'dead job');
  }

  /**
   * Forgets a job and its result. One that a worker has now is left alone.
   * @returns whether it was forgotten
   * @throws EngineError `QUEUE_UNAVAILABLE`
   */
  async remove(id: string): Promise<boolean> {
    this.#refuseClosed();
    return (await answerOf(this.#jobs.remove(id))) === 1;
  }

  /** Ends the connection; jobs go on. Whoever waits for a result is told `QUEUE_UNAVAILABLE`. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.metrics.close();
    const end = (connected: Parameters<typeof closeConnection>[0]) =>
      closeConnection(connected, this.#place.answerSeconds);
    await Promise.all([this.#watch.close(end), end(this.#jobs)]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The transcript of a job that is done; nothing while it may still be. */
  async #ended(id: string): Promise<Transcript | undefined> {
    const status = await this.status(id).catch((error: unknown) => {
      if (error instanceof EngineError && error.code === 'QUEUE_UNAVAILABLE') return undefined;
      throw error;
    });
    switch (status?.state) {
      case undefined:
      case 'waiting':
      case 'active':
        return undefined;
      case 'done':
        return status.transcript;
      case 'unknown':
        throw unknown(id, 'job');
      case 'dead': {
        const { code, message } = status.reason;
        throw new EngineError('JOB_FAILED', `The job is dead after ${status.attemptsMade} tries: ${code}. ${message}`, {
          cause: new EngineError(code, message),
        });
      }
      default:
        return status satisfies never;
    }
  }

  #refuseClosed(): void {
    if (this.#closing.signal.aborted) {
      throw new EngineError('QUEUE_UNAVAILABLE', 'This queue is closed. Open it again with createQueue().');
    }
  }
}

function unknown(id: string, what: string): EngineError {
  return new EngineError('JOB_UNKNOWN', `The queue has no ${what} ${id}. If it is to be done, enqueue it again.`);
}
