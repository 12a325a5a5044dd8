import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type Processor,
  Queue,
  QueueEvents,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { systemClock } from '../clock.js';
import { describe, EngineError } from '../errors.js';
import type { Transcript } from '../transcript/transcript.js';
import type { JobRequest } from './job-request.js';
import type { ResolvedPlace } from './options.js';

/** Longer than BullMQ's longest wait for a job, 10 s: a connection that is silent so long leads nowhere. */
const silenceMilliseconds = 20_000;
/** A reconnect is tried at least so often. */
const longestPauseMilliseconds = 2000;
/** Events are only wake-up calls, and each result is in one of them: more would be kept twice. */
const eventsKept = 100;

export type JobQueue = Queue<JobRequest, Transcript>;
export type JobWorker = Worker<JobRequest, Transcript>;
export type JobProcessor = Processor<JobRequest, Transcript>;

/**
 * The queue as its clients see it. What is asked of it is answered or fails in `answerSeconds`: nothing waits without
 * an end for a database that is gone.
 * @throws EngineError `QUEUE_UNAVAILABLE`
 */
export async function openQueue(place: ResolvedPlace): Promise<JobQueue> {
  const milliseconds = 1000 * place.answerSeconds;
  const queue: JobQueue = new Queue(
    place.queueName,
    {
      connection: connection(place, { commandTimeout: milliseconds, connectTimeout: milliseconds }),
      streams: { events: { maxLen: eventsKept } },
    },
    backend(place),
  );
  return await opened(queue, place);
}

/** Takes jobs once its `run` is called. It waits for a database that is gone, and goes on. */
export async function openWorker(
  place: ResolvedPlace,
  processor: JobProcessor,
  options: Omit<WorkerOptions, 'connection'>,
): Promise<JobWorker> {
  const settings = { ...options, connection: waiting(place), autorun: false, runRetryDelay: longestPauseMilliseconds };
  return await opened(new Worker(place.queueName, processor, settings, backend(place)), place);
}

/** @throws EngineError `QUEUE_UNAVAILABLE` */
export async function openEvents(place: ResolvedPlace): Promise<QueueEvents> {
  // Those that are kept are told, too: nothing falls between the question and the connection.
  const settings = { connection: waiting(place), lastEventId: '0' };
  return await opened(new QueueEvents(place.queueName, settings, backend(place)), place);
}

/**
 * What was asked of the database.
 * @throws EngineError `QUEUE_UNAVAILABLE`
 */
export async function answerOf<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw unavailable(error);
  }
}

interface Connected {
  waitUntilReady(): Promise<unknown>;
  close(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  on(kind: 'error', listener: (error: Error) => void): unknown;
}

/** Ends a connection, politely if its database still answers. */
export async function closeConnection(connected: Connected, answerSeconds: number): Promise<void> {
  const closed = connected.close().catch(() => undefined);
  if (await within(answerSeconds, closed)) return;
  await within(
    answerSeconds,
    connected.disconnect().catch(() => undefined),
  );
}

async function opened<Kind extends Connected>(
  connected: Kind,
  { answerSeconds, logger }: ResolvedPlace,
): Promise<Kind> {
  let complaint: string | undefined;
  connected.on('error', (error) => {
    const text = describe(error);
    if (text !== complaint) logger.warn({ error: text }, 'The queue does not answer as it should.');
    complaint = text;
  });
  const ready = connected.waitUntilReady().then(() => undefined);
  const failed = ready.catch((error: unknown) => error);
  if ((await within(answerSeconds, failed)) && (await failed) === undefined) return connected;
  void closeConnection(connected, answerSeconds);
  throw unavailable(complaint ?? 'there was no answer');
}

/** Whether it settled in time. */
async function within(seconds: number, settled: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = systemClock.after(seconds, () => resolve(false));
  });
  return await Promise.race([settled.then(() => true), late]).finally(() => cancel());
}

function unavailable(cause: unknown): EngineError {
  return new EngineError(
    'QUEUE_UNAVAILABLE',
    `The queue cannot be reached (${describe(cause)}). Look at whether its database runs, then try again: what was enqueued meanwhile is not done twice.`,
    { cause },
  );
}

function waiting(place: ResolvedPlace) {
  return connection(place, { maxRetriesPerRequest: null, socketTimeout: silenceMilliseconds });
}

function connection({ database, answerSeconds }: ResolvedPlace, settings: object) {
  switch (database.kind) {
    case 'redis':
      return {
        url: database.url,
        retryStrategy: (times: number) => Math.min(50 * 2 ** times, longestPauseMilliseconds),
        ...settings,
      };
    case 'postgres':
      return { connectionString: database.url, connectionTimeoutMillis: 1000 * answerSeconds, migrate: true };
    default:
      return database.kind satisfies never;
  }
}

/** BullMQ types everything by its Redis backend; what is used here, both have. */
function backend({ database }: ResolvedPlace): BackendFactory<RedisQueueBackend> {
  if (database.kind === 'redis') return createRedisBackend;
  return createPostgresBackend as unknown as BackendFactory<RedisQueueBackend>;
}
