import { UnrecoverableError, WaitingError } from 'bullmq';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Progress } from '../session/transcription.js';
import type { Transcript } from '../transcript/transcript.js';
import { writeReason } from './failure-reason.js';
import type { StoredJob } from './job-status.js';
import { retryTable } from './retry-table.js';

/** Between two reports of progress. */
const reportSeconds = 1;

/** What the work of a delivery is given. */
export interface DeliveryTools {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface DeliveryOptions {
  readonly job: StoredJob;
  /** BullMQ's proof that the job is this worker's now. */
  readonly token: string;
  readonly lockSeconds: number;
  readonly clock: Clock;
}

type Stop = 'given back' | 'lost';

/**
 * A job in the hands of a worker: its lock is renewed, its progress told, and it ends in one way. Done, to be tried
 * again, dead, given back, or lost to another worker: then whatever comes of it here is nothing to the queue, as every
 * change needs the token.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stop = new AbortController();
  #cancelRenewal = (): void => undefined;
  #stopped: Stop | undefined;
  #reportedAtSeconds = Number.NEGATIVE_INFINITY;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Rejects with what BullMQ goes by. */
  async run(work: (tools: DeliveryTools) => Promise<Transcript>): Promise<Transcript> {
    this.#renewLater();
    try {
      return await work({ signal: this.#stop.signal, onProgress: (progress) => this.#report(progress) });
    } catch (error) {
      throw await this.#verdict(error);
    } finally {
      this.#cancelRenewal();
    }
  }

  /** Stops it; the job waits again, and the try does not count. */
  giveBack(): void {
    this.#end('given back');
  }

  async #verdict(error: unknown): Promise<Error> {
    const { job, token } = this.#options;
    switch (this.#stopped) {
      case 'given back':
        await job.moveToWait(token);
        return new WaitingError();
      case 'lost':
      case undefined: {
        const failure = EngineError.from(error, 'INTERNAL', 'The worker failed in a way that it does not know.');
        const reason = writeReason(failure);
        return retryTable[failure.code] === 'dead' ? new UnrecoverableError(reason) : new Error(reason);
      }
      default:
        return this.#stopped satisfies never;
    }
  }

  #renewLater(): void {
    const { clock, lockSeconds } = this.#options;
    this.#cancelRenewal = clock.after(lockSeconds / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { job, token, lockSeconds } = this.#options;
    const renewed = await job.extendLock(token, 1000 * lockSeconds).catch(() => undefined);
    if (this.#stopped) return;
    if (renewed === 0) this.#end('lost');
    else this.#renewLater();
  }

  #end(stopped: Stop): void {
    this.#stopped ??= stopped;
    this.#stop.abort(new EngineError('ABORTED', `The job was ${this.#stopped}.`));
  }

  #report({ fraction }: Progress): void {
    const { job, clock } = this.#options;
    const nowSeconds = clock.nowSeconds();
    if (fraction === undefined || nowSeconds - this.#reportedAtSeconds < reportSeconds) return;
    this.#reportedAtSeconds = nowSeconds;
    job.updateProgress(fraction).catch(() => undefined);
  }
}
