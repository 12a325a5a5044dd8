import type { CalibrationCandidate } from '../../capability/calibration/candidates.js';
import { type Measurement, rate } from '../../capability/calibration/measurement.js';
import type { Plan } from '../../capability/plan.js';
import { section } from './layout.js';

/** What `doctor --measure` found out. */
export interface MeasuredPlan {
  /** The plan as the measurements correct it. */
  readonly plan: Plan;
  readonly candidates: readonly MeasuredCandidate[];
}

interface MeasuredCandidate extends CalibrationCandidate {
  /** It is what the corrected plan does. */
  readonly isChosen: boolean;
  /** Audio seconds decoded in a second by all slots together; left out when there was no time for it or it cannot be used. */
  readonly throughput?: number;
  /** The slowest trial over the fastest, less 1; left out when it was tried once. */
  readonly spread?: number;
  /** Why it cannot be used. */
  readonly reason?: string;
}

const compared = ['variant', 'slots', 'threadsPerSlot', 'encoderContext', 'flashAttention', 'gpu'] as const;

/** The corrected plan with what became of each candidate. */
export function measuredPlanOf(plan: Plan, measurements: readonly Measurement[]): MeasuredPlan {
  const ratings = rate(measurements, plan.chunkSeconds);
  const candidates = measurements.map((measurement): MeasuredCandidate => {
    const { candidate } = measurement;
    const rating = ratings.find((each) => each.candidate === candidate);
    const isChosen = compared.every((setting) => candidate[setting] === plan[setting]);
    const spread = rating && rating.rounds > 1 ? { spread: rating.spread } : {};
    const result = rating ? { throughput: rating.throughput, ...spread } : {};
    return { ...candidate, isChosen, ...result, ...('reason' in measurement ? { reason: measurement.reason } : {}) };
  });
  return { plan, candidates };
}

/** A row for each candidate: what it is, seconds of audio a second, and how much its trials differ. */
export function candidatesText({ candidates }: MeasuredPlan): string {
  return section('Measured (seconds of audio decoded a second)', candidates.map(row));
}

function row(candidate: MeasuredCandidate): readonly string[] {
  const { variant, slots, threadsPerSlot, encoderContext, flashAttention, throughput, spread, reason } = candidate;
  return [
    variant,
    `${slots} × ${threadsPerSlot}`,
    `${encoderContext} context`,
    flashAttention ? 'flash' : '',
    throughput === undefined ? '-' : throughput.toPrecision(2),
    throughput === undefined ? (reason ?? 'no time') : spreadText(spread),
    candidate.isChosen ? 'chosen' : '',
  ];
}

function spreadText(spread: number | undefined): string {
  return spread === undefined ? 'tried once' : `spread ${Math.round(100 * spread)} %`;
}
