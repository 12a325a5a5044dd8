import { EngineError } from '../errors.js';
import type { LoadResult, LoadState } from '../model/load-state.js';
import { type ModelService, notReady } from './model-service.js';

/** The model of an engine: how far its load has come, and what it became. */
export class EngineModel {
  readonly #service: ModelService;
  readonly #listeners = new Map<(state: LoadState) => void, () => void>();

  /** @internal */
  constructor(service: ModelService) {
    this.#service = service;
  }

  /** `idle`, `loading` with its progress, `ready` with the result, or `failed` with the error. */
  get state(): LoadState {
    return this.#service.state;
  }

  /** What was loaded; undefined unless the state is `ready`. */
  get result(): LoadResult | undefined {
    return this.#service.loaded?.result;
  }

  /** Calls `listener` with every new state, in order. */
  on(_event: 'state', listener: (state: LoadState) => void): this {
    this.off(_event, listener);
    this.#listeners.set(listener, this.#service.onState(listener));
    return this;
  }

  off(_event: 'state', listener: (state: LoadState) => void): this {
    this.#listeners.get(listener)?.();
    this.#listeners.delete(listener);
    return this;
  }

  /**
   * Resolves with what was loaded. What is idle is loaded now.
   * @throws EngineError what the load failed with, or `ABORTED`
   */
  async ready(signal?: AbortSignal): Promise<LoadResult> {
    return (await this.#service.untilLoaded(signal)).result;
  }

  /**
   * Waits until the model is ready and answers whether it is; false as soon as loading has failed or was cancelled. Never
   * throws and loads nothing by itself.
   * @param timeoutMs - milliseconds; when they are over, the state is looked at once more. @defaultValue no limit
   */
  waitUntilReady(timeoutMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<boolean> {
    return this.#service.waitUntilReady(timeoutMs, signal);
  }

  /** Loads again what has failed, was cancelled or was unloaded; does nothing otherwise. Watch `state` for the outcome. */
  load(): void {
    this.#service.load();
  }

  /** Gives up a load that is under way and frees what it had loaded. The state is `idle` at once. */
  cancel(): Promise<void> {
    return this.#service.cancel();
  }

  /** @throws EngineError `MODEL_FELL_BACK` when something else was loaded than was asked for; `MODEL_NOT_READY` */
  requireRequested(): void {
    const { result } = this;
    if (!result) throw notReady(this.state);
    if (result.fallbackReason !== undefined) throw new EngineError('MODEL_FELL_BACK', result.fallbackReason);
  }
}
