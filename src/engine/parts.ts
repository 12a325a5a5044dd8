import { memoryAllowanceBytes } from '../capability/memory-allowance.js';
import type { Plan } from '../capability/plan.js';
import { type Clock, systemClock } from '../clock.js';
import { languageCode } from '../model/language.js';
import { loadingOptions } from '../model/loading-options.js';
import { modelWish } from '../model/model-wish.js';
import { resolveVad } from '../model/resolve.js';
import { searchPath } from '../model/search-path.js';
import { ModelStore } from '../model/store/store.js';
import { Listener } from '../pool/listener.js';
import { SlotPool } from '../pool/slot-pool.js';
import { loadAddon } from '../provider/addon.js';
import { oneOf } from '../session/one-of.js';
import { ModelLoader } from './model-loader.js';
import { ModelService } from './model-service.js';
import { type EngineOptions, idleLimitSeconds, initialModel, mayMeasure, residentLimit } from './options.js';
import { calibratePlan, type PlanQuestion, planEngine } from './planning.js';
import { ResidentModels } from './resident-models.js';

/** What an engine is put together from. */
export interface EngineParts {
  readonly plan: Plan;
  /** What the plan was made from, to make it again. */
  readonly question: PlanQuestion;
  readonly models: ModelService;
  readonly residents: ResidentModels;
  readonly pool: SlotPool;
  readonly listener: Listener;
  readonly clock: Clock;
  readonly options: EngineOptions;
}

/** Everything that can be refused is refused here, before the first thread is started. */
export async function prepareParts(options: EngineOptions): Promise<EngineParts> {
  oneOf('encoderContext', ['sized', 'full'], options.encoderContext);
  const start = oneOf('start', ['eager', 'lazy'], options.start);
  const whileLoading = oneOf('whileLoading', ['refuse', 'wait'], options.whileLoading);
  const limit = residentLimit(options.residentModels);
  const idleUnloadSeconds = idleLimitSeconds(options.idleUnloadSeconds);
  const language = languageCode(options.language ?? 'auto');
  const loading = loadingOptions(options.loading);
  const model = initialModel(options.model);
  if (model !== undefined) modelWish(model, loading.variant);
  const store = new ModelStore(options.store);
  loadAddon();
  // The same for every model: a folder of somebody's own models need not have it.
  const vadFolders = [...(options.modelFolders ?? []), ...searchPath().map((folder) => folder.path)];
  const vad = await resolveVad({ searchFolders: vadFolders });
  const question: PlanQuestion = { model, variant: loading.variant, language, store, options };
  const planned = await planEngine(question);
  // Who does not want to wait for a load does not want to wait for measurements either.
  const isWaiting = start === 'eager' && !loading.background;
  const { plan } = mayMeasure(options.calibrate)
    ? await calibratePlan(planned, { budgetSeconds: isWaiting ? undefined : 0 })
    : planned;

  const clock = systemClock;
  const pool = new SlotPool(plan.slots);
  const residents = new ResidentModels(pool, limit);
  const use = { flashAttention: plan.flashAttention, gpu: plan.gpu, threads: plan.threadsPerSlot };
  const { modelFolders: searchFolders, download = true } = options;
  const shared = { language, store, download, searchFolders, pool, use, clock };
  try {
    const models = new ModelService(model ?? plan.model, {
      loaderFor: (wish) =>
        new ModelLoader({
          ...shared,
          ...wish,
          plannedVariant: wish.model === (model ?? plan.model) ? plan.variant : undefined,
          allowanceBytes: memoryAllowanceBytes,
          beside: () => residents.isHeld && residents.serving !== undefined,
        }),
      residents,
      clock,
      loading: options.loading,
      whileLoading,
      idleUnloadSeconds,
    });
    return { plan, question, models, residents, pool, listener: new Listener(vad.path), clock, options };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
