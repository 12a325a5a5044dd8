import { aborted, refuseIfAborted } from '../refusal.js';
import type { ResolvedModel } from '../resolve.js';
import type { DownloadProgress } from './progress-meter.js';

export type ProgressListener = (progress: DownloadProgress) => void;

export type StartDownload = (signal: AbortSignal, onProgress: ProgressListener) => Promise<ResolvedModel>;

/** Someone who waits for a download. */
export interface Waiter {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

interface Run {
  readonly outcome: Promise<ResolvedModel>;
  readonly abort: AbortController;
  /** One for each waiter. */
  readonly listeners: Set<ProgressListener>;
}

/** One download for all who want the same; it is aborted when the last of them has left. */
export class SharedDownloads {
  readonly #runs = new Map<string, Run>();

  /**
   * The outcome of the download with this key, which is started when none is under way.
   * @throws EngineError `ABORTED` for a waiter whose signal is aborted; what the download throws; and, for that waiter
   * alone, what its `onProgress` throws.
   */
  async join(key: string, start: StartDownload, { signal, onProgress }: Waiter): Promise<ResolvedModel> {
    refuseIfAborted(signal);
    const run = this.#runs.get(key) ?? this.#start(key, start);
    let leave: (reason: unknown) => void = () => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = reject;
    });
    const listener: ProgressListener = (progress) => {
      try {
        onProgress?.(progress);
      } catch (error) {
        leave(error);
      }
    };
    const onAbort = () => signal && leave(aborted(signal));
    run.listeners.add(listener);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([run.outcome, left]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      run.listeners.delete(listener);
      if (run.listeners.size === 0) this.#end(key, run);
    }
  }

  #start(key: string, start: StartDownload): Run {
    const abort = new AbortController();
    const listeners = new Set<ProgressListener>();
    const outcome = start(abort.signal, (progress) => {
      for (const listener of listeners) listener(progress);
    });
    // When all have left nobody hears of its end.
    outcome.catch(() => undefined);
    const run: Run = { outcome, abort, listeners };
    this.#runs.set(key, run);
    return run;
  }

  #end(key: string, run: Run): void {
    if (this.#runs.get(key) === run) this.#runs.delete(key);
    run.abort.abort();
  }
}
