import { basename, join, resolve } from 'node:path';
import { EngineError } from '../errors.js';
import { catalogFile, fileNameOf, preferredVariants, vadFile } from './catalog.js';
import type { Dimensions } from './dimensions.js';
import type { Candidate } from './fallback.js';
import { identifyFile, isThere } from './file-identity.js';
import { FileMemory } from './file-memory.js';
import { readGgmlFile } from './ggml-file.js';
import { isMultilingual, nameModel } from './model-name.js';
import { modelWish, type NamedWish } from './model-wish.js';
import { corrupt, refuseIfAborted } from './refusal.js';
import { type SearchFolder, searchPath } from './search-path.js';
import type { Variant } from './variant.js';
import { type HashOf, verifyFile } from './verify.js';

/**
 * Where a model comes from: `file`: a path that was given. `folder`: one of `WHISPERPOOL_MODELS`, ./models, or a given
 * folder. `package`: this package's own. `cache`: the user's. `download`: the user's, put there by this very call.
 */
export type ModelSource = 'file' | SearchFolder['source'] | 'download';

/** A model file that was checked and can be given to a provider. */
export interface ResolvedModel {
  /** A published name such as `base`, from the network in the file. */
  readonly name: string;
  /** Quantisation, from the file. */
  readonly variant: Variant;
  /** Absolute, with every symbolic link followed. */
  readonly path: string;
  /** Which file this was when it was checked, as `FileIdentity.key`: the loader refuses another one. */
  readonly fileKey: string;
  readonly sizeBytes: number;
  readonly multilingual: boolean;
  /** Alignment-head preset for word times by DTW; empty when this network has none. */
  readonly alignment: string;
  readonly dimensions: Dimensions;
  /** `sha256`: every byte is the published one. `structure`: the file is whole and loadable, its weights are unknown. */
  readonly checked: 'sha256' | 'structure';
  readonly source: ModelSource;
}

/** Voice activity weights that were checked. */
export interface ResolvedVad {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Folders to look in, first one first. @defaultValue `WHISPERPOOL_MODELS`, ./models, the package's own, the user's */
  readonly searchFolders?: readonly string[] | undefined;
}

/** A path that may hold a model. */
export interface ModelPlace {
  readonly path: string;
  readonly source: ModelSource;
  /** What the file must be, as its name says. Without it, whatever network it holds is right. */
  readonly promised?: Candidate | undefined;
}

const structures = new FileMemory(readGgmlFile);

/**
 * Finds and checks the model that a user means: a published name (`base`, `turbo`), in `variant` when one is given, or
 * the path of a ggml file. Of a name, the first file on the search path that is good: a damaged copy hides none
 * behind it. What was checked once is not read again until it changes.
 * @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID`; `MODEL_MISSING` when no folder has it, `MODEL_VARIANT_MISSING` when
 * only other variants are here; `MODEL_TRUNCATED`,
 * `MODEL_CORRUPT`, `MODEL_UNSUPPORTED` about the first copy when none is good; `ABORTED`
 */
export async function resolveModel(
  model: string,
  options: ResolveOptions & { readonly variant?: string | undefined } = {},
): Promise<ResolvedModel> {
  const wish = modelWish(model, options.variant);
  if (wish.kind === 'file') return resolveFile(wish.path, options);
  return resolveNamed(wish, searchPath(options.searchFolders), options.signal);
}

/**
 * Checks the ggml file at this path.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`, `ABORTED`
 */
export function resolveFile(path: string, options: Pick<ResolveOptions, 'signal'> = {}): Promise<ResolvedModel> {
  return checkModel({ path: resolve(path), source: 'file' }, options.signal);
}

/** The first good file that satisfies the wish, by folder and then by variant, as `resolveModel` gives it. */
export async function resolveNamed(
  { model, variants }: NamedWish,
  folders: readonly SearchFolder[],
  signal?: AbortSignal,
): Promise<ResolvedModel> {
  const places = placesOf(model, variants, folders);
  const found = await firstGood(places, (place) => checkModel(place, signal), signal);
  if (found) return found;
  const names = variants.map((variant) => fileNameOf(model.name, variant));
  const others = placesOf(model, preferredVariants, folders);
  for (const { path } of others) {
    if (!(await isThere(path))) continue;
    const what = `model '${model.name}' in variant ${variants.join(' or ')}`;
    return refuseAbsent('MODEL_VARIANT_MISSING', what, names, folders);
  }
  return refuseAbsent('MODEL_MISSING', `model '${model.name}'`, names, folders);
}

