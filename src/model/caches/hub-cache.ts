import { basename, join } from 'node:path';
import { isContentHash } from './content-hash.js';
import { findFiles } from './expected-files.js';
import { blobHash, judgeRevision, listedSizes, readRepository } from './hub-repository.js';
import { hubWaste } from './hub-waste.js';
import type { ModelCopy } from './model-copy.js';
import { listFolder, lookAt, readSmallText } from './sight.js';
import type { CacheModel, InspectOptions } from './tool-cache.js';

/** Where the hub's clients keep what they know about a plain folder of downloaded files. */
const metadataFolder = join('.cache', 'huggingface', 'download');

/** Of a copy of which it cannot be said where its files would be. */
const nothingKnown = { files: [], missingFolders: [], notes: [], waste: [] };

/**
 * The copy of a model in a hub cache; nothing when the cache does not know its repository.
 * @throws EngineError `ABORTED`
 */
export async function inspectHubCache(
  hubFolder: string,
  model: CacheModel,
  options: InspectOptions,
): Promise<ModelCopy | undefined> {
  const path = join(hubFolder, `models--${model.source.replaceAll('/', '--')}`);
  const sight = await lookAt(path);
  if (sight.kind === 'nothing' || sight.kind === 'hidden') return undefined;
  if (sight.kind !== 'folder') {
    const because = sight.kind === 'file' ? 'is a file where a folder should be' : sight.because;
    return { ...nothingKnown, paths: [path], folder: path, within: path, faults: [`${basename(path)} ${because}.`] };
  }
  const repository = await readRepository(path);
  const { waste, notes } = await hubWaste(repository);
  const { faults, remarks } = judgeRevision(repository);
  const revision = repository.revision ?? repository.main;
  const partial = waste.filter((item) => item.kind === 'partial-download').map((item) => item.reason);
  if (revision === undefined) {
    return {
      ...nothingKnown,
      paths: [path],
      folder: path,
      within: path,
      faults: [...faults, ...partial],
      notes,
      waste,
    };
  }
  const snapshot = join(path, 'snapshots', revision);
  const exactBytes = await listedSizes(repository, revision);
  const hashOf = ({ storedAt }: { readonly storedAt: string }) => blobHash(storedAt);
  const found = await findFiles(snapshot, model, { ...options, exactBytes, hashOf });
  const wrong = [...faults, ...(repository.revision === undefined ? [] : found.faults)];
  return {
    ...found,
    paths: [snapshot],
    folder: snapshot,
    within: path,
    revision,
    faults: wrong.length === 0 ? [] : [...wrong, ...partial],
    notes: [...remarks, ...notes],
    waste,
  };
}

/**
 * The copy of a model in a plain folder, as `--local-dir`, `git clone` and converters leave it; nothing when the folder
 * has none of its files.
 * @throws EngineError `ABORTED`
 */
export async function inspectPlainFolder(
  folder: string,
  model: CacheModel,
  options: InspectOptions,
): Promise<ModelCopy | undefined> {
  const metadata = await readMetadata(folder, model);
  const hashOf = ({ name }: { readonly name: string }) => metadata.hashes.get(name);
  const found = await findFiles(folder, model, { ...options, hashOf, ownConversion: true });
  if (!found.begun && metadata.partial.length === 0) return undefined;
  const broken = found.faults.length === 0 ? [] : metadata.partial.map((name) => `The download of ${name} broke off.`);
  return {
    ...found,
    paths: [folder],
    folder,
    within: folder,
    revision: metadata.revision,
    faults: [...found.faults, ...broken],
    notes: [],
    waste: [],
  };
}

interface Metadata {
  readonly revision?: string | undefined;
  /** Content hashes by file name. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Names of partial downloads. */
  readonly partial: readonly string[];
}

/** `NAME.metadata` holds the commit, the content hash and the time of a file that was downloaded into the folder. */
async function readMetadata(folder: string, model: CacheModel): Promise<Metadata> {
  const hashes = new Map<string, string>();
  let revision: string | undefined;
  for (const name of model.files.flatMap((file) => file.names)) {
    const [commit, hash] = (await readSmallText(join(folder, metadataFolder, `${name}.metadata`)))?.split('\n') ?? [];
    if (hash === undefined || !isContentHash(hash.trim())) continue;
    revision ??= commit;
    hashes.set(name, hash.trim());
  }
  const { names } = await listFolder(join(folder, metadataFolder));
  return { revision, hashes, partial: names.filter((name) => name.endsWith('.incomplete')) };
}
