import type { Plan, PlanReason, PlanSettings } from '../plan.js';
import { mostDecodeRtf, mostLoad } from '../plan-rules.js';
import type { CalibrationCandidate } from './candidates.js';
import { type Measurement, type Rating, rate } from './measurement.js';

/** What another choice must gain at least, however quiet the machine was. */
const leastGain = 0.03;
/** It rules out word times by DTW: it must be worth that. */
const leastFlashAttentionGain = 0.1;
/** What was tried only once was not compared. */
const leastRounds = 2;

/**
 * The plan that the measurements speak for. The present choice stays unless another has more throughput by more than
 * the measurements vary, and by 3 % at least; a choice that decodes a chunk within `mostDecodeRtf` of its length goes before
 * one that does not. What is expected is what was measured. Without a measurement of the plan itself nothing changes.
 */
export function correctPlan(plan: Plan, measurements: readonly Measurement[]): Plan {
  const ratings = rate(measurements, plan.chunkSeconds);
  const present = ratings.find(({ candidate }) => tried.every((setting) => candidate[setting] === plan[setting]));
  if (!present) return plan;
  const rivals = ratings.filter(
    ({ candidate, rounds }) => candidate.encoderContext === plan.encoderContext && rounds >= leastRounds,
  );
  const chosen = choose(present, rivals);
  const { slots, memoryBytes } = chosen.candidate;
  return {
    ...plan,
    ...settingsOf(chosen.candidate),
    expected: { rtf: chosen.rtf, realTimeSources: Math.floor((mostLoad * slots) / chosen.rtf), memoryBytes },
    reasons: plan.reasons.map((reason) => measuredReason(reason, chosen, ratings)),
  };
}

function choose(present: Rating, rivals: readonly Rating[]): Rating {
  const swift = rivals.filter(({ rtf }) => rtf <= mostDecodeRtf);
  const eligible = swift.length > 0 ? swift : rivals;
  const better = eligible.filter((rival) => rival.throughput > present.throughput * (1 + neededGain(present, rival)));
  const isStaying = swift.length === 0 || swift.includes(present);
  return fastest(isStaying ? better : eligible) ?? present;
}

function neededGain(present: Rating, rival: Rating): number {
  const turnsFlashOn = rival.candidate.flashAttention && !present.candidate.flashAttention;
  return Math.max(turnsFlashOn ? leastFlashAttentionGain : leastGain, present.noise, rival.noise);
}

function fastest(ratings: readonly Rating[]): Rating | undefined {
  return ratings.toSorted((one, other) => other.throughput - one.throughput)[0];
}

/** The settings that candidates differ in, and how one is called in a sentence. */
const names = {
  variant: ({ variant }) => variant,
  slots: shares,
  threadsPerSlot: shares,
  encoderContext: ({ encoderContext }) => `${encoderContext === 'sized' ? 'a sized' : 'the full'} encoder context`,
  flashAttention: ({ flashAttention }) => (flashAttention ? 'flash attention' : 'no flash attention'),
} as const satisfies Partial<Record<keyof PlanSettings, (candidate: CalibrationCandidate) => string>>;
const tried = Object.keys(names) as (keyof typeof names)[];

function shares({ slots, threadsPerSlot }: CalibrationCandidate): string {
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `${counted(slots, 'slot')} of ${counted(threadsPerSlot, 'thread')}`;
}

function settingsOf(candidate: CalibrationCandidate): Pick<PlanSettings, keyof typeof names> {
  const { variant, slots, threadsPerSlot, encoderContext, flashAttention } = candidate;
  return { variant, slots, threadsPerSlot, encoderContext, flashAttention };
}

/** A setting that was tried both ways is there because of the measurement, whichever way it went; a limit stays one. */
function measuredReason(reason: PlanReason, chosen: Rating, ratings: readonly Rating[]): PlanReason {
  const setting = tried.find((name) => name === reason.setting);
  if (setting === undefined) return reason;
  const value = chosen.candidate[setting];
  const rival = fastest(ratings.filter(({ candidate }) => candidate[setting] !== value));
  if (!rival || (reason.by === 'limit' && reason.value === value)) return { ...reason, value };
  const speed = ({ throughput }: Rating) => `${throughput.toFixed(throughput < 10 ? 1 : 0)} s`;
  const name = names[setting];
  return {
    setting,
    value,
    because: `Measured: with ${name(chosen.candidate)} it decodes ${speed(chosen)} of audio a second, with ${name(rival.candidate)} ${speed(rival)}.${remark(chosen, rival)}`,
    by: 'measured',
  };
}

function remark(chosen: Rating, rival: Rating): string {
  if (rival.throughput <= chosen.throughput) return '';
  if (rival.rtf > mostDecodeRtf && chosen.rtf <= mostDecodeRtf) {
    return ` But a chunk then takes ${rival.rtf.toFixed(2)} of its length.`;
  }
  return ' That is too little to change it.';
}
