import { capacitiesOf } from '../../capability/capacity.js';
import { type Machine, usableCores } from '../../capability/machine.js';
import { defaultMemoryShare, type MemoryLimit } from '../../capability/memory-allowance.js';
import type { Plan, PlanWishes } from '../../capability/plan.js';
import { catalogModels, fetchableModels, plannable } from '../../capability/plannable-models.js';
import { planFor } from '../../capability/planner.js';
import type { Pressure } from '../../capability/pressure.js';
import type { ProviderReport } from '../../capability/provider/provider-report.js';
import { EngineError, type EngineErrorCode } from '../../errors.js';
import type { ResolvedModel } from '../../model/resolve.js';
import type { ListedModel } from '../../model/store/inventory.js';
import { advice } from './advice.js';
import type { EnvironmentWish } from './environment-wish.js';
import type { MeasuredPlan } from './measured-plan.js';

/** What was found out about this machine. */
export interface Findings {
  readonly machine: Machine;
  readonly pressure: Pressure;
  readonly provider: ProviderReport;
  readonly listed: readonly ListedModel[];
  /** What will be spoken: a code or `auto`. */
  readonly language: string;
  readonly wish?: EnvironmentWish | undefined;
  /** Where the wish is a file: the file, or what is wrong with it. */
  readonly file?: ResolvedModel | EngineError | undefined;
}

/** What `doctor --json` prints. Fields are added, never renamed. */
export interface Diagnosis {
  /** A provider is available, which it can only show with a model that is here, and there is a plan. */
  readonly works: boolean;
  readonly machine: Machine;
  readonly pressure: Pressure;
  readonly limits: { readonly usableCores: number; readonly memory: readonly MemoryLimit[] };
  readonly providers: readonly ProviderReport[];
  readonly models: readonly ModelHere[];
  /** The model that the environment asks for. */
  readonly wish?: EnvironmentWish;
  /** As an engine makes it that is told nothing: with the models that are here, or the one that the environment asks for. */
  readonly plan?: Plan;
  /** Why there is none. */
  readonly planRefusal?: { readonly code: EngineErrorCode; readonly reason: string };
  readonly measured?: MeasuredPlan;
  readonly advice: readonly string[];
}

export interface ModelHere {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of a good one. */
  readonly name?: string;
  readonly variant?: string;
  /** Of a damaged one. */
  readonly code?: EngineErrorCode;
  readonly reason?: string;
}

/** What the findings come to. */
export function diagnosisOf(findings: Findings): Diagnosis {
  const { machine, pressure, provider, listed, wish } = findings;
  const backends = provider.kind === 'available' ? provider.system.backends.map(({ name }) => name) : undefined;
  const wishes: PlanWishes = { language: findings.language, model: wish?.model };
  const here = modelsHere(findings);
  const attempt =
    findings.file instanceof EngineError
      ? refused(findings.file)
      : attempted(() => planFor(machine, wishes, [...here.map(plannable), ...fetchableModels(wish?.model)], backends));
  const overCatalog = attempted(() => planFor(machine, wishes, catalogModels(), backends));
  const plan = attempt.plan && named(attempt.plan, wish);
  const isModelHere = here.some(({ name, variant }) => name === plan?.model && variant === plan.variant);
  const [capacity] = capacitiesOf(machine, { gpu: plan?.gpu, memoryShare: defaultMemoryShare }, backends);
  return {
    works: provider.kind === 'available' && plan !== undefined,
    machine,
    pressure,
    limits: { usableCores: usableCores(machine), memory: capacity?.limits ?? [] },
    providers: [provider],
    models: listed.map(modelHere),
    ...(wish && { wish }),
    ...(plan ? { plan } : attempt),
    advice: advice({ machine, provider, plan, isModelHere, planOverCatalog: overCatalog.plan, pressure }),
  };
}

/** The models that an engine has to choose from. */
export function modelsHere({ file, listed }: Pick<Findings, 'file' | 'listed'>): readonly ResolvedModel[] {
  if (file) return file instanceof EngineError ? [] : [file];
  return listed.flatMap((each) => (each.state === 'good' ? [each.model] : []));
}

function attempted(make: () => Plan): Pick<Diagnosis, 'plan' | 'planRefusal'> {
  try {
    return { plan: make() };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return refused(error);
  }
}

function refused({ code, message }: EngineError): Pick<Diagnosis, 'planRefusal'> & { readonly plan?: never } {
  return { planRefusal: { code, reason: message } };
}

/** With the variable that asks for the model as its reason. */
function named(plan: Plan, wish: EnvironmentWish | undefined): Plan {
  if (!wish) return plan;
  const because = `${wish.variable} says '${wish.model}'.`;
  return {
    ...plan,
    reasons: plan.reasons.map((reason) => (reason.setting === 'model' ? { ...reason, because } : reason)),
  };
}

function modelHere(listed: ListedModel): ModelHere {
  const { path, sizeBytes } = listed;
  switch (listed.state) {
    case 'good': {
      const { name, variant, sizeBytes } = listed.model;
      return { path, sizeBytes, name, variant };
    }
    case 'broken':
      return { path, sizeBytes, code: listed.refusal.code, reason: listed.refusal.message };
    default:
      return listed satisfies never;
  }
}
