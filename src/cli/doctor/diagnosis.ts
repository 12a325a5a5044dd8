import { capacitiesOf } from '../../capability/capacity.js';
import { type Machine, usableCores } from '../../capability/machine.js';
import { defaultMemoryShare, type MemoryLimit } from '../../capability/memory-allowance.js';
import type { Plan, PlannableModel } from '../../capability/plan.js';
import { catalogModels } from '../../capability/plannable-models.js';
import { planFor } from '../../capability/planner.js';
import type { Pressure } from '../../capability/pressure.js';
import type { ProviderReport } from '../../capability/provider/provider-report.js';
import { EngineError, type EngineErrorCode } from '../../errors.js';
import type { ListedModel } from '../../model/store/inventory.js';
import { advice } from './advice.js';
import type { MeasuredPlan } from './measured-plan.js';

/** What was found out about this machine. */
export interface Findings {
  readonly machine: Machine;
  readonly pressure: Pressure;
  readonly provider: ProviderReport;
  readonly listed: readonly ListedModel[];
  /** What will be spoken: a code or `auto`. */
  readonly language: string;
}

/** What `doctor --json` prints. Fields are added, never renamed. */
export interface Diagnosis {
  /** A provider is available, which it can only show with a model that is here. */
  readonly works: boolean;
  readonly machine: Machine;
  readonly pressure: Pressure;
  readonly limits: { readonly usableCores: number; readonly memory: readonly MemoryLimit[] };
  readonly providers: readonly ProviderReport[];
  readonly models: readonly ModelHere[];
  /** With the models that are here. */
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
export function diagnosisOf({ machine, pressure, provider, listed, language }: Findings): Diagnosis {
  const backends = provider.kind === 'available' ? provider.system.backends.map(({ name }) => name) : undefined;
  const here = listed.flatMap((file) => (file.state === 'good' ? [plannable(file.model)] : []));
  const attempt = attempted(() => planFor(machine, { language }, here, backends));
  const overCatalog = attempted(() => planFor(machine, { language }, catalogModels(), backends));
  const [capacity] = capacitiesOf(machine, { gpu: attempt.plan?.gpu, memoryShare: defaultMemoryShare }, backends);
  return {
    works: provider.kind === 'available',
    machine,
    pressure,
    limits: { usableCores: usableCores(machine), memory: capacity?.limits ?? [] },
    providers: [provider],
    models: listed.map(modelHere),
    ...attempt,
    advice: advice({ machine, provider, plan: attempt.plan, planOverCatalog: overCatalog.plan, pressure }),
  };
}

function attempted(make: () => Plan): Pick<Diagnosis, 'plan' | 'planRefusal'> {
  try {
    return { plan: make() };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { planRefusal: { code: error.code, reason: error.message } };
  }
}

type GoodModel = Extract<ListedModel, { readonly state: 'good' }>['model'];

function plannable({ name, variant, sizeBytes, dimensions, multilingual }: GoodModel): PlannableModel {
  return { name, variant, sizeBytes, dimensions, languages: multilingual ? 'multilingual' : 'en' };
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