/**
 * Finds and checks the Silero weights. Only the very file that the catalog knows is accepted, as whisper.cpp's loader
 * for it checks nothing.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `ABORTED`
 */
export async function resolveVad(options: ResolveOptions = {}): Promise<ResolvedVad> {
  const folders = searchPath(options.searchFolders);
  const places = folders.map((folder) => ({ path: join(folder.path, vadFile.fileName) }));
  const check = async ({ path }: { readonly path: string }): Promise<ResolvedVad> => {
    const file = await identifyFile(path);
    await verifyFile(file, vadFile, options.signal);
    return { path: file.path, sizeBytes: file.sizeBytes };
  };
  const found = await firstGood(places, check, options.signal);
  return found ?? refuseAbsent('MODEL_MISSING', 'voice activity model', [vadFile.fileName], folders);
}

/**
 * Checks one file: its structure, and its hash where the catalog knows one and `hashOf` can tell it.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`, `ABORTED`
 */
export async function checkModel(place: ModelPlace, signal?: AbortSignal, hashOf?: HashOf): Promise<ResolvedModel> {
  const { path, promised, source } = place;
  const file = await identifyFile(path);
  const { dimensions, variant } = await structures.recall(file, signal);
  const fileName = basename(path);
  const { name, alignment } = nameModel(dimensions, fileName);
  if (promised && (name !== promised.model.name || variant !== promised.variant)) {
    const { model } = promised;
    throw corrupt(path, `it is named like '${model.name}' in ${promised.variant} but holds '${name}' in ${variant}`);
  }
  const published = catalogFile(fileName, file.sizeBytes) ?? catalogFile(basename(file.path), file.sizeBytes);
  const verified = published !== undefined && (await verifyFile(file, published, signal, hashOf));
  return {
    name,
    alignment,
    variant,
    path: file.path,
    fileKey: file.key,
    sizeBytes: file.sizeBytes,
    multilingual: isMultilingual(dimensions),
    dimensions,
    checked: verified ? 'sha256' : 'structure',
    source,
  };
}

function placesOf(
  model: NamedWish['model'],
  variants: readonly Variant[],
  folders: readonly SearchFolder[],
): readonly ModelPlace[] {
  return folders.flatMap(({ path, source }) =>
    variants.map((variant) => ({
      path: join(path, fileNameOf(model.name, variant)),
      source,
      promised: { model, variant },
    })),
  );
}

/** True when a file is not there, or is not what it should be: another copy of it may well be good. */
export function isNoGood(error: unknown): error is EngineError {
  return (
    error instanceof EngineError && /^MODEL_(MISSING|VARIANT_MISSING|TRUNCATED|CORRUPT|UNSUPPORTED)$/.test(error.code)
  );
}

/** What `check` makes of the first place that it accepts. It throws its first refusal when it accepts none that is there. */
async function firstGood<Place extends { readonly path: string }, T>(
  places: readonly Place[],
  check: (place: Place) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  refuseIfAborted(signal);
  const refusals: EngineError[] = [];
  for (const place of places) {
    if (!(await isThere(place.path))) continue;
    try {
      return await check(place);
    } catch (error) {
      if (!isNoGood(error)) throw error;
      refusals.push(error);
    }
  }
  if (refusals[0]) throw refusals[0];
  return undefined;
}

function refuseAbsent(
  code: 'MODEL_MISSING' | 'MODEL_VARIANT_MISSING',
  what: string,
  names: readonly string[],
  folders: readonly SearchFolder[],
): never {
  const paths = folders.map((folder) => folder.path);
  throw new EngineError(
    code,
    `The ${what} is not here: none of ${names.join(', ')} is in ${paths.join(', ')}. ` +
      'Put the file into one of these folders, name another folder in WHISPERPOOL_MODELS, or give the path of the file.',
  );
}
