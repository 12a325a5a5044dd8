import { EngineError } from '../errors.js';
import { catalog } from '../model/catalog.js';
import type { Dimensions } from '../model/dimensions.js';
import { languageFor, speaks } from '../model/language.js';
import { modelWish } from '../model/model-wish.js';
import type { ResolvedModel } from '../model/resolve.js';
import type { Variant } from '../model/variant.js';
import type { PlannableModel } from './plan.js';
import type { ResolvedWishes } from './plan-wishes.js';

/** Every published file of every model. */
export function catalogModels(): readonly PlannableModel[] {
  return catalog.flatMap(({ name, dimensions, languages, files }) =>
    files.map(({ variant, sizeBytes }) => ({ name, variant, sizeBytes, dimensions, languages })),
  );
}

/** A checked file as a plan sees it. */
export function plannable({ name, variant, sizeBytes, dimensions, multilingual }: PlannableFile): PlannableModel {
  return { name, variant, sizeBytes, dimensions, languages: multilingual ? 'multilingual' : 'en' };
}

type PlannableFile = Pick<ResolvedModel, 'name' | 'variant' | 'sizeBytes' | 'dimensions' | 'multilingual'>;

/** Every published file of the model that the user names: it may be fetched. None when a file is named, or nothing. */
export function fetchableModels(model: string | undefined): readonly PlannableModel[] {
  const wish = model === undefined ? undefined : modelWish(model);
  return wish?.kind === 'named' ? catalogModels().filter(({ name }) => name === wish.model.name) : [];
}

/**
 * Those of `models` that are what the user wants and speak the language, the smallest first. English-only models are there for English, or
 * when the user names one.
 * @throws EngineError `MODEL_MISSING`, `MODEL_VARIANT_MISSING`, `LANGUAGE_UNSUPPORTED`, `MODEL_UNKNOWN`, `OPTION_INVALID`
 */
export function eligibleModels(models: readonly PlannableModel[], wishes: ResolvedWishes): readonly PlannableModel[] {
  const { model, language } = wishes;
  const wanted = wantedModels(models, wishes).toSorted(bySize);
  if (model !== undefined) {
    for (const candidate of wanted) languageFor(candidate, language);
    return wanted;
  }
  const speaking = wanted.filter(({ languages, dimensions }) =>
    languages === 'en' ? language === 'en' : speaks(dimensions, language),
  );
  if (speaking.length > 0) return speaking;
  const spoken = language === 'auto' ? 'more than English' : `the language '${language}'`;
  throw new EngineError(
    'LANGUAGE_UNSUPPORTED',
    `None of the models here speaks ${spoken}: ${namesOf(wanted)}. \`whisperpool models pull ${language === 'yue' ? 'large-v3-turbo' : 'base'}\` fetches one that does${language === 'auto' ? ", or set the language to 'en'" : ''}.`,
  );
}

/**
 * How large a model is: its weights without the vocabulary. By this measure a model and its English-only sister are
 * the same size.
 */
export function modelScale({ audioState, audioLayers, textState, textLayers }: Dimensions): number {
  return 12 * audioLayers * audioState ** 2 + 16 * textLayers * textState ** 2;
}

/** The variants that the user asked for, best first; undefined when any will do. A file is asked for as it is. */
export function wishedVariants({ model, variant }: ResolvedWishes): readonly Variant[] | undefined {
  const wish = modelWish(model ?? 'base', variant);
  if (wish.kind === 'file') return [];
  return variant === 'auto' && wish.variants.length > 1 ? undefined : wish.variants;
}

function wantedModels(
  models: readonly PlannableModel[],
  { model, variant }: ResolvedWishes,
): readonly PlannableModel[] {
  // Every variant can be had of base, so it stands for whichever model it will be.
  const wish = modelWish(model ?? 'base', variant);
  if (wish.kind === 'file') {
    const file = models.filter(({ name }) => name === model || name === wish.path);
    if (file.length > 0) return file;
    throw new EngineError('MODEL_MISSING', `The model file '${wish.path}' is not among the models to plan with.`);
  }
  const named = model === undefined ? models : models.filter(({ name }) => name === wish.model.name);
  if (named.length === 0) {
    const here =
      models.length === 0
        ? 'There are no models here.'
        : `'${wish.model.name}' is not here; there is ${namesOf(models)}.`;
    throw new EngineError('MODEL_MISSING', `${here} \`whisperpool models pull ${wish.model.name}\` fetches it.`);
  }
  if (model === undefined && variant === 'auto') return named;
  const inVariant = named.filter((candidate) => wish.variants.includes(candidate.variant));
  if (inVariant.length > 0) return inVariant;
  throw new EngineError(
    'MODEL_VARIANT_MISSING',
    `Nothing here is in the variant ${wish.variants.join(' or ')}; there is ${[...new Set(named.map((other) => other.variant))].join(', ')}.`,
  );
}

function bySize(one: PlannableModel, other: PlannableModel): number {
  const byScale = modelScale(one.dimensions) - modelScale(other.dimensions);
  return byScale || one.sizeBytes - other.sizeBytes || one.name.localeCompare(other.name);
}

function namesOf(models: readonly PlannableModel[]): string {
  return [...new Set(models.map((model) => model.name))].join(', ');
}
