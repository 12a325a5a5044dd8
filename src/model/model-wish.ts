import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { EngineError } from '../errors.js';
import { type CatalogModel, catalog, type ModelSize, preferredVariants } from './catalog.js';
import { guess } from './closest-name.js';
import { layoutOf, type Variant } from './variant.js';

/** What a user means by a model: this very file, or a published network in one of some variants. */
export type ModelWish = FileWish | NamedWish;

interface FileWish {
  readonly kind: 'file';
  /** Absolute. */
  readonly path: string;
}

export interface NamedWish {
  readonly kind: 'named';
  readonly model: CatalogModel;
  /** Each satisfies the wish; best first. */
  readonly variants: readonly Variant[];
}

const modelAliases: Readonly<Record<string, ModelSize>> = {
  large: 'large-v3',
  turbo: 'large-v3-turbo',
  'large-turbo': 'large-v3-turbo',
  // OpenAI's name for the model of its service: who passes it on means whatever the default is.
  'whisper-1': 'base',
};

const variantAliases: Readonly<Record<string, readonly Variant[]>> = {
  auto: preferredVariants,
  float32: ['f32'],
  float16: ['f16'],
  fp16: ['f16'],
  half: ['f16'],
  int8: ['q8_0'],
  // The q5 variants have no fast kernel for CPUs: they took twice as long as q4_0 (bundled clips, Xeon with AVX-512).
  int4: ['q4_0', 'q5_1', 'q5_0'],
};

const exactVariants: readonly Variant[] = [
  'f32',
  'f16',
  'q8_0',
  'q6_k',
  'q5_k',
  'q5_1',
  'q5_0',
  'q4_k',
  'q4_1',
  'q4_0',
  'q3_k',
  'q2_k',
];

/**
 * What a user means by a model and a variant. A model is a path (anything with a separator in it or `.bin` at its end;
 * `~/` is the home folder), or a name in any case: `base`, `turbo`, `whisper-small`, `openai/whisper-small`, or with
 * its variant as whisper.cpp names its files, `base-q5_1`. A variant is one of ggml's, such as `q8_0`, or `auto`,
 * `int8`, `int4`, `float16`. A path stands for that file, in whichever variant it is.
 * @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID`
 */
export function modelWish(model: string, variant = 'auto'): ModelWish {
  if (typeof model !== 'string') {
    throw new EngineError('OPTION_INVALID', `\`model\` is ${String(model)}; it must be a name or a path.`);
  }
  const asked = variantsMeantBy(variant);
  const wanted = model.toLowerCase().replace(/^openai\/(?=whisper-)/, '');
  if (/[/\\]|\.bin$/.test(wanted)) {
    return { kind: 'file', path: resolve(model.replace(/^~(?=[/\\])/, () => homedir())) };
  }
  const found = split(wanted) ?? split(wanted.replace(/^(whisper|ggml)-/, ''));
  if (!found) throw unknownModel(model);
  const { model: known, suffix } = found;
  if (suffix !== undefined && !asked.includes(suffix) && variant.toLowerCase() !== 'auto') {
    throw new EngineError(
      'OPTION_INVALID',
      `\`model\` is '${model}' and \`variant\` is '${variant}', which is another one. Give the variant once.`,
    );
  }
  return { kind: 'named', model: known, variants: possible(known, suffix === undefined ? asked : [suffix]) };
}

function variantsMeantBy(variant: unknown): readonly Variant[] {
  const wanted = typeof variant === 'string' ? variant.toLowerCase() : '';
  const exact = exactVariants.find((candidate) => candidate === wanted);
  if (exact) return [exact];
  if (Object.hasOwn(variantAliases, wanted)) return variantAliases[wanted] ?? [];
  const names = [...Object.keys(variantAliases), ...exactVariants];
  const advice = `it must be one of ${names.join(', ')}.${guess(wanted, names)}`;
  throw new EngineError('OPTION_INVALID', `\`variant\` is ${String(variant)}; ${advice}`);
}

/** The model of this name, and the variant where the name ends in one. */
function split(name: string): { readonly model: CatalogModel; readonly suffix: Variant | undefined } | undefined {
  const model = modelNamed(name);
  if (model) return { model, suffix: undefined };
  const suffix = exactVariants.find((variant) => name.endsWith(`-${variant}`));
  const stem = suffix && modelNamed(name.slice(0, -suffix.length - 1));
  return stem && { model: stem, suffix };
}

function modelNamed(name: string): CatalogModel | undefined {
  const meant = modelAliases[name] ?? name;
  return catalog.find((model) => model.name === meant);
}

/** The variants that a network of this width can have: a row of weights must be whole blocks. */
function possible({ name, dimensions }: CatalogModel, variants: readonly Variant[]): readonly Variant[] {
  const rowElements = dimensions.audioState;
  const fitting = variants.filter((variant) => rowElements % layoutOf(variant).blockElements === 0);
  if (fitting.length > 0) return fitting;
  throw new EngineError(
    'OPTION_INVALID',
    `There can be no '${name}' in the variant ${variants.join(', ')}, whose blocks do not fill its rows of ${rowElements} weights. Use q8_0, q5_1 or q4_0.`,
  );
}

function unknownModel(wanted: string): EngineError {
  const names = catalog.map((model) => model.name);
  const suggestion = guess(wanted, [...names, ...Object.keys(modelAliases)]);
  const known = `Known are ${names.join(', ')}, or give the path of a ggml file.`;
  return new EngineError('MODEL_UNKNOWN', `There is no model '${wanted}'.${suggestion} ${known}`);
}
