import { basename, resolve } from 'node:path';
import { EngineError } from '../errors.js';
import { catalog, catalogFile, fileNames, vadFile } from './catalog.js';
import { closestName } from './closest-name.js';
import type { Dimensions } from './dimensions.js';
import { identifyFile } from './file-identity.js';
import { FileMemory } from './file-memory.js';
import { readGgmlFile } from './ggml-file.js';
import { isMultilingual, nameModel } from './model-name.js';
import { corrupt } from './refusal.js';
import { defaultSearchFolders, findFile } from './search-path.js';
import type { Variant } from './variant.js';
import { verifyFile } from './verify.js';

/** A model file that was checked and can be given to a provider. */
export interface ResolvedModel {
  /** A published name such as `base`, from the catalog or from the network in the file. */
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
}

/** Voice activity weights that were checked. */
export interface ResolvedVad {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Folders to look in, first one first. @defaultValue `WHISPERPOOL_MODELS`, ./models, and the package's own */
  readonly searchFolders?: readonly string[] | undefined;
}

const structures = new FileMemory(readGgmlFile);

/**
 * Finds and checks the model that a user means: a published name (`base`, in any case), or the path of a ggml file
 * (anything with a separator in it or `.bin` at its end). What was checked once is not read again until it changes.
 * @throws EngineError `MODEL_UNKNOWN`, `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`, `ABORTED`
 */
export async function resolveModel(model: string, options: ResolveOptions = {}): Promise<ResolvedModel> {
  if (typeof model !== 'string') {
    throw new EngineError('OPTION_INVALID', `\`model\` is ${String(model)}; it must be a name or a path.`);
  }
  if (isPath(model)) return checkModel(resolve(model), options.signal);
  const { name } = catalogModel(model);
  const path = await locate(`model '${name}'`, fileNames(name), options);
  const found = await checkModel(path, options.signal);
  if (found.name !== name) throw corrupt(path, `it is named like '${name}' but holds '${found.name}'`);
  return found;
}

/**
 * Finds and checks the Silero weights. Only the very file that the catalog knows is accepted, as whisper.cpp's loader
 * for it checks nothing.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT`, `ABORTED`
 */
export async function resolveVad(options: ResolveOptions = {}): Promise<ResolvedVad> {
  const file = await identifyFile(await locate('voice activity model', [vadFile.fileName], options));
  await verifyFile(file, vadFile, options.signal);
  return { path: file.path, sizeBytes: file.sizeBytes };
}

async function checkModel(path: string, signal: AbortSignal | undefined): Promise<ResolvedModel> {
  const file = await identifyFile(path);
  const { dimensions, variant } = await structures.recall(file, signal);
  const fileName = basename(path);
  const published = catalogFile(fileName, file.sizeBytes) ?? catalogFile(basename(file.path), file.sizeBytes);
  if (published) await verifyFile(file, published, signal);
  return {
    ...nameModel(dimensions, fileName),
    variant,
    path: file.path,
    fileKey: file.key,
    sizeBytes: file.sizeBytes,
    multilingual: isMultilingual(dimensions),
    dimensions,
    checked: published ? 'sha256' : 'structure',
  };
}

function isPath(model: string): boolean {
  return /[/\\]|\.bin$/i.test(model);
}

function catalogModel(wanted: string) {
  const names = catalog.map((model) => model.name);
  const known = catalog.find((model) => model.name === wanted.toLowerCase());
  if (known) return known;
  const suggestion = closestName(wanted, names);
  const guess = suggestion === undefined ? '' : ` Did you mean '${suggestion}'?`;
  throw new EngineError(
    'MODEL_UNKNOWN',
    `There is no model '${wanted}'.${guess} Known are ${names.join(', ')}, or give the path of a ggml file.`,
  );
}

async function locate(what: string, names: readonly string[], options: ResolveOptions): Promise<string> {
  const folders = options.searchFolders?.map((folder) => resolve(folder)) ?? defaultSearchFolders();
  const path = await findFile(folders, names);
  if (path !== undefined) return path;
  throw new EngineError(
    'MODEL_MISSING',
    `The ${what} is not here: none of ${names.join(', ')} is in ${folders.join(', ')}. ` +
      'Put the file into one of these folders, name another folder in WHISPERPOOL_MODELS, or give the path of the file.',
  );
}
