import { catalog } from '../model/catalog.js';
import type { Variant } from '../model/variant.js';
import { type MemoryLimit, tooLarge } from './memory-allowance.js';
import type { PlannableModel } from './plan.js';
import { modelScale } from './plannable-models.js';

export interface ModelQuestion {
  /** What may be chosen: here, wanted, and speaking the language; the smallest first. */
  readonly eligible: readonly PlannableModel[];
  /** No larger one is chosen, unless all are larger. */
  readonly mostScale: number;
  /** Best first. */
  readonly variants: readonly Variant[];
  readonly limits: readonly MemoryLimit[];
  readonly encoderContext: 'sized' | 'full';
  /** As many as there must be. Memory is first taken from slots, so without the user's word it is one. */
  readonly slots: number;
}

/**
 * Of the models that fit, the largest in the best variant; undefined when nothing fits. Where all are too large for the
 * tier, the smallest of them are, and no others: which one it is must not depend on memory.
 */
export function chooseModel(question: ModelQuestion): PlannableModel | undefined {
  const { eligible, mostScale, variants, limits, encoderContext, slots } = question;
  const most = Math.max(mostScale, Math.min(...eligible.map(({ dimensions }) => modelScale(dimensions))));
  return eligible
    .filter(({ dimensions }) => modelScale(dimensions) <= most)
    .toSorted((one, other) => byMerit(one, other, variants))
    .find((model) => tooLarge(model, slots, encoderContext, limits) === undefined);
}

/** 0 is the best; what nobody would choose comes last. */
export function variantRank(variant: Variant, variants: readonly Variant[]): number {
  return variants.includes(variant) ? variants.indexOf(variant) : variants.length;
}

/** The larger first; of one size the later in the catalog: where English is spoken, it speaks nothing else. */
function byMerit(one: PlannableModel, other: PlannableModel, variants: readonly Variant[]): number {
  const names = catalog.map(({ name }): string => name);
  return (
    modelScale(other.dimensions) - modelScale(one.dimensions) ||
    names.indexOf(other.name) - names.indexOf(one.name) ||
    variantRank(one.variant, variants) - variantRank(other.variant, variants)
  );
}
