import { memoryAllowanceBytes } from '../capability/memory-allowance.js';
import type { Plan } from '../capability/plan.js';
import { type Clock, systemClock } from '../clock.js';
import type { Policy } from '../degrade/policy.js';
import { policyOption } from '../degrade/policy-option.js';
import { languageCode } from '../model/language.js';
import { loadingOptions } from '../model/loading-options.js';
import { modelWish } from '../model/model-wish.js';
import { resolveVad } from '../model/resolve.js';
import { searchPath } from '../model/search-path.js';
import { ModelStore } from '../model/store/store.js';
import type { DecodingPool } from '../pool/decoding-pool.js';
import { Listener } from '../pool/listener.js';
import { openPool } from '../pool/open-pool.js';
import { loadAddon } from '../provider/addon.js';
import { oneOf } from '../session/one-of.js';
import { checkedLogger, type Logger } from '../telemetry/log.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { ModelLoader } from './model-loader.js';
import { ModelService } from './model-service.js';
import { type EngineOptions, idleLimitSeconds, initialModel, isDryRun, mayMeasure, residentLimit } from './options.js';
import { calibratePlan, type PlanQuestion, planEngine } from './planning.js';
import { type CheckedProviders, checkedProviders } from './provider-options.js';
import { ResidentModels } from './resident-models.js';

/** A model and what decodes with it. */
export interface ServedModel {
  readonly models: ModelService;
  readonly residents: ResidentModels;
}

/** What an engine is put together from. */
export interface EngineParts extends ServedModel {
  readonly plan: Plan;
  /** What the plan was made from, to make it again. */
  readonly question: PlanQuestion;
  /** Another model on the same slots, for who asks for it by name. @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID` */
  readonly ownModel: (model: string) => ServedModel;
  readonly pool: DecodingPool;
  readonly listener: Listener;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** How live audio is kept live. */
  readonly degrade: { readonly policy: Policy; readonly isDryRun: boolean };
  readonly providers: CheckedProviders;
  readonly options: EngineOptions;
}

/** Everything that can be refused is refused here, before the first thread is started. */
export async function prepareParts(options: EngineOptions): Promise<EngineParts> {
  oneOf('encoderContext', ['sized', 'full'], options.encoderContext);
  const start = oneOf('start', ['eager', 'lazy'], options.start);
  const isolation = oneOf('isolation', ['thread', 'process'], options.isolation);
  const whileLoading = oneOf('whileLoading', ['refuse', 'wait'], options.whileLoading);
  const limit = residentLimit(options.residentModels);
  const idleUnloadSeconds = idleLimitSeconds(options.idleUnloadSeconds);
  const language = languageCode(options.language ?? 'auto');
  const logger = checkedLogger(options.logger);
  const degrade = { policy: policyOption(options.degrade), isDryRun: isDryRun(options.degradeDryRun) };
  const providers = checkedProviders(options);
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
  const telemetry = new Telemetry(clock);
  const pool = openPool(isolation, plan.slots, () => telemetry.restarted('slot'));
  const use = { flashAttention: plan.flashAttention, gpu: plan.gpu, threads: plan.threadsPerSlot };
  const { modelFolders: searchFolders, download = true } = options;
  const shared = { language, store, download, searchFolders, pool, use, clock };
  const service = (name: string, residents: ResidentModels, isBeside: () => boolean): ModelService =>
    new ModelService(name, {
      loaderFor: (wish) =>
        new ModelLoader({
          ...shared,
          ...wish,
          plannedVariant: wish.model === (model ?? plan.model) ? plan.variant : undefined,
          allowanceBytes: memoryAllowanceBytes,
          beside: isBeside,
        }),
      residents,
      clock,
      loading: options.loading,
      whileLoading,
      idleUnloadSeconds,
    });
  try {
    const residents = new ResidentModels(pool, limit);
    const isDecoding = () => residents.isHeld && residents.serving !== undefined;
    const models = service(model ?? plan.model, residents, isDecoding);
    const ownModel = (name: string): ServedModel => {
      const own = new ResidentModels(pool, 1);
      return { models: service(name, own, isDecoding), residents: own };
    };
    const listener = new Listener(vad.path, () => telemetry.restarted('listener'));
    const own = { models, residents, ownModel, pool, listener };
    return { ...own, plan, question, clock, telemetry, logger, degrade, providers, options };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
