import { coreSpeed, decodeSeconds, threadGain, variantFactor } from '../capability/decode-cost.js';
import { catalog } from '../model/catalog.js';
import type { Dimensions } from '../model/dimensions.js';
import type { Variant } from '../model/variant.js';
import { encoderContextFor, fullEncoderContext, sizedEncoderContext } from '../provider/encoder-context.js';
import type { PlanKey } from './plan-key.js';

/** What each more hypothesis adds to a decode: a beam of five takes 2.9 times as long (bench/results/accuracy.md). */
const beamShare = 0.47;
const dimensions = new Map<string, Dimensions>(catalog.map((model) => [model.name, model.dimensions]));
const speed = coreSpeed(['AVX512_VNNI']);

/**
 * Seconds of a decode on the machine on which decode-cost.ts was measured. On another one the seconds are wrong, and their
 * ratios are nearly right.
 */
export function planCost(plan: PlanKey, audioSeconds: number): number {
  const { model, encoderContext, threads, beamSize } = plan;
  const ofModel = dimensions.get(model);
  if (!ofModel) return planCost({ ...plan, model: 'base' }, audioSeconds);
  const variant = plan.variant as Variant;
  const ofContext = (context: 'sized' | 'full') =>
    decodeSeconds({ dimensions: ofModel, variant, chunkSeconds: audioSeconds, encoderContext: context }, speed);
  const [sized, full] = [ofContext('sized'), ofContext('full')];
  // The encoder takes about as long as it has frames.
  const spare = fullEncoderContext - sizedEncoderContext(audioSeconds);
  const share = spare > 0 ? (fullEncoderContext - encoderContextFor(encoderContext, audioSeconds)) / spare : 0;
  const seconds = full - share * (full - sized);
  return (seconds * variantFactor(variant) * (1 + beamShare * (beamSize - 1))) / threadGain(threads);
}
