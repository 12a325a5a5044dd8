import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { type Candidate, fallbackCandidates } from '../model/fallback.js';
import { languageFor } from '../model/language.js';
import type { LoadResult } from '../model/load-state.js';
import type { ResolvedLoadingOptions } from '../model/loading-options.js';
import { memoryNeed } from '../model/memory-need.js';
import type { Loader } from '../model/model-loading.js';
import { type ModelWish, modelWish } from '../model/model-wish.js';
import type { ResolvedModel } from '../model/resolve.js';
import type { ModelStore } from '../model/store/store.js';
import type { Variant } from '../model/variant.js';
import type { DecodingPool } from '../pool/decoding-pool.js';
import type { Loading, ModelUse } from '../provider/recognition.js';

/** A model that is in memory and warm on every slot. */
export interface LoadedModel {
  readonly result: LoadResult;
  readonly model: ResolvedModel;
  readonly use: ModelUse;
}

export interface ModelLoaderOptions {
  readonly model: string;
  /** Of the variants that will do, the one that the plan has chosen. */
  readonly plannedVariant: Variant | undefined;
  /** What will be spoken: a model that does not speak it is never loaded. */
  readonly language: string;
  readonly loading: ResolvedLoadingOptions;
  readonly store: ModelStore;
  /** Whether the store may fetch what is missing. */
  readonly download: boolean;
  readonly searchFolders: readonly string[] | undefined;
  readonly pool: DecodingPool;
  /** How slots are to use the model, whichever it becomes. */
  readonly use: Pick<ModelUse, 'flashAttention' | 'gpu' | 'threads'>;
  readonly allowanceBytes: () => number;
  /** Whether the slots decode with another model meanwhile. */
  readonly beside: () => boolean;
  readonly clock: Clock;
}

type LoadRun = Parameters<Loader<LoadedModel>['load']>[0];

/** Finds, checks and fetches what was asked for, or what comes closest to it, and makes it warm on every slot. */
export class ModelLoader implements Loader<LoadedModel> {
  readonly #options: ModelLoaderOptions;
  readonly #wish: ModelWish;

  /** @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID`, `LANGUAGE_UNKNOWN`, `LANGUAGE_UNSUPPORTED` */
  constructor(options: ModelLoaderOptions) {
    this.#options = options;
    this.#wish = modelWish(options.model, options.loading.variant);
  }

  async load(run: LoadRun): Promise<LoadedModel> {
    const startSeconds = this.#options.clock.nowSeconds();
    try {
      return await this.#use(await this.#wished(run), undefined, startSeconds, run);
    } catch (error) {
      if (this.#wish.kind === 'file' || !this.#options.loading.fallback || !canFallBack(error)) throw error;
      return await this.#fallBack(error, fallbackCandidates(this.#wish, this.#options.language), startSeconds, run);
    }
  }

  async unload({ use }: LoadedModel): Promise<void> {
    await this.#options.pool.unload(use);
  }

  async #wished({ signal, onProgress }: LoadRun): Promise<ResolvedModel> {
    const { model, store, download, searchFolders, loading, plannedVariant } = this.#options;
    if (this.#wish.kind === 'named' && plannedVariant && this.#wish.variants.includes(plannedVariant)) {
      const planned = { model: this.#wish.model, variant: plannedVariant };
      const found = await store.find(planned, { searchFolders, signal }).catch(() => undefined);
      if (found) return found;
    }
    return await store.ensure(model, {
      variant: loading.variant,
      mode: download ? 'if-missing' : 'offline',
      searchFolders,
      signal,
      onProgress: ({ doneBytes, totalBytes }) => onProgress({ step: 'download', doneBytes, totalBytes }),
    });
  }

  /** Only what is on this machine: what could not be had of the wish is no reason to download something else. */
  async #fallBack(
    refusal: EngineError,
    candidates: readonly Candidate[],
    startSeconds: number,
    run: LoadRun,
  ): Promise<LoadedModel> {
    const { searchFolders, store } = this.#options;
    for (const candidate of candidates) {
      try {
        const found = await store.find(candidate, { searchFolders, signal: run.signal });
        return await this.#use(found, refusal, startSeconds, run);
      } catch (error) {
        if (!canFallBack(error)) throw error;
      }
    }
    throw refusal;
  }

  async #use(
    model: ResolvedModel,
    refusal: EngineError | undefined,
    startSeconds: number,
    { signal, onProgress }: LoadRun,
  ): Promise<LoadedModel> {
    const { language, pool, clock, loading, beside } = this.#options;
    languageFor(model, language);
    this.#checkFits(model);
    signal.throwIfAborted();
    const { path, fileKey, alignment } = model;
    const use: ModelUse = { ...this.#options.use, path, fileKey, alignment };
    onProgress({ step: 'read' });
    const loadings = await pool.load(use, {
      inTurn: loading.serial,
      beside: beside(),
      onWarm: (slotsWarm) => onProgress({ step: 'warm', slotsWarm, slots: pool.slots }),
    });
    const totalSeconds = clock.nowSeconds() - startSeconds;
    return { result: this.#result(model, refusal, totalSeconds, loadings), model, use };
  }

  /** @throws EngineError `PLAN_IMPOSSIBLE` with the numbers */
  #checkFits({ name, variant, path, dimensions, sizeBytes }: ResolvedModel): void {
    const { pool, allowanceBytes } = this.#options;
    // It takes nothing that it does not have yet.
    if (pool.isWarm(path)) return;
    const { weightsBytes, perStateBytes } = memoryNeed(dimensions, sizeBytes);
    const needBytes = weightsBytes + pool.slots * perStateBytes;
    const allowedBytes = allowanceBytes();
    if (needBytes <= allowedBytes) return;
    throw new EngineError(
      'PLAN_IMPOSSIBLE',
      `The model '${name}' as ${variant} needs about ${mebibytes(needBytes)} with ${pool.slots} slots, where ${mebibytes(allowedBytes)} may be used. ` +
        'Take fewer slots, a smaller variant or a smaller model.',
    );
  }

  #result(
    model: ResolvedModel,
    refusal: EngineError | undefined,
    totalSeconds: number,
    loadings: readonly Loading[],
  ): LoadResult {
    const { name, variant, path, sizeBytes, checked, source } = model;
    const requested = { model: this.#options.model, variant: this.#options.loading.variant };
    // Slots warm at the same time, unless they were told to take turns.
    const warmSeconds = loadings.map((loading) => loading.stateSeconds + loading.warmSeconds);
    const warmMs = 1000 * (this.#options.loading.serial ? sum(warmSeconds) : Math.max(0, ...warmSeconds));
    return {
      requested,
      actual: { model: name, variant, path, sizeBytes, checked },
      didFallback: refusal !== undefined,
      ...(refusal && {
        fallbackReason: `Instead of '${requested.model}' (${requested.variant}), '${name}' as ${variant} was loaded: ${refusal.message}`,
      }),
      source,
      loadMs: Math.max(0, 1000 * totalSeconds - warmMs),
      warmMs,
    };
  }
}

/** Whether another model may do better: not when the caller left, or asked for something that cannot be. */
function canFallBack(error: unknown): error is EngineError {
  if (!(error instanceof EngineError)) return false;
  return error.code === 'PLAN_IMPOSSIBLE' || error.code === 'DISK_FULL' || isOfTheModel(error);
}

function isOfTheModel({ code }: EngineError): boolean {
  return code.startsWith('MODEL_') && code !== 'MODEL_UNKNOWN';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
