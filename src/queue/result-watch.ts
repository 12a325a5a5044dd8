import type { QueueEvents } from 'bullmq';
import { type Clock, systemClock } from '../clock.js';

/** Events may be lost with a connection; everything waited for is looked at again after this time. */
const lookAgainSeconds = 5;

/** Wakes whoever waits for a job. One connection for all of them, opened when the first one waits. */
export class ResultWatch {
  readonly #open: () => Promise<QueueEvents>;
  readonly #clock: Clock;
  readonly #wakes = new Map<string, Set<() => void>>();
  #events: Promise<QueueEvents> | undefined;

  constructor(open: () => Promise<QueueEvents>, clock: Clock = systemClock) {
    this.#open = open;
    this.#clock = clock;
  }

  /**
   * Resolves when the job may have ended: at an event of it, after a while, and when the signal is aborted. Call it
   * before looking, so that nothing falls between.
   */
  async change(id: string, signal: AbortSignal): Promise<void> {
    this.#listen();
    const wakes = this.#wakes.get(id) ?? new Set();
    this.#wakes.set(id, wakes);
    let wake = (): void => undefined;
    let cancel = (): void => undefined;
    try {
      await new Promise<void>((resolve) => {
        wake = resolve;
        wakes.add(wake);
        cancel = this.#clock.after(lookAgainSeconds, wake);
        signal.addEventListener('abort', wake, { once: true });
        if (signal.aborted) wake();
      });
    } finally {
      cancel();
      signal.removeEventListener('abort', wake);
      wakes.delete(wake);
      if (wakes.size === 0) this.#wakes.delete(id);
    }
  }

  /** The connection, where one was opened. */
  async close(end: (events: QueueEvents) => Promise<void>): Promise<void> {
    const events = await this.#events?.catch(() => undefined);
    if (events) await end(events);
  }

  #listen(): void {
    this.#events ??= this.#open().then(
      (events) => {
        const tell = ({ jobId }: { jobId: string }) => {
          for (const wake of this.#wakes.get(jobId) ?? []) wake();
        };
        return events.on('completed', tell).on('failed', tell);
      },
      (error: unknown) => {
        this.#events = undefined;
        throw error;
      },
    );
    // Without events it is looked again all the same.
    this.#events.catch(() => undefined);
  }
}
