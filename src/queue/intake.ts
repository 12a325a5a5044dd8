import { randomUUID } from 'node:crypto';
import { answerOf, type JobQueue } from './database.js';
import { jobId } from './job-id.js';
import {
  checkedAttempts,
  checkedDecoding,
  type EnqueueOptions,
  type JobRequest,
  priorityNumber,
} from './job-request.js';
import type { StoredJob } from './job-status.js';
import type { ResolvedQueue } from './options.js';
import { audioIdentity } from './uri/audio-identity.js';

/** One of many jobs. */
export interface JobOrder extends EnqueueOptions {
  readonly uri: string;
}

export interface EnqueuedJob {
  readonly id: string;
  readonly isRepeat: boolean;
}

/** Added in one transaction. */
const batchJobs = 500;
/** Audio that is asked for its identity at the same time. */
const askedAtOnce = 16;

/** Brings orders into the queue, each audio with its options once. */
export class Intake {
  readonly #jobs: JobQueue;
  readonly #options: ResolvedQueue;

  constructor(jobs: JobQueue, options: ResolvedQueue) {
    this.#jobs = jobs;
    this.#options = options;
  }

  /** In the order in which they come; each batch is in the queue before the next one is read. */
  async *batches(orders: Iterable<JobOrder> | AsyncIterable<JobOrder>): AsyncGenerator<EnqueuedJob[]> {
    let batch: JobOrder[] = [];
    for await (const order of orders) {
      batch.push(order);
      if (batch.length < batchJobs) continue;
      yield await this.#add(batch);
      batch = [];
    }
    if (batch.length > 0) yield await this.#add(batch);
  }

  /** Whether the job was dead and is tried anew. */
  async revive(job: StoredJob): Promise<boolean> {
    if (!(await answerOf(job.isFailed()))) return false;
    try {
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    } catch (error) {
      // Somebody else was faster.
      if (await answerOf(job.isFailed())) throw error;
    }
    return true;
  }

  async #add(orders: readonly JobOrder[]): Promise<EnqueuedJob[]> {
    const entries: Entry[] = [];
    for (let from = 0; from < orders.length; from += askedAtOnce) {
      const asked = orders.slice(from, from + askedAtOnce).map((order) => entryOf(order, this.#options));
      entries.push(...(await Promise.all(asked)));
    }
    // Whoever comes second adds nothing, and reads the ticket of the first.
    await answerOf(this.#jobs.addBulk(entries));
    return await Promise.all(entries.map((entry) => this.#added(entry)));
  }

  async #added({ data, opts }: Entry): Promise<EnqueuedJob> {
    const { jobId: id } = opts;
    const job = await answerOf(this.#jobs.getJob(id));
    const isNew = !job || job.data.ticket === data.ticket || (await this.revive(job));
    return { id, isRepeat: !isNew };
  }
}

type Entry = Awaited<ReturnType<typeof entryOf>>;

async function entryOf({ uri, ...options }: JobOrder, settings: ResolvedQueue) {
  const decoding = checkedDecoding(options);
  const priority = priorityNumber(options.priority);
  const attempts = checkedAttempts(options.attempts ?? settings.attempts);
  const identity = options.identity ?? (await identityOf(uri, settings));
  const data: JobRequest = { uri, identity, decoding, ticket: randomUUID() };
  const opts = {
    jobId: jobId(settings.model, data),
    attempts,
    backoff: { type: 'exponential', delay: 1000 * settings.backoffSeconds, jitter: 0.2 },
    removeOnComplete: { age: settings.keepSeconds },
    removeOnFail: { age: settings.keepDeadSeconds },
    stackTraceLimit: 1,
    ...(priority > 0 && { priority }),
  };
  return { name: 'transcribe', data, opts };
}

async function identityOf(uri: string, { allowPrivate }: ResolvedQueue): Promise<string> {
  const audio = await audioIdentity(uri, { allowPrivate });
  return JSON.stringify([audio.uri, audio.revision]);
}
