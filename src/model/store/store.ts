import { EngineError } from '../../errors.js';
import { type CatalogVariant, fileNameOf, publishedFile } from '../catalog.js';
import type { Candidate } from '../fallback.js';
import { modelWish, type NamedWish } from '../model-wish.js';
import { refuseIfAborted } from '../refusal.js';
import { isNoGood, type ResolvedModel, resolveFile, resolveNamed } from '../resolve.js';
import { type SearchFolder, searchPath, setting } from '../search-path.js';
import { sha256Afresh } from '../verify.js';
import type { RemovedFiles } from './cleaning.js';
import { inspect, isNamed, type ListedModel, modelPlaces } from './inventory.js';
import { type ProgressListener, SharedDownloads } from './shared-downloads.js';
import { pathInside } from './store-folder.js';
import { type ResolvedStoreOptions, type StoreOptions, storeOptions } from './store-options.js';
import { recallHash } from './verified-hashes.js';

/** `if-missing`: the network only when no good file is here. `offline`: never. `refresh`: always, in place of the store's file. */
export type EnsureMode = 'if-missing' | 'offline' | 'refresh';

export interface FindOptions {
  readonly signal?: AbortSignal | undefined;
  /** Folders to look in before the store's own, first one first. @defaultValue `WHISPERPOOL_MODELS`, ./models, the package's */
  readonly searchFolders?: readonly string[] | undefined;
}

export interface EnsureOptions extends FindOptions {
  /** One of ggml's variants, or `auto`, `int8`, `int4`, `float16`. @defaultValue 'auto' */
  readonly variant?: string | undefined;
  /** `WHISPERPOOL_OFFLINE=1` makes it `offline` whatever it is. @defaultValue 'if-missing' */
  readonly mode?: EnsureMode | undefined;
  /** Hears of a download, some ten times a second. What it throws ends this call, not the download of others. */
  readonly onProgress?: ProgressListener | undefined;
}

/**
 * The models on this machine: finds them, fetches what is missing, keeps what it fetched in one folder. Processes may
 * share a folder. Nothing is made or loaded before it is needed.
 */
export class ModelStore {
  readonly #options: ResolvedStoreOptions;
  readonly #downloads = new SharedDownloads();

  /** @throws EngineError `OPTION_INVALID` */
  constructor(options: StoreOptions = {}) {
    this.#options = storeOptions(options);
  }

  /** Where downloads go; absolute. */
  get folder(): string {
    return this.#options.folder;
  }

  /** Where models are looked for, first one first, the store's own folder last; absolute. `given` replaces the others. */
  searchFolders(given?: readonly string[]): readonly string[] {
    return this.#searchPath(given).map(({ path }) => path);
  }

