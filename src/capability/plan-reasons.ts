import { type CatalogModel, catalog } from '../model/catalog.js';
import type { Capacity } from './capacity.js';
import { tooLarge } from './memory-allowance.js';
import { variantRank } from './model-choice.js';
import type { PlannableModel, PlanReason, PlanSettings } from './plan.js';
import { mostDecodeRtf, type Tier, variantOrder } from './plan-rules.js';
import type { ResolvedWishes } from './plan-wishes.js';
import { modelScale, wishedVariants } from './plannable-models.js';
import type { SlotShares } from './slot-shares.js';

/** Everything that led to the settings. */
export interface PlanDecision {
  readonly settings: PlanSettings;
  readonly tier: Tier;
  /** The tier's model. */
  readonly wanted: CatalogModel;
  readonly chosen: PlannableModel;
  readonly eligible: readonly PlannableModel[];
  readonly shares: SlotShares;
  readonly capacity: Capacity;
  readonly wishes: ResolvedWishes;
  /** A GPU that would have been used if its memory, or the machine's, held the model. */
  readonly isGpuTooSmall: boolean;
}

type Why = Pick<PlanReason, 'because' | 'by'>;

const whys: Readonly<Record<keyof PlanSettings, (decision: PlanDecision) => Why>> = {
  provider: ({ wishes }) =>
    wishes.provider === undefined ? rule('It is the provider that comes with the engine.') : asked(),
  model: whyModel,
  variant: whyVariant,
  slots: whySlots,
  threadsPerSlot: whyThreads,
  chunkSeconds: ({ tier, wishes }) =>
    wishes.chunkSeconds === undefined ? rule(`It is the length for ${tier.name}.`) : asked(),
  encoderContext: ({ wishes }) =>
    wishes.encoderContext === undefined
      ? rule('An encoder context of the length of the audio makes short chunks 2.5 to 4 times cheaper.')
      : asked(),
  flashAttention: ({ settings, wishes }) => {
    if (wishes.flashAttention !== undefined) return asked();
    return settings.flashAttention
      ? rule('It is faster on a GPU; word times are estimated instead of aligned.')
      : rule('It is no faster on a CPU, and without it word times are aligned.');
  },
  gpu: whyGpu,
};

/** One sentence for each setting. */
export function reasonsFor(decision: PlanDecision): readonly PlanReason[] {
  return (Object.keys(whys) as (keyof PlanSettings)[]).map((setting) => ({
    setting,
    value: decision.settings[setting],
    ...whys[setting](decision),
  }));
}

function whyModel(decision: PlanDecision): Why {
  const { tier, wanted, chosen, eligible, wishes } = decision;
  if (wishes.model !== undefined) return asked(wishes.model === chosen.name ? '' : `As '${wishes.model}'.`);
  const english = wishes.language === 'en' ? catalog.find(({ name }) => name === `${wanted.name}.en`) : undefined;
  const { name } = english ?? wanted;
  const isFor = `${name} is the model for ${tier.name}`;
  const [wantedScale, chosenScale] = [modelScale(wanted.dimensions), modelScale(chosen.dimensions)];
  if (chosenScale === wantedScale) return rule(`${isFor}.`);
  if (chosenScale > wantedScale) return limit(`${isFor}, but the smallest here that can be chosen is ${chosen.name}.`);
  const refused = eligible.find(({ dimensions }) => modelScale(dimensions) > chosenScale);
  if (refused && modelScale(refused.dimensions) <= wantedScale) {
    return limit(`${isFor}, but ${whyNot(refused, decision)}.`);
  }
  return limit(`${isFor}, but it is not here (\`whisperpool models pull ${name}\` fetches it).`);
}

