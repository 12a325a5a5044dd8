import type { Variant } from '../../model/variant.js';
import { type MemoryLimit, memoryDemand } from '../memory-allowance.js';
import type { Plan, PlannableModel, PlanSettings } from '../plan.js';

/** Settings that are tried out, and what they take. */
export interface CalibrationCandidate
  extends Pick<PlanSettings, 'variant' | 'slots' | 'threadsPerSlot' | 'encoderContext' | 'flashAttention' | 'gpu'> {
  /** With every slot warm and serving. */
  readonly memoryBytes: number;
}

export interface CandidateQuestion {
  readonly usableCores: number;
  readonly limits: readonly MemoryLimit[];
  /** The plan's model, in each variant that is on this machine. */
  readonly models: readonly Pick<PlannableModel, 'variant' | 'sizeBytes' | 'dimensions'>[];
}

/** One decode hardly gets faster beyond four threads, and calibrating has to start every thread. */
const threadCounts = [1, 2, 4];
const mostSlots = { cpu: 16, gpu: 2 };
/** Others are faster at the cost of errors, which a clock does not see (q4_0 doubles those in Portuguese). */
const equallyAccurate: readonly Variant[] = ['q8_0', 'f16'];

/**
 * What is worth measuring beside a plan, the most valuable first: the plan itself, other ways to share out the cores,
 * flash attention the other way, other variants that are here, and, to compare with, the full encoder context. What the
 * user has fixed is not varied, and all of them fit into memory together. Empty when the plan's own file is not given.
 */
export function calibrationCandidates(plan: Plan, question: CandidateQuestion): readonly CalibrationCandidate[] {
  const { variant, slots, threadsPerSlot, encoderContext, flashAttention, gpu } = plan;
  const present = { variant, slots, threadsPerSlot, encoderContext, flashAttention, gpu };
  const isFree = (setting: keyof PlanSettings) =>
    !plan.reasons.some((reason) => reason.setting === setting && reason.by === 'user');
  const variants = isFree('variant') ? equallyAccurate : [];
  const wanted: readonly Omit<CalibrationCandidate, 'memoryBytes'>[] = [
    present,
    ...coreShares(plan, question.usableCores, isFree).map((shares) => ({ ...present, ...shares })),
    ...(isFree('flashAttention') ? [{ ...present, flashAttention: !flashAttention }] : []),
    ...variants.map((other) => ({ ...present, variant: other })),
    ...(isFree('encoderContext') ? [{ ...present, encoderContext: 'full' as const }] : []),
  ];
  return fitting(withoutDoubles(wanted), question);
}

type CoreShares = Pick<PlanSettings, 'slots' | 'threadsPerSlot'>;

function coreShares(
  plan: Plan,
  cores: number,
  isFree: (setting: keyof PlanSettings) => boolean,
): readonly CoreShares[] {
  if (!isFree('slots') && !isFree('threadsPerSlot')) return [];
  const threads = isFree('threadsPerSlot') ? threadCounts : [plan.threadsPerSlot];
  const most = plan.gpu ? mostSlots.gpu : mostSlots.cpu;
  return threads
    .map((threadsPerSlot) => ({
      threadsPerSlot,
      slots: isFree('slots') ? Math.min(most, Math.floor(cores / threadsPerSlot)) : plan.slots,
    }))
    .filter(({ slots, threadsPerSlot }) => {
      const busy = slots * threadsPerSlot;
      const leavesIdle = !plan.gpu && isFree('slots') && 2 * busy <= cores;
      return slots >= 1 && busy <= cores && !leavesIdle;
    });
}

function withoutDoubles<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** Weights are shared, unless the variant or flash attention differs; every candidate has states of its own. */
function fitting(
  wanted: readonly Omit<CalibrationCandidate, 'memoryBytes'>[],
  { limits, models }: CandidateQuestion,
): readonly CalibrationCandidate[] {
  const kept: CalibrationCandidate[] = [];
  const weights = new Set<string>();
  let heldBytes = 0;
  for (const candidate of wanted) {
    const model = models.find(({ variant }) => variant === candidate.variant);
    if (!model) {
      if (kept.length === 0) return [];
      continue;
    }
    const demand = memoryDemand(model, candidate.slots, candidate.encoderContext);
    const weightsBytes = memoryDemand(model, 0, 'sized').servingBytes;
    const key = `${candidate.variant} ${String(candidate.flashAttention)}`;
    const togetherBytes = heldBytes + demand.servingBytes - (weights.has(key) ? weightsBytes : 0);
    const fits = limits.every(
      ({ allowanceBytes, availableBytes }) => togetherBytes <= allowanceBytes && demand.peakBytes <= availableBytes,
    );
    if (kept.length > 0 && !fits) continue;
    kept.push({ ...candidate, memoryBytes: demand.servingBytes });
    weights.add(key);
    heldBytes = togetherBytes;
  }
  return kept;
}
