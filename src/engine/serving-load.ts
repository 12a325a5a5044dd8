import { EventEmitter } from 'eventemitter3';
import type { Clock } from '../clock.js';
import type { LoadState } from '../model/load-state.js';
import type { ModelLoading } from '../model/model-loading.js';
import type { LoadedModel } from './model-loader.js';

/** The load of the model that serves, whose place another may take while somebody waits for it. */
export class ServingLoad {
  readonly #clock: Clock;
  readonly #events = new EventEmitter<{ state: (state: LoadState) => void }>();
  #now: ModelLoading<LoadedModel>;
  #stopListening: () => void;

  constructor(first: ModelLoading<LoadedModel>, clock: Clock) {
    this.#clock = clock;
    this.#now = first;
    this.#stopListening = first.onState((state) => this.#events.emit('state', state));
  }

  get now(): ModelLoading<LoadedModel> {
    return this.#now;
  }

  /** Calls `listener` with every new state, until the returned function is called. */
  onState(listener: (state: LoadState) => void): () => void {
    this.#events.on('state', listener);
    return () => this.#events.off('state', listener);
  }

  /** From now on this one counts, and its states are told; what is ready by now is told at once. */
  become(next: ModelLoading<LoadedModel>): void {
    this.#stopListening();
    this.#now = next;
    this.#stopListening = next.onState((state) => this.#events.emit('state', state));
    if (next.state.kind === 'ready') this.#events.emit('state', next.state);
  }

  /** See `EngineModel.waitUntilReady`. */
  async waitUntilReady(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const endSeconds = this.#clock.nowSeconds() + timeoutMs / 1000;
    for (;;) {
      const loading = this.#now;
      const isReady = await loading.waitUntilReady(1000 * (endSeconds - this.#clock.nowSeconds()), signal);
      // Another model may have taken its place meanwhile; it gets the time that is left.
      if (isReady || loading === this.#now || signal?.aborted) return isReady;
    }
  }

  /**
   * What is loaded, as soon as it is.
   * @param onIdle - called when nothing is being loaded, to begin
   * @throws EngineError what the load failed with, `ABORTED`
   */
  async untilLoaded(onIdle: () => void, signal?: AbortSignal): Promise<LoadedModel> {
    for (;;) {
      const loading = this.#now;
      if (loading.state.kind === 'idle') onIdle();
      const outcome = await loading.untilLoaded(signal).catch((error: unknown) => {
        if (loading === this.#now) throw error;
      });
      // Meanwhile another model may have taken its place.
      if (outcome && loading === this.#now) return outcome;
    }
  }
}
