import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CatalogFile } from '../catalog.js';
import type { Candidate } from '../fallback.js';
import { identifyFile, isRenamed } from '../file-identity.js';
import { corrupt } from '../refusal.js';
import { checkModel, isNoGood, type ResolvedModel } from '../resolve.js';
import { type FetchedFile, fetchFile } from './fetch-file.js';
import { HubClient } from './hub-client.js';
import { PartialFile } from './partial-file.js';
import { type DownloadProgress, ProgressMeter } from './progress-meter.js';
import { prepareFolder, requireSpace, storeError, syncFolder } from './store-folder.js';
import { withLock } from './store-lock.js';
import type { ResolvedStoreOptions } from './store-options.js';
import { keepHash } from './verified-hashes.js';

/** What is to be fetched, and where it is to lie. */
export interface DownloadOrder {
  readonly promised: Candidate;
  readonly file: CatalogFile;
  readonly path: string;
  /** Whether a good file that lies there already will do. */
  readonly refresh: boolean;
  readonly options: ResolvedStoreOptions;
}

/**
 * Puts a file of the hub into the store, unless another process has done so meanwhile.
 * @throws EngineError `MODEL_DOWNLOAD_FAILED`, `MODEL_CORRUPT`, `MODEL_STORE_UNWRITABLE`, `DISK_FULL`, `ABORTED`,
 * `OPTION_INVALID` when the hub's address is none
 */
export async function download(
  order: DownloadOrder,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void,
): Promise<ResolvedModel> {
  const { path, file, promised, refresh, options } = order;
  const client = new HubClient(file.fileName, options);
  try {
    await prepareFolder(path);
    return await withLock(path, signal, async (held) => {
      const there = refresh ? undefined : await goodFile(order, held);
      if (there) return there;
      const partial = await PartialFile.find(path, file);
      await requireSpace(dirname(path), file.sizeBytes - partial.doneBytes);
      const meter = new ProgressMeter(options.clock, file.sizeBytes, onProgress);
      const onBytes = (doneBytes: number) => meter.advance(doneBytes);
      const fetched = await fetchFile({ file, partial, client, options, signal: held, onBytes });
      await putInPlace(fetched, path);
      await partial.discard();
      return checkModel({ path, source: 'download', promised }, held);
    });
  } finally {
    await client.close();
  }
}

async function goodFile({ path, promised }: DownloadOrder, signal: AbortSignal): Promise<ResolvedModel | undefined> {
  try {
    return await checkModel({ path, source: 'cache', promised }, signal);
  } catch (error) {
    if (!isNoGood(error)) throw error;
    return undefined;
  }
}

/** Under its final name a file is whole at every moment, and stays so when the power fails: it has been synced. */
async function putInPlace({ identity, sha256 }: FetchedFile, path: string): Promise<void> {
  try {
    await rename(identity.path, path);
  } catch (error) {
    throw storeError(path, error);
  }
  await syncFolder(dirname(path));
  const placed = await identifyFile(path);
  if (!isRenamed(identity, placed)) throw corrupt(path, 'somebody else wrote it at the same moment');
  await keepHash(placed, sha256);
}
