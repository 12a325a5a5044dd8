import { type CoreBudget, coreBudget, usableCores } from '../capability/budget.js';
import { memoryAllowanceBytes } from '../capability/memory-allowance.js';
import { type Clock, systemClock } from '../clock.js';
import { languageCode } from '../model/language.js';
import { resolveVad } from '../model/resolve.js';
import { searchPath } from '../model/search-path.js';
import { ModelStore } from '../model/store/store.js';
import { Listener } from '../pool/listener.js';
import { SlotPool } from '../pool/slot-pool.js';
import { loadAddon } from '../provider/addon.js';
import { oneOf } from '../session/one-of.js';
import { ModelLoader } from './model-loader.js';
import { ModelService } from './model-service.js';
import { type EngineOptions, idleLimitSeconds, initialModel, residentLimit } from './options.js';
import { ResidentModels } from './resident-models.js';

/** What an engine is put together from. */
export interface EngineParts {
  readonly models: ModelService;
  readonly residents: ResidentModels;
  readonly budget: CoreBudget;
  readonly pool: SlotPool;
  readonly listener: Listener;
  readonly clock: Clock;
  readonly options: EngineOptions;
}

/** Everything that can be refused is refused here, before the first thread is started. */
export async function prepareParts(options: EngineOptions): Promise<EngineParts> {
  const budget = coreBudget(usableCores(), options);
  oneOf('encoderContext', ['sized', 'full'], options.encoderContext);
  oneOf('start', ['eager', 'lazy'], options.start);
  const whileLoading = oneOf('whileLoading', ['refuse', 'wait'], options.whileLoading);
  const limit = residentLimit(options.residentModels);
  const idleUnloadSeconds = idleLimitSeconds(options.idleUnloadSeconds);
  const language = languageCode(options.language ?? 'auto');
  const store = new ModelStore(options.store);
  loadAddon();
  // The same for every model: a folder of somebody's own models need not have it.
  const vadFolders = [...(options.modelFolders ?? []), ...searchPath().map((folder) => folder.path)];
  const vad = await resolveVad({ searchFolders: vadFolders });
  const clock = systemClock;
  const pool = new SlotPool(budget.slots);
  const residents = new ResidentModels(pool, limit);
  const use = {
    flashAttention: options.flashAttention ?? false,
    gpu: options.gpu ?? process.platform === 'darwin',
    threads: budget.threadsPerSlot,
  };
  const { modelFolders: searchFolders, download = true } = options;
  const shared = { language, store, download, searchFolders, pool, use, clock };
  try {
    const models = new ModelService(initialModel(options.model), {
      loaderFor: (wish) =>
        new ModelLoader({
          ...shared,
          ...wish,
          allowanceBytes: memoryAllowanceBytes,
          beside: () => residents.isHeld && residents.serving !== undefined,
        }),
      residents,
      clock,
      loading: options.loading,
      whileLoading,
      idleUnloadSeconds,
    });
    return { models, residents, budget, pool, listener: new Listener(vad.path), clock, options };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
