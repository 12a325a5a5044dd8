import { EventEmitter } from 'eventemitter3';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { languageFor } from '../model/language.js';
import type { LoadResult, LoadState } from '../model/load-state.js';
import { type LoadingOptions, type LoadingPreset, loadingOptions } from '../model/loading-options.js';
import { ModelLoading } from '../model/model-loading.js';
import type { LoadedModel, ModelLoader, ModelLoaderOptions } from './model-loader.js';
import type { SwitchOptions } from './options.js';
import type { Hold, ResidentModels } from './resident-models.js';

export interface ModelServiceOptions {
  readonly loaderFor: (wish: Pick<ModelLoaderOptions, 'model' | 'loading'>) => ModelLoader;
  readonly residents: ResidentModels;
  readonly clock: Clock;
  readonly loading: LoadingPreset | LoadingOptions | undefined;
  /** What to do with work that comes while a background load runs. */
  readonly whileLoading: 'refuse' | 'wait';
  /** Without work for so long, everything is given back until work comes. */
  readonly idleUnloadSeconds: number;
}

/** Work that has a model: to be released when it is done. */
export interface Held {
  /** The code to decode with. */
  readonly language: string;
  release(): void;
}

/** The model that serves: its load, the change to another, and the work that needs it. */
export class ModelService {
  readonly #options: ModelServiceOptions;
  readonly #events = new EventEmitter<{ state: (state: LoadState) => void }>();
  #loading: ModelLoading<LoadedModel>;
  #stopListening: () => void = () => undefined;
  #stopIdleTimer: () => void = () => undefined;
  #refusesWork = false;
  /** Switches take turns. */
  #switches: Promise<unknown> = Promise.resolve();

  /** @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID` */
  constructor(model: string, options: ModelServiceOptions) {
    this.#options = options;
    this.#loading = this.#loadingOf(model, options.loading);
    this.#adopt(this.#loading);
  }

  get state(): LoadState {
    return this.#loading.state;
  }

  get loaded(): LoadedModel | undefined {
    return this.#loading.loaded;
  }

  /** Calls `listener` with every new state, until the returned function is called. */
  onState(listener: (state: LoadState) => void): () => void {
    this.#events.on('state', listener);
    return () => this.#events.off('state', listener);
  }

  /** Loads what is not loaded and not being loaded. */
  load(): void {
    this.#refusesWork = this.#options.whileLoading === 'refuse';
    this.#loading.start();
  }

