import { EventEmitter } from 'eventemitter3';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { LoadProgress, LoadResult, LoadState } from './load-state.js';

/** What does the loading: the real one, or a scripted one in a test. */
export interface Loader<Loaded> {
  load(options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: LoadProgress) => void;
  }): Promise<Loaded>;
  /** Frees what `load` gave. */
  unload(loaded: Loaded): Promise<void>;
}

interface Run {
  readonly abort: AbortController;
  readonly clearTimeout: () => void;
}

/** One model's way from idle to ready or failed, for everybody who watches it or waits for it. */
export class ModelLoading<Loaded extends { readonly result: LoadResult }> {
  readonly #loader: Loader<Loaded>;
  readonly #clock: Clock;
  readonly #timeoutSeconds: number;
  readonly #events = new EventEmitter<{ state: (state: LoadState) => void }>();
  readonly #waiting = new Set<() => void>();
  #state: LoadState = { kind: 'idle' };
  #run: Run | undefined;
  #loaded: Loaded | undefined;
  /** What is still being freed. */
  #freeing: Promise<unknown> = Promise.resolve();

  constructor(loader: Loader<Loaded>, clock: Clock, timeoutSeconds = Number.POSITIVE_INFINITY) {
    this.#loader = loader;
    this.#clock = clock;
    this.#timeoutSeconds = timeoutSeconds;
  }

  get state(): LoadState {
    return this.#state;
  }

  /** What was loaded; undefined unless the state is `ready`. */
  get loaded(): Loaded | undefined {
    return this.#loaded;
  }

  /** Calls `listener` with every new state, until the returned function is called. */
  onState(listener: (state: LoadState) => void): () => void {
    this.#events.on('state', listener);
    return () => this.#events.off('state', listener);
  }

  /** Begins to load, again after a failure too; does nothing while it loads and when it is ready. */
  start(): void {
    if (this.#state.kind === 'loading' || this.#state.kind === 'ready') return;
    const abort = new AbortController();
    const run: Run = { abort, clearTimeout: this.#startTimeout(() => run) };
    this.#run = run;
    this.#become({ kind: 'loading', progress: { step: 'find' } });
    const onProgress = (progress: LoadProgress) => {
      if (this.#run === run) this.#become({ kind: 'loading', progress });
    };
    const load = this.#loader.load({ signal: abort.signal, onProgress });
    const settled = load.then(
      (loaded) => this.#succeed(run, loaded),
      (error: unknown) => {
        this.#fail(run, EngineError.from(error, 'MODEL_LOAD_FAILED', 'The model could not be loaded.'));
      },
    );
    this.#freeing = Promise.allSettled([this.#freeing, settled]);
  }

  /**
   * What was loaded, as soon as it is there.
   * @throws EngineError what the load failed with, `MODEL_NOT_READY` when nobody loads it, `ABORTED` by `signal`
   */
  async untilLoaded(signal?: AbortSignal): Promise<Loaded> {
    if (this.#state.kind === 'loading') await this.#until((state) => state.kind !== 'loading', { signal });
    if (this.#loaded) return this.#loaded;
    if (this.#state.kind === 'failed') throw this.#state.error;
    if (signal?.aborted) {
      throw new EngineError('ABORTED', 'Waiting for the model was aborted.', { cause: signal.reason });
    }
    throw new EngineError('MODEL_NOT_READY', 'Loading the model was cancelled. Load it again.');
  }

  /**
   * Waits until the model is ready and answers whether it is. Answers as soon as it has failed or was cancelled. Never throws.
   * @param timeoutMs - milliseconds; when they are over, the state is looked at once more
   */
  async waitUntilReady(timeoutMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<boolean> {
    const { kind } = this.#state;
    if (kind === 'loading' || kind === 'idle') {
      await this.#until((state) => state.kind !== 'loading', { signal, timeoutMs });
    }
    return this.#state.kind === 'ready';
  }

  /** Gives up loading, or gives the model back; resolves when everything is freed. A failure is forgotten. */
  async unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#end();
    if (this.#state.kind !== 'idle') this.#become({ kind: 'idle' });
    if (loaded) this.#free(loaded);
    await this.#freeing;
  }

  #startTimeout(run: () => Run): () => void {
    if (this.#timeoutSeconds === Number.POSITIVE_INFINITY) return () => undefined;
    return this.#clock.after(this.#timeoutSeconds, () => {
      const sentence = `The model was not loaded within ${this.#timeoutSeconds} s. Give it more time, or a smaller model.`;
      this.#fail(run(), new EngineError('MODEL_LOAD_TIMED_OUT', sentence));
    });
  }

  async #succeed(run: Run, loaded: Loaded): Promise<void> {
    if (this.#run !== run) {
      // Nobody wants it any more.
      await this.#loader.unload(loaded);
      return;
    }
    run.clearTimeout();
    this.#run = undefined;
    this.#loaded = loaded;
    this.#become({ kind: 'ready', result: loaded.result });
  }

  #fail(run: Run, error: EngineError): void {
    if (this.#run !== run) return;
    this.#end();
    this.#become({ kind: 'failed', error });
  }

  #end(): void {
    this.#run?.clearTimeout();
    this.#run?.abort.abort();
    this.#run = undefined;
    this.#loaded = undefined;
  }

  #free(loaded: Loaded): void {
    this.#freeing = Promise.allSettled([this.#freeing, this.#loader.unload(loaded)]);
  }

  #become(state: LoadState): void {
    this.#state = state;
    for (const look of [...this.#waiting]) look();
    // Later, so that a listener that throws stops nothing of ours.
    queueMicrotask(() => this.#events.emit('state', state));
  }

  /** Resolves when the state has become as wished, the time is up, or `signal` is aborted. */
  #until(
    isWished: (state: LoadState) => boolean,
    {
      signal,
      timeoutMs = Number.POSITIVE_INFINITY,
    }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
  ): Promise<void> {
    if (signal?.aborted || !(timeoutMs > 0)) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(look);
        stopTimer();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const look = () => {
        if (isWished(this.#state)) done();
      };
      this.#waiting.add(look);
      const stopTimer =
        timeoutMs === Number.POSITIVE_INFINITY ? () => undefined : this.#clock.after(timeoutMs / 1000, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