  /**
   * The model that a user means, from this machine if a good file of it is here, else from the hub: the first variant
   * that satisfies and that the hub publishes. A damaged file counts as missing. Callers who want the same file at the
   * same time share one download, in one process and among several. A download that breaks off is gone on with by the
   * next call. Of a path, `ensure` only checks the file.
   * @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID`; when offline `MODEL_MISSING`, `MODEL_TRUNCATED`,
   * `MODEL_CORRUPT`, `MODEL_UNSUPPORTED`; else `MODEL_VARIANT_MISSING` when the hub has no such variant either,
   * `MODEL_DOWNLOAD_FAILED`, `MODEL_CORRUPT`, `MODEL_STORE_UNWRITABLE`, `DISK_FULL`; `ABORTED`
   */
  async ensure(model: string, options: EnsureOptions = {}): Promise<ResolvedModel> {
    const { signal, onProgress } = options;
    const mode = ensureMode(options.mode);
    const wish = modelWish(model, options.variant);
    if (wish.kind === 'file') return resolveFile(wish.path, { signal });
    refuseIfAborted(signal);
    if (mode !== 'refresh') {
      try {
        return await resolveNamed(wish, this.#searchPath(options.searchFolders), signal);
      } catch (error) {
        if (mode === 'offline' || !isNoGood(error)) throw error;
      }
    }
    const file = downloadable(wish);
    const path = pathInside(this.folder, file.fileName);
    const promised = { model: wish.model, variant: file.variant };
    const order = { promised, file, path, refresh: mode === 'refresh', options: this.#options };
    return this.#downloads.join(
      `${mode} ${path}`,
      async (shared, report) => {
        // The network client and the lock are loaded by those who need them: together they take as long as a model.
        const { download } = await import('./download.js');
        return download(order, shared, report);
      },
      { signal, onProgress },
    );
  }

  /**
   * One model in one variant, from this machine.
   * @throws EngineError `MODEL_VARIANT_MISSING` or `MODEL_MISSING` when no folder has it, `MODEL_TRUNCATED`, `MODEL_CORRUPT`,
   * `MODEL_UNSUPPORTED`, `ABORTED`
   */
  find({ model, variant }: Candidate, options: FindOptions = {}): Promise<ResolvedModel> {
    const wish: NamedWish = { kind: 'named', model, variants: [variant] };
    return resolveNamed(wish, this.#searchPath(options.searchFolders), options.signal);
  }

  /**
   * Every model file on the search path and in the store, by folder and name, with its structure checked. `checked` is
   * `sha256` for a file whose hash is known already; none is reckoned.
   * @throws EngineError `ABORTED`
   */
  async list(options: FindOptions = {}): Promise<readonly ListedModel[]> {
    return inspect(await modelPlaces(this.#searchPath(options.searchFolders)), recallHash, options.signal);
  }

  /**
   * As `list`, with every byte read again and hashed; of one model only when one is named. A model's path is checked
   * likewise.
   * @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID`, `ABORTED`
   */
  async verify(
    model?: string,
    options: FindOptions & { readonly variant?: string | undefined } = {},
  ): Promise<readonly ListedModel[]> {
    const wish = model === undefined ? undefined : modelWish(model, options.variant);
    if (wish?.kind === 'file') return inspect([{ path: wish.path, source: 'file' }], sha256Afresh, options.signal);
    const all = await modelPlaces(this.#searchPath(options.searchFolders));
    const places = wish ? all.filter((place) => isNamed(place, fileNamesOf(wish))) : all;
    return inspect(places, sha256Afresh, options.signal);
  }

  /**
   * Removes a model from the store's folder: every variant of it, or the one given. Files elsewhere are never touched.
   * A file that is loaded may be removed where the system allows that; who has it open goes on with it.
   * @throws EngineError `MODEL_UNKNOWN`, `OPTION_INVALID` for a path, `MODEL_MISSING`, `MODEL_STORE_UNWRITABLE`
   */
  async remove(model: string, options: { readonly variant?: string | undefined } = {}): Promise<RemovedFiles> {
    const wish = modelWish(model, options.variant);
    if (wish.kind === 'file') {
      throw new EngineError('OPTION_INVALID', `'${model}' is a path; the store removes models by their names only.`);
    }
    const { removeFiles } = await import('./cleaning.js');
    const removed = await removeFiles(fileNamesOf(wish).map((name) => pathInside(this.folder, name)));
    if (removed.paths.length > 0) return removed;
    const names = fileNamesOf(wish).join(', ');
    throw new EngineError('MODEL_MISSING', `There is nothing to remove: none of ${names} is in ${this.folder}.`);
  }

  /**
   * Removes what broken-off downloads left in the store's folder, unless somebody is at work on it.
   * @throws EngineError `MODEL_STORE_UNWRITABLE`
   */
  async prune(): Promise<RemovedFiles> {
    const { pruneFolder } = await import('./cleaning.js');
    return pruneFolder(this.folder);
  }

  #searchPath(given: readonly string[] | undefined): readonly SearchFolder[] {
    return searchPath(given, this.folder);
  }
}

function ensureMode(mode: EnsureMode = 'if-missing'): EnsureMode {
  if (!['if-missing', 'offline', 'refresh'].includes(mode)) {
    const modes = `'if-missing', 'offline' or 'refresh'`;
    throw new EngineError('OPTION_INVALID', `\`mode\` is ${mode}; it must be ${modes}.`);
  }
  return ['0', 'false'].includes(setting('WHISPERPOOL_OFFLINE') ?? '0') ? mode : 'offline';
}

function fileNamesOf({ model, variants }: NamedWish): readonly string[] {
  return variants.map((variant) => fileNameOf(model.name, variant));
}

function downloadable({ model, variants }: NamedWish): CatalogVariant {
  const file = variants.flatMap((variant) => publishedFile(model.name, variant) ?? [])[0];
  if (file) return file;
  const published = model.files.map(({ variant }) => variant).join(', ');
  throw new EngineError(
    'MODEL_VARIANT_MISSING',
    `The model '${model.name}' is not here in ${variants.join(' or ')}, and the hub publishes it in ${published} only. ` +
      'Take one of those, or make the variant with `whisperpool models quantize`.',
  );
}
