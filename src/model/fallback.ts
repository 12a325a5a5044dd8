import { type CatalogModel, catalog, preferredVariants } from './catalog.js';
import { languageCode, speaks } from './language.js';
import type { NamedWish } from './model-wish.js';
import type { Variant } from './variant.js';

/** One model in one variant that may be loaded in place of what was wished for. */
export interface Candidate {
  readonly model: CatalogModel;
  readonly variant: Variant;
}

/**
 * What may be loaded when nothing that was wished for can be, best first: the same model in other variants, then the
 * models of its size and all smaller ones that speak the language, each in every variant. It is the catalog read
 * backwards: of two models of one size that speak English, the one that speaks nothing else is the better.
 * @param language - what will be spoken; `auto` rules English-only models out, unless such a model was wished for
 * @throws EngineError `LANGUAGE_UNKNOWN`, `OPTION_INVALID`
 */
export function fallbackCandidates(wish: NamedWish, language: string): readonly Candidate[] {
  const code = languageCode(language);
  const spoken = code === 'auto' && wish.model.languages === 'en' ? 'en' : code;
  const others = preferredVariants.filter((variant) => !wish.variants.includes(variant));
  const models = catalog
    .filter((model) => model !== wish.model && model.parametersMillions <= wish.model.parametersMillions)
    .filter((model) => (model.languages === 'en' ? spoken === 'en' : speaks(model.dimensions, spoken)))
    .toReversed();
  return [
    ...others.map((variant) => ({ model: wish.model, variant })),
    ...models.flatMap((model) => preferredVariants.map((variant) => ({ model, variant }))),
  ];
}
