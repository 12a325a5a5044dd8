import { capacitiesOf } from '../capability/capacity.js';
import { type Machine, usableCores } from '../capability/machine.js';
import { defaultMemoryShare } from '../capability/memory-allowance.js';
import type { Plan, PlannableModel } from '../capability/plan.js';
import { catalogModels, fetchableModels, plannable } from '../capability/plannable-models.js';
import { planFor } from '../capability/planner.js';
import { probeMachine } from '../capability/probe/probe-machine.js';
import { systemClock } from '../clock.js';
import { EngineError } from '../errors.js';
import { modelWish } from '../model/model-wish.js';
import { type ResolvedModel, resolveFile } from '../model/resolve.js';
import type { ModelStore } from '../model/store/store.js';
import { type Isolation, openPool } from '../pool/open-pool.js';
import { loadAddon } from '../provider/addon.js';
import { type Calibration, calibratedPlan } from './calibrated-plan.js';
import type { EngineOptions } from './options.js';

/** What an engine is planned from. */
export interface PlanQuestion {
  /** The model that the user names, if any. */
  readonly model: string | undefined;
  readonly variant: string;
  readonly language: string;
  readonly store: ModelStore;
  readonly options: Pick<
    EngineOptions,
    'modelFolders' | 'slots' | 'threadsPerSlot' | 'encoderContext' | 'flashAttention' | 'gpu' | 'isolation'
  >;
}

/** The plan by the rules, and what it was made of. */
export interface Planned {
  readonly machine: Machine;
  readonly plan: Plan;
  /** The models on this machine. */
  readonly here: readonly ResolvedModel[];
  /** Where it is measured. @defaultValue 'thread' */
  readonly isolation?: Isolation | undefined;
}

/**
 * Looks at the machine and at the models that are here, and plans by the rules. A wish that no plan can meet is left to
 * the loader, which may fall back or refuse it.
 * @throws EngineError `PLAN_IMPOSSIBLE` with the numbers, `LANGUAGE_UNSUPPORTED`, `OPTION_INVALID`
 */
export async function planEngine(question: PlanQuestion): Promise<Planned> {
  const { model, variant, language, options } = question;
  const [machine, here] = await Promise.all([probeMachine(), modelsHere(question)]);
  const { slots, threadsPerSlot, encoderContext, flashAttention, gpu } = options;
  const settings = { language, slots, threadsPerSlot, encoderContext, flashAttention, gpu };
  const choice = choiceOf(here, model);
  const plan =
    attempt(() => planFor(machine, { ...settings, model, variant }, choice, backends())) ??
    attempt(() => planFor(machine, { ...settings, model }, choice, backends())) ??
    planFor(machine, settings, choice, backends());
  return { machine, plan, here, isolation: options.isolation };
}

export interface CalibrationOptions {
  /** Seconds that measuring may take when nothing is remembered; 0 only recalls. @defaultValue 5 */
  readonly budgetSeconds?: number | undefined;
  /** Measures again what is remembered. @defaultValue false */
  readonly again?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The plan as measurements on this machine correct it. A model that is not here yet cannot be measured.
 * @throws EngineError `ABORTED`
 */
export async function calibratePlan(
  { machine, plan, here, isolation = 'thread' }: Planned,
  { budgetSeconds, again, signal }: CalibrationOptions,
): Promise<Calibration> {
  const [capacity] = capacitiesOf(machine, { gpu: plan.gpu, memoryShare: defaultMemoryShare }, backends());
  return calibratedPlan({
    plan,
    machine,
    models: here.filter((model) => model.name === plan.model || model.path === plan.model),
    usableCores: usableCores(machine),
    limits: capacity?.limits ?? [],
    whisperVersion: loadAddon().systemInformation().whisperVersion,
    clock: systemClock,
    nowSeconds: Date.now() / 1000,
    budgetSeconds,
    again,
    signal,
    openSlots: (slots) => openPool(isolation, slots),
  });
}

function backends(): readonly string[] {
  return loadAddon()
    .systemInformation()
    .backends.map(({ name }) => name);
}

async function modelsHere({ model, store, options }: PlanQuestion): Promise<readonly ResolvedModel[]> {
  const wish = model === undefined ? undefined : modelWish(model);
  if (wish?.kind === 'file') {
    // What is wrong with the file is for the loader to say.
    const file = await resolveFile(wish.path).catch(() => undefined);
    return file ? [{ ...file, name: wish.path }] : [];
  }
  const listed = await store.list({ searchFolders: options.modelFolders });
  return listed.flatMap((file) => (file.state === 'good' ? [file.model] : []));
}

/** What a plan may choose from: what is here, or what may be fetched when it is named or when nothing is here. */
function choiceOf(here: readonly ResolvedModel[], model: string | undefined): readonly PlannableModel[] {
  const choice = [...here.map(plannable), ...fetchableModels(model)];
  return choice.length > 0 ? choice : catalogModels();
}

function attempt(make: () => Plan): Plan | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof EngineError && /^(MODEL_|PLAN_IMPOSSIBLE|LANGUAGE_UNSUPPORTED)/.test(error.code))
      return undefined;
    throw error;
  }
}
