import { type Clock, systemClock } from '../clock.js';
import { createEngine, type Engine } from '../engine/engine.js';
import type { Transcript } from '../transcript/transcript.js';
import { closeConnection, type JobWorker, openWorker } from './database.js';
import { Delivery, type DeliveryTools } from './delivery.js';
import type { StoredJob } from './job-status.js';
import {
  type ResolvedPlace,
  type ResolvedWorker,
  resolvedPlace,
  resolvedWorker,
  type WorkerOptions,
} from './options.js';
import { ResultFolder } from './result-folder.js';
import { openScratchFolder, type ScratchFolder } from './scratch-folder.js';
import { fetchAudio } from './uri/fetch-audio.js';

/**
 * Takes jobs of a queue until it is closed. A database that goes away later is waited for.
 * @throws EngineError as `createEngine`; `QUEUE_UNAVAILABLE`, `OPTION_INVALID`, `DISK_FULL` for the folder of results
 */
export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const settings = resolvedWorker(options);
  const place = resolvedPlace(options, settings.engine.model);
  // The last one that was opened is the first to close.
  const opened: AsyncDisposable[] = [];
  const keep = <Kind extends AsyncDisposable>(part: Kind): Kind => {
    opened.unshift(part);
    return part;
  };
  let worker: Worker | undefined;
  try {
    const jobs = await openWorker(place, (job, token = '') => running(worker).deliver(job, token), {
      lockDuration: 1000 * settings.lockSeconds,
      stalledInterval: 500 * settings.lockSeconds,
      maxStalledCount: settings.lossLimit - 1,
      // Each delivery renews its own: when it is lost, so is the work.
      skipLockRenewal: true,
    });
    keep({ [Symbol.asyncDispose]: () => closeConnection(jobs, place.answerSeconds) });
    const scratch = keep(await openScratchFolder(settings.fetch.folder));
    const results =
      settings.resultFolder === undefined ? undefined : keep(await ResultFolder.open(settings.resultFolder));
    const engine = keep(await createEngine(settings.engine));
    jobs.concurrency = settings.concurrency ?? engine.plan.slots;
    worker = new Worker({ jobs, engine, scratch, results, place, settings, opened, clock: systemClock });
    return worker;
  } catch (error) {
    for (const part of opened) await part[Symbol.asyncDispose]();
    throw error;
  }
}

/** BullMQ wants to know what it calls before there is an engine to call; it does so only later. */
function running(worker: Worker | undefined): Worker {
  if (!worker) throw new Error('A job came before the worker ran.');
  return worker;
}

interface WorkerParts {
  readonly jobs: JobWorker;
  readonly engine: Engine;
  readonly scratch: ScratchFolder;
  readonly results: ResultFolder | undefined;
  readonly place: ResolvedPlace;
  readonly settings: ResolvedWorker;
  /** All of it, in the order in which it is closed. */
  readonly opened: readonly AsyncDisposable[];
  readonly clock: Clock;
}

/** Takes jobs of a queue, as many at a time as its engine has slots. */
export class Worker implements AsyncDisposable {
  /** What decodes: its `metrics`, its `health()`. The worker closes it. */
  readonly engine: Engine;
  readonly #parts: WorkerParts;
  readonly #deliveries = new Map<Delivery, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @internal Use `createWorker`. */
  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.engine = parts.engine;
    const { jobs, place } = parts;
    jobs.on('completed', ({ id }) => place.logger.info({ job: id }, 'A job is done.'));
    jobs.on('failed', (job, { message }) => place.logger.warn({ job: job?.id, reason: message }, 'A job has failed.'));
    jobs.on('stalled', (id) => place.logger.warn({ job: id }, 'A job waits again: its worker gives no sign.'));
    jobs.run().catch((error: unknown) => place.logger.error({ error }, 'The worker takes no more jobs.'));
  }

  /** Jobs under way. */
  get active(): number {
    return this.#deliveries.size;
  }

  /** @internal What BullMQ calls for each job. */
  async deliver(job: StoredJob, token: string): Promise<Transcript> {
    const { settings, clock } = this.#parts;
    const delivery = new Delivery({ job, token, lockSeconds: settings.lockSeconds, clock });
    const work = delivery.run((tools) => this.#transcribe(job, tools));
    this.#deliveries.set(delivery, work);
    // One that was on its way when the end began.
    if (this.#closing) delivery.giveBack();
    try {
      return await work;
    } finally {
      this.#deliveries.delete(delivery);
    }
  }

  /**
   * Ends the worker: it takes no more jobs, finishes what runs for `drainSeconds`, and gives the rest back, to be done by
   * others as if nothing had been.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { jobs, clock, settings, opened } = this.#parts;
    await jobs.pause(true);
    const cancel = clock.after(settings.drainSeconds, () => {
      for (const delivery of this.#deliveries.keys()) delivery.giveBack();
    });
    await Promise.allSettled(this.#deliveries.values());
    cancel();
    // The connection last: what became of the jobs is told by it. Closing it waits for them.
    for (const part of opened) await part[Symbol.asyncDispose]();
  }

  async #transcribe({ id = '', data }: StoredJob, { signal, onProgress }: DeliveryTools): Promise<Transcript> {
    const { engine, results, scratch, settings } = this.#parts;
    const known = await results?.read(id);
    if (known) return known;
    await using audio = await fetchAudio(data.uri, { ...settings.fetch, folder: scratch.path, signal });
    const transcript = await engine.transcribe(audio.path, { ...data.decoding, signal, onProgress });
    return (await results?.write(id, transcript)) ?? transcript;
  }
}
