import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { languageFor } from '../model/language.js';
import type { LoadResult, LoadState } from '../model/load-state.js';
import { type LoadingOptions, type LoadingPreset, loadingOptions } from '../model/loading-options.js';
import { ModelLoading } from '../model/model-loading.js';
import type { LoadedModel, ModelLoader, ModelLoaderOptions } from './model-loader.js';
import type { SwitchOptions } from './options.js';
import type { Hold, ResidentModels } from './resident-models.js';
import { ServingLoad } from './serving-load.js';

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

/** What is to serve. */
interface Asked {
  readonly model: string;
  readonly option: ModelServiceOptions['loading'];
  /** Its load, while another model stands in for it. */
  readonly loading?: ModelLoading<LoadedModel>;
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
  readonly #load: ServingLoad;
  #stopIdleTimer: () => void = () => undefined;
  #asked: Asked;
  #refusesWork = false;
  /** Switches take turns. */
  #switches: Promise<unknown> = Promise.resolve();

  /** @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID` */
  constructor(model: string, options: ModelServiceOptions) {
    this.#options = options;
    this.#asked = { model, option: options.loading };
    this.#load = new ServingLoad(this.#loadingOf(model, options.loading), options.clock);
    this.#load.onState((state) => {
      if (state.kind !== 'ready') return;
      const { fallbackReason } = state.result;
      if (fallbackReason !== undefined) warn(fallbackReason);
      this.#watchIdleness();
    });
  }

  get state(): LoadState {
    return this.#load.now.state;
  }

  get loaded(): LoadedModel | undefined {
    return this.#load.now.loaded;
  }

  /** What was asked for, as it was loaded: another than `loaded` while that stands in for it. */
  get requested(): LoadedModel | undefined {
    return (this.#asked.loading ?? this.#load.now).loaded;
  }

  /** Calls `listener` with every new state, until the returned function is called. */
  onState(listener: (state: LoadState) => void): () => void {
    return this.#load.onState(listener);
  }

  /** Loads what is not loaded and not being loaded. */
  load(): void {
    this.#refusesWork = this.#options.whileLoading === 'refuse';
    this.#load.now.start();
  }

  /** See `EngineModel.waitUntilReady`. */
  waitUntilReady(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return this.#load.waitUntilReady(timeoutMs, signal);
  }

  /**
   * The serving model, as soon as there is one; what is idle is loaded now.
   * @throws EngineError what the load failed with, `ABORTED`
   */
  untilLoaded(signal?: AbortSignal): Promise<LoadedModel> {
    const begin = () => {
      this.#refusesWork = false;
      this.#load.now.start();
    };
    return this.#load.untilLoaded(begin, signal);
  }

  /** Gives up a load that is under way. */
  async cancel(): Promise<void> {
    if (this.state.kind === 'loading') await this.#load.now.unload();
  }

  /** See `Engine.switchModel`. */
  switchTo(model: string, { loading: option = this.#options.loading, signal }: SwitchOptions): Promise<LoadResult> {
    const next = this.#loadingOf(model, option);
    return this.#inTurn(() => this.#switch(next, { model, option }, signal));
  }

  /** Another model serves for the one that was asked for, which stays in memory, until `comeBack`. */
  standIn(path: string, signal: AbortSignal): Promise<LoadResult> {
    const next = this.#loadingOf(path, { fallback: false });
    return this.#inTurn(() => this.#switch(next, { loading: this.#load.now, ...this.#asked }, signal));
  }

  /** What was asked for serves again: at once when it is still in memory. */
  comeBack(signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      const { loading, ...asked } = this.#asked;
      // The service has chosen another meanwhile.
      if (!loading) return;
      const isHere = loading.loaded !== undefined && this.#options.residents.has(loading.loaded);
      await this.#switch(isHere ? loading : this.#loadingOf(asked.model, asked.option), asked, signal);
    });
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
      // While another stands in for it, what was asked for says what may be spoken, if it is still there to decode it.
      hold.language = languageFor((residents.kept ?? loaded).model, language);
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
    await this.#load.now.unload();
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#switches.then(change);
    this.#switches = done.catch(() => undefined);
    return done;
  }

  #loadingOf(model: string, option: Asked['option']): ModelLoading<LoadedModel> {
    const loading = loadingOptions(option);
    const loader = this.#options.loaderFor({ model, loading });
    const { residents } = this.#options;
    return new ModelLoading(
      { load: (run) => loader.load(run), unload: (loaded) => residents.discard(loaded) },
      this.#options.clock,
      loading.timeoutSeconds,
    );
  }

  /** @param asked - what is asked for from then on */
  async #switch(next: ModelLoading<LoadedModel>, asked: Asked, signal: AbortSignal | undefined): Promise<LoadResult> {
    const { residents } = this.#options;
    const hold = this.#begin();
    try {
      const before = this.#load.now;
      if (!before.loaded) return await this.#replace(before, next, asked, signal);
      // It may not have worked yet; among the residents it is given back when the new one serves.
      residents.serve(before.loaded);
      next.start();
      const loaded = await next.untilLoaded(signal);
      this.#ask(asked);
      residents.serve(loaded);
      this.#load.become(next);
      return loaded.result;
    } catch (error) {
      if (next !== this.#load.now) void next.unload();
      throw error;
    } finally {
      this.#end(hold);
    }
  }

  /** Nothing serves yet, or no more: what was asked for before is not wanted now. */
  async #replace(
    before: ModelLoading<LoadedModel>,
    next: ModelLoading<LoadedModel>,
    asked: Asked,
    signal: AbortSignal | undefined,
  ): Promise<LoadResult> {
    this.#refusesWork = false;
    this.#ask(asked);
    this.#load.become(next);
    void before.unload();
    next.start();
    const { result } = await next.untilLoaded(signal);
    return result;
  }

  #ask(asked: Asked): void {
    this.#asked = asked;
    this.#options.residents.keep(asked.loading?.loaded);
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
      void this.#load.now.unload();
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
