import type { Capacity } from './capacity.js';
import { type DecodeWork, decodeSeconds, threadGain, variantFactor } from './decode-cost.js';
import { memoryDemand } from './memory-allowance.js';
import type { PlanExpectation, PlannableModel, PlanSettings } from './plan.js';
import { mostLoad } from './plan-rules.js';

/** Seconds for each second of a chunk, on so many threads of this place: an estimate. */
export function expectedRtf(work: DecodeWork, threads: number, { place, speed, physicalCores }: Capacity): number {
  const rtf = decodeSeconds(work, speed) / work.chunkSeconds;
  if (place !== 'cpu') return rtf;
  return (rtf * variantFactor(work.variant)) / threadGain(Math.min(threads, physicalCores));
}

/** What a model should achieve with these settings. */
export function expectationOf(model: PlannableModel, settings: PlanSettings, capacity: Capacity): PlanExpectation {
  const { slots, threadsPerSlot, chunkSeconds, encoderContext } = settings;
  const rtf = expectedRtf({ ...model, chunkSeconds, encoderContext }, threadsPerSlot, capacity);
  // Slots take turns on one GPU, and on cores that there are too few of.
  const coresWanted = slots * Math.min(threadsPerSlot, capacity.physicalCores);
  const atOnce = capacity.place === 'cpu' ? slots * Math.min(1, capacity.physicalCores / coresWanted) : 1;
  return {
    rtf,
    realTimeSources: Math.floor((mostLoad * atOnce) / rtf),
    memoryBytes: memoryDemand(model, slots, encoderContext).servingBytes,
  };
}
