import { memoryNeed } from '../model/memory-need.js';
import type { PlannableModel } from './plan.js';

/** Of the memory that is available when a model is loaded, the part that models may take; the rest is for audio, the host and its peaks. */
export const defaultMemoryShare = 0.6;

/** Bytes that models may take now: a share of what is available to this process, under its container's limit where there is one. */
export function memoryAllowanceBytes(): number {
  return defaultMemoryShare * process.availableMemory();
}

/** One memory that a plan must fit into. */
export interface MemoryLimit {
  readonly of: 'memory' | 'GPU memory';
  readonly availableBytes: number;
  /** The part of it that may be taken by what serves. */
  readonly allowanceBytes: number;
}

/** What a model takes on some slots. */
export interface MemoryDemand {
  /** Every slot warm and serving. */
  readonly servingBytes: number;
  /** Every slot has decoded at full encoder context: states keep the size they have grown to. */
  readonly peakBytes: number;
}

const mebibyte = 2 ** 20;
/** What the engine takes beside models and audio: its threads, the listener, the VAD. Measured 35 MiB. */
const engineBytes = 60 * mebibyte;
/** Blocks of 30 s that a slot's audio goes through; each is 2 MiB. */
const audioBytesPerSlot = 16 * mebibyte;
/**
 * A state at full encoder context over the estimate of one for a piece of 11 s. Measured growth of RSS per slot over
 * that estimate: `base` 1.7, `tiny.en` 1.7, large-v3-turbo (with weights of zero) 1.9.
 */
const fullContextFactor = 2;

/** Memory for a model on `slots` slots. */
export function memoryDemand(
  { dimensions, sizeBytes }: Pick<PlannableModel, 'dimensions' | 'sizeBytes'>,
  slots: number,
  encoderContext: 'sized' | 'full',
): MemoryDemand {
  const { weightsBytes, perStateBytes } = memoryNeed(dimensions, sizeBytes);
  const fixedBytes = engineBytes + weightsBytes + slots * audioBytesPerSlot;
  const peakBytes = fixedBytes + slots * fullContextFactor * perStateBytes;
  return { servingBytes: encoderContext === 'full' ? peakBytes : fixedBytes + slots * perStateBytes, peakBytes };
}

/** Whether it fits: what serves into the allowance, and the worst that retries make of it into all that is available. */
function fits({ servingBytes, peakBytes }: MemoryDemand, { allowanceBytes, availableBytes }: MemoryLimit): boolean {
  return servingBytes <= allowanceBytes && peakBytes <= availableBytes;
}

/** The numbers that say why a model does not fit; undefined when it does. */
export function tooLarge(
  model: PlannableModel,
  slots: number,
  encoderContext: 'sized' | 'full',
  limits: readonly MemoryLimit[],
): string | undefined {
  const demand = memoryDemand(model, slots, encoderContext);
  const limit = limits.find((candidate) => !fits(demand, candidate));
  return (
    limit &&
    `${model.name} as ${model.variant} on ${slots === 1 ? 'one slot' : `${slots} slots`} takes about ${mebibytes(demand.servingBytes)} of ${limit.of}, ` +
      `and up to ${mebibytes(demand.peakBytes)} after retries at full encoder context, where ${mebibytes(limit.allowanceBytes)} of ${mebibytes(limit.availableBytes)} may be used`
  );
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MiB`;
}
