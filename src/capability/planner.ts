import { EngineError } from '../errors.js';
import { catalog } from '../model/catalog.js';
import { type Capacity, capacitiesOf } from './capacity.js';
import { expectationOf, expectedRtf } from './expectation.js';
import type { Machine } from './machine.js';
import { tooLarge } from './memory-allowance.js';
import { chooseModel, type ModelQuestion } from './model-choice.js';
import type { Plan, PlannableModel, PlanSettings, PlanWishes } from './plan.js';
import { reasonsFor } from './plan-reasons.js';
import { type Tier, tiers, variantOrder } from './plan-rules.js';
import { type ResolvedWishes, resolvedWishes } from './plan-wishes.js';
import { catalogModels, eligibleModels, modelScale, wishedVariants } from './plannable-models.js';
import { shareSlots, threadsBeside } from './slot-shares.js';

/**
 * The plan for a machine: hard limits first, then the user's wishes, then the table of plan-rules.ts. It reads nothing
 * and measures nothing; what it expects is an estimate.
 * @param models - what may be chosen
 * @param backends - what the addon was built for, as it says; left out, only Metal is believed
 * @throws EngineError `PLAN_IMPOSSIBLE` with the numbers, `LANGUAGE_UNSUPPORTED`, `LANGUAGE_UNKNOWN`, `MODEL_MISSING`,
 * `MODEL_VARIANT_MISSING`, `MODEL_UNKNOWN`, `OPTION_INVALID`
 */
export function planFor(
  machine: Machine,
  wishes: PlanWishes,
  models: readonly PlannableModel[],
  backends?: readonly string[],
): Plan {
  const resolved = resolvedWishes(wishes);
  const eligible = eligibleModels(models, resolved);
  let refusal: EngineError | undefined;
  for (const capacity of capacitiesOf(machine, resolved, backends)) {
    const plan = planAt(capacity, resolved, eligible, refusal !== undefined);
    if (!(plan instanceof EngineError)) return plan;
    refusal = plan;
  }
  throw refusal ?? new EngineError('INTERNAL', 'A machine without a place to decode.');
}

/** Or why no model fits there. */
function planAt(
  capacity: Capacity,
  wishes: ResolvedWishes,
  eligible: readonly PlannableModel[],
  isGpuTooSmall: boolean,
): Plan | EngineError {
  const tier = tierFor(capacity, wishes);
  const { limits, place } = capacity;
  const chunkSeconds = wishes.chunkSeconds ?? tier.chunkSeconds;
  const encoderContext = wishes.encoderContext ?? tier.encoderContext;
  const wanted = tierModel(tier);
  const mostScale = wishes.model === undefined ? modelScale(wanted.dimensions) : Number.POSITIVE_INFINITY;
  const variants = wishedVariants(wishes) ?? variantOrder[place];
  const slots = wishes.slots ?? 1;
  const question = { eligible, mostScale, variants, limits, encoderContext, slots };
  const model = chooseModel(question);
  if (!model) return impossible(question, wishes);

  const shares = shareSlots({
    capacity,
    tier,
    wishes,
    fits: (count) => tooLarge(model, count, encoderContext, limits) === undefined,
    rtf: (threads) => expectedRtf({ ...model, chunkSeconds, encoderContext }, threads, capacity),
  });
  const settings: PlanSettings = {
    provider: 'whisper-cpp',
    model: model.name,
    variant: model.variant,
    slots: shares.slots,
    threadsPerSlot: shares.threadsPerSlot,
    chunkSeconds,
    encoderContext,
    flashAttention: wishes.flashAttention ?? tier.flashAttention,
    gpu: wishes.gpu ?? place !== 'cpu',
  };
  const expected = expectationOf(model, settings, capacity);
  const decision = { settings, tier, wanted, chosen: model, eligible, shares, capacity, wishes, isGpuTooSmall };
  return { ...settings, expected, tier: tier.name, reasons: reasonsFor(decision) };
}

/** The first row that the machine satisfies. */
function tierFor(capacity: Capacity, wishes: ResolvedWishes): Tier {
  const row = tiers.find(
    (tier) =>
      tier.place === capacity.place &&
      tier.fromCores <= capacity.physicalCores &&
      tier.fromMemoryBytes <= capacity.memoryBytes &&
      tier.fromGpuMemoryBytes <= capacity.gpuMemoryBytes &&
      rtfAtBest(tier, capacity, wishes) <= tier.mostRtf,
  );
  if (row) return row;
  throw new EngineError('INTERNAL', `The table of plans ends without a row for every machine (${capacity.place}).`);
}

/** Of a tier's model, with as many threads as it can have. */
function rtfAtBest(tier: Tier, capacity: Capacity, wishes: ResolvedWishes): number {
  const { chunkSeconds = tier.chunkSeconds, encoderContext = tier.encoderContext, slots = 1 } = wishes;
  const threads = wishes.threadsPerSlot ?? threadsBeside(slots, capacity.physicalCores, tier.mostThreads);
  const { dimensions } = tierModel(tier);
  return expectedRtf({ dimensions, variant: 'q8_0', chunkSeconds, encoderContext }, threads, capacity);
}

function tierModel(tier: Tier) {
  const model = catalog.find(({ name }) => name === tier.model);
  if (model) return model;
  throw new EngineError('INTERNAL', `The table of plans names a model that is not in the catalog: '${tier.model}'.`);
}

function impossible(question: ModelQuestion, wishes: ResolvedWishes): EngineError {
  const { eligible, slots, encoderContext, limits } = question;
  const relief = [
    ...(slots > 1 ? ['fewer slots'] : []),
    ...smallerModel(question, wishes),
    ...(wishes.variant === 'auto' ? [] : ['a smaller variant']),
  ];
  const advice = relief.length > 0 ? `Take ${relief.join(' or ')}, or give it more memory.` : 'Give it more memory.';
  const numbers = eligible[0] && tooLarge(eligible[0], slots, encoderContext, limits);
  return new EngineError('PLAN_IMPOSSIBLE', `It does not fit: ${numbers ?? 'no model does'}. ${advice}`);
}

/** Whoever named none is told which one would fit, if any would. */
function smallerModel(question: ModelQuestion, wishes: ResolvedWishes): readonly string[] {
  if (wishes.model !== undefined) return ['a smaller model'];
  if (wishes.variant !== 'auto') return [];
  const model = chooseModel({ ...question, eligible: eligibleModels(catalogModels(), wishes) });
  return model ? [`a smaller model (\`whisperpool models pull ${model.name} --variant ${model.variant}\`)`] : [];
}
