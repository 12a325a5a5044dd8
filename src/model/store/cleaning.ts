import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { originPath, partialPath } from './partial-file.js';
import { storeError } from './store-folder.js';
import { tryLock } from './store-lock.js';

/** Files that are gone. */
export interface RemovedFiles {
  readonly paths: readonly string[];
  readonly freedBytes: number;
}

/** What downloads leave beside a model's file, and only that: the folder may hold other things, too. */
const leftover = /^(ggml-[\w.-]+\.bin)\.(partial|partial\.json|lock)$/;

/**
 * Removes those of the files that are there. Of a link, the link.
 * @throws EngineError `MODEL_STORE_UNWRITABLE`
 */
export async function removeFiles(paths: readonly string[]): Promise<RemovedFiles> {
  const removed: { path: string; sizeBytes: number }[] = [];
  for (const path of paths) {
    const status = await lstat(path).catch(() => undefined);
    if (!status) continue;
    await rm(path, { force: true }).catch((error: unknown) => {
      throw storeError(path, error);
    });
    removed.push({ path, sizeBytes: status.size });
  }
  const freedBytes = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { paths: removed.map(({ path }) => path), freedBytes };
}

/**
 * Removes what downloads left that nobody is working on any more. A lock that is held protects its file.
 * @throws EngineError `MODEL_STORE_UNWRITABLE`
 */
export async function pruneFolder(folder: string): Promise<RemovedFiles> {
  const entries = await readdir(folder).catch(() => []);
  const names = new Set(entries.flatMap((entry) => leftover.exec(entry)?.[1] ?? []));
  const removed: RemovedFiles[] = [];
  for (const name of names) {
    const path = join(folder, name);
    // Taking a stale lock over and letting it go is what removes it.
    const release = await tryLock(path, () => undefined);
    if (!release) continue;
    try {
      removed.push(await removeFiles([partialPath(path), originPath(partialPath(path))]));
    } finally {
      await release();
    }
  }
  return {
    paths: removed.flatMap(({ paths }) => paths),
    freedBytes: removed.reduce((sum, { freedBytes }) => sum + freedBytes, 0),
  };
}