function whyVariant(decision: PlanDecision): Why {
  const { chosen, eligible, wishes, capacity } = decision;
  const wished = wishedVariants(wishes);
  if (wished) return wished.length > 0 ? asked() : rule('It is what the file holds.');
  const order = variantOrder[capacity.place];
  const rank = variantRank(chosen.variant, order);
  const refused = eligible.find(({ name, variant }) => name === chosen.name && variantRank(variant, order) < rank);
  if (refused) return limit(`Better is too large: ${whyNot(refused, decision)}.`);
  if (rank > 0) return rule(`It is the best variant of ${chosen.name} that can be had.`);
  return capacity.place === 'cpu'
    ? rule('It is as accurate as f16, no slower, and half the size.')
    : rule('GPUs are fastest with it.');
}

function whySlots(decision: PlanDecision): Why {
  const { shares, capacity, chosen, settings, tier } = decision;
  const { slots, threadsPerSlot } = settings;
  switch (shares.slotsFor) {
    case 'user':
      return asked(beyondCores(decision));
    case 'memory':
      return limit(`Memory holds no more: ${whyNot(chosen, decision, slots + 1)}.`);
    case 'latency':
      return rule(
        `More slots would leave too few threads to each: a chunk should be decoded within ${mostDecodeRtf} of its length.`,
      );
    case 'throughput':
      if (capacity.place !== 'cpu' && slots > 1) return rule('The second prepares and samples while the GPU works.');
      if (slots === tier.mostSlots) return rule('More slots would only take more memory.');
      if (capacity.quotaCores !== undefined && capacity.cores === capacity.usableCores) {
        return limit(underQuota(capacity, capacity.quotaCores, 'slot'));
      }
      return rule(
        `Slots of ${counted(threadsPerSlot, 'thread')} on ${counted(capacity.cores, 'core')} give the most throughput.`,
      );
    default:
      return shares.slotsFor satisfies never;
  }
}

function whyThreads(decision: PlanDecision): Why {
  const { capacity, settings, tier, wishes } = decision;
  if (wishes.threadsPerSlot !== undefined) return asked(beyondCores(decision));
  if (settings.threadsPerSlot === tier.mostThreads) return rule('More threads hardly make a decode faster.');
  if (settings.threadsPerSlot > 1) {
    return rule(`${counted(capacity.physicalCores, 'core')} shared out among ${counted(settings.slots, 'slot')}.`);
  }
  if (capacity.quotaCores !== undefined && capacity.usableCores === 1) {
    return limit(underQuota(capacity, capacity.quotaCores, 'thread'));
  }
  return rule('One thread a slot wastes nothing on waiting for others.');
}

function underQuota({ usableCores }: Capacity, quotaCores: number, what: 'slot' | 'thread'): string {
  const allows = `The CPU quota of ${quotaCores} allows ${usableCores === 1 ? 'no more than one core' : `${usableCores} cores`}`;
  return `${allows}: one more ${what} would only wait.`;
}

function whyGpu({ capacity, wishes, isGpuTooSmall }: PlanDecision): Why {
  if (wishes.gpu === true && capacity.place === 'cpu')
    return asked('None is known here, so nothing is expected of it.');
  if (wishes.gpu !== undefined) return asked();
  if (isGpuTooSmall) return limit('The model and its slots do not fit on the GPU that is here.');
  return capacity.place === 'cpu'
    ? rule('No GPU is known here that the addon can use.')
    : rule('There is one, and the addon can use it.');
}

/** For one who fixed more than there is. */
function beyondCores({ settings, capacity }: PlanDecision): string {
  const threads = settings.slots * settings.threadsPerSlot;
  if (threads <= capacity.usableCores) return '';
  return `That makes ${threads} threads for ${counted(capacity.usableCores, 'usable core')}: they will wait for each other.`;
}

/** A larger model had to fit on as many slots as the user wants, or on one. */
function whyNot(
  model: PlannableModel,
  { capacity, settings, wishes }: PlanDecision,
  slots = wishes.slots ?? 1,
): string {
  return tooLarge(model, slots, settings.encoderContext, capacity.limits) ?? 'it does not fit';
}

function asked(remark = ''): Why {
  return { by: 'user', because: `It was asked for. ${remark}`.trim() };
}

function rule(because: string): Why {
  return { by: 'rule', because };
}

function limit(because: string): Why {
  return { by: 'limit', because };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