  /** See `EngineModel.waitUntilReady`. */
  async waitUntilReady(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const endSeconds = clock.nowSeconds() + timeoutMs / 1000;
    for (;;) {
      const loading = this.#loading;
      const isReady = await loading.waitUntilReady(1000 * (endSeconds - clock.nowSeconds()), signal);
      // Another model may have taken its place meanwhile; it gets the time that is left.
      if (isReady || loading === this.#loading || signal?.aborted) return isReady;
    }
  }

  /**
   * The serving model, as soon as there is one; what is idle is loaded now.
   * @throws EngineError what the load failed with, `ABORTED`
   */
  async untilLoaded(signal?: AbortSignal): Promise<LoadedModel> {
    for (;;) {
      const loading = this.#loading;
      if (loading.state.kind === 'idle') {
        this.#refusesWork = false;
        loading.start();
      }
      const outcome = await loading.untilLoaded(signal).catch((error: unknown) => {
        if (loading === this.#loading) throw error;
      });
      // Meanwhile another model may have taken its place.
      if (outcome && loading === this.#loading) return outcome;
    }
  }

  /** Gives up a load that is under way. */
  async cancel(): Promise<void> {
    if (this.state.kind === 'loading') await this.#loading.unload();
  }

  /** See `Engine.switchModel`. */
  switchTo(model: string, { loading, signal }: SwitchOptions): Promise<LoadResult> {
    const next = this.#loadingOf(model, loading ?? this.#options.loading);
    const done = this.#switches.then(() => this.#switch(next, signal));
    this.#switches = done.catch(() => undefined);
    return done;
  }

  /**
   * The serving model for a piece of work, as soon as there is one.
   * @throws EngineError `MODEL_NOT_READY`, what the load failed with, `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED`, `ABORTED`
   */
  async hold(language: string, signal: AbortSignal): Promise<Held> {
    const { residents } = this.#options;
    if (this.state.kind === 'loading' && this.#refusesWork) throw notReady(this.state);
    const hold = this.#begin();
    try {
      const loaded = await this.untilLoaded(signal);
      hold.language = languageFor(loaded.model, language);
      // A switch may have ended since; what it serves stays.
      if (loaded === this.loaded) residents.serve(loaded);
      return { language: hold.language, release: () => this.#end(hold) };
    } catch (error) {
      this.#end(hold);
      throw error;
    }
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    this.#stopIdleTimer();
    await this.#loading.unload();
  }

  #loadingOf(model: string, option: LoadingPreset | LoadingOptions | undefined): ModelLoading<LoadedModel> {
    const loading = loadingOptions(option);
    const loader = this.#options.loaderFor({ model, loading });
    const { residents } = this.#options;
    return new ModelLoading(
      { load: (run) => loader.load(run), unload: (loaded) => residents.discard(loaded) },
      this.#options.clock,
      loading.timeoutSeconds,
    );
  }

  #adopt(loading: ModelLoading<LoadedModel>): void {
    this.#stopListening();
    this.#loading = loading;
    this.#stopListening = loading.onState((state) => this.#announce(state));
  }

  #announce(state: LoadState): void {
    if (state.kind === 'ready') {
      const { fallbackReason } = state.result;
      if (fallbackReason !== undefined) warn(fallbackReason);
      this.#watchIdleness();
    }
    this.#events.emit('state', state);
  }

  async #switch(next: ModelLoading<LoadedModel>, signal: AbortSignal | undefined): Promise<LoadResult> {
    const { residents } = this.#options;
    const hold = this.#begin();
    try {
      const before = this.#loading;
      if (!before.loaded) return await this.#replace(before, next, signal);
      // It may not have worked yet; among the residents it is given back when the new one serves.
      residents.serve(before.loaded);
      next.start();
      const loaded = await next.untilLoaded(signal);
      this.#adopt(next);
      residents.serve(loaded);
      this.#announce(next.state);
      return loaded.result;
    } catch (error) {
      if (next !== this.#loading) void next.unload();
      throw error;
    } finally {
      this.#end(hold);
    }
  }

  /** Nothing serves yet, or no more: what was asked for before is not wanted now. */
  async #replace(
    before: ModelLoading<LoadedModel>,
    next: ModelLoading<LoadedModel>,
    signal: AbortSignal | undefined,
  ): Promise<LoadResult> {
    this.#refusesWork = false;
    this.#adopt(next);
    void before.unload();
    next.start();
    const { result } = await next.untilLoaded(signal);
    return result;
  }

  #begin(): Hold {
    this.#stopIdleTimer();
    return this.#options.residents.hold();
  }

  #end(hold: Hold): void {
    this.#options.residents.release(hold);
    this.#watchIdleness();
  }

  #watchIdleness(): void {
    const { residents, clock, idleUnloadSeconds } = this.#options;
    if (residents.isHeld || idleUnloadSeconds === Number.POSITIVE_INFINITY) return;
    this.#stopIdleTimer();
    this.#stopIdleTimer = clock.after(idleUnloadSeconds, () => {
      void residents.clear();
      void this.#loading.unload();
    });
  }
}

export function notReady(state: LoadState): EngineError {
  const where = state.kind === 'loading' ? `it is being loaded (step '${state.progress.step}')` : `it is ${state.kind}`;
  return new EngineError(
    'MODEL_NOT_READY',
    `The model is not ready: ${where}. Wait with engine.model.waitUntilReady(), or set \`whileLoading: 'wait'\`.`,
  );
}

function warn(reason: string): void {
  process.emitWarning(reason, { type: 'WhisperpoolWarning', code: 'MODEL_FELL_BACK' });
}
