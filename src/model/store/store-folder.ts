import { lstat, mkdir, open, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '../../errors.js';

/** Left free for everybody else. */
const reserveBytes = 64 * 2 ** 20;

/**
 * The path of a file in the store's folder.
 * @throws EngineError `MODEL_STORE_UNWRITABLE` for a name that leads out of it
 */
export function pathInside(folder: string, fileName: string): string {
  // What is a separator depends on the system; neither is ever part of a model's name.
  if (/^[^/\\\0]+$/.test(fileName) && fileName === basename(fileName) && !/^\.*$/.test(fileName)) {
    return join(folder, fileName);
  }
  throw new EngineError(
    'MODEL_STORE_UNWRITABLE',
    `The store keeps files in its own folder only, and '${fileName}' is not the name of one.`,
  );
}

/**
 * Makes sure that a file can be put at `path`: makes the folder where it is missing.
 * @throws EngineError `MODEL_STORE_UNWRITABLE`, `DISK_FULL`
 */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw storeError(dirname(path), error);
  }
  const status = await lstat(path).catch(() => undefined);
  if (status?.isDirectory()) throw storeError(path, Object.assign(new Error('is a folder'), { code: 'EISDIR' }));
}

/** @throws EngineError `DISK_FULL` when the folder's file system has no room for so many bytes more. */
export async function requireSpace(folder: string, needBytes: number): Promise<void> {
  // A file system that does not tell its size is written to until it refuses.
  const space = await statfs(folder).catch(() => undefined);
  if (!space || space.blocks === 0) return;
  const freeBytes = space.bavail * space.bsize;
  if (freeBytes >= needBytes + reserveBytes) return;
  throw new EngineError(
    'DISK_FULL',
    `${mebibytes(needBytes)} are to be downloaded into ${folder} and ${mebibytes(reserveBytes)} must stay free, ` +
      `but only ${mebibytes(freeBytes)} are. ${makeRoom}`,
  );
}

/** The error of the file system as one of ours. */
export function storeError(path: string, error: unknown): EngineError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EngineError('DISK_FULL', `There is no room left to write ${path}. ${makeRoom}`, { cause: error });
  }
  const reason = reasons[code] ?? 'cannot be written';
  return EngineError.from(
    error,
    'MODEL_STORE_UNWRITABLE',
    `The model store's ${path} ${reason}. Name another folder, such as with WHISPERPOOL_CACHE.`,
  );
}

/** After it, what was renamed in the folder stays so even when the power fails. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, some network file systems do not sync them; the rename itself has been done.
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const makeRoom = 'Make room, or name another folder, such as with WHISPERPOOL_CACHE.';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'lies on a read-only file system',
  ENOTDIR: 'does not lie in a folder',
  ENOTEMPTY: 'is a folder that is not empty',
  EEXIST: 'is in the way',
  EISDIR: 'is a folder, where a file must be',
  ERR_FS_EISDIR: 'is a folder, where a file must be',
  ELOOP: 'leads through a symbolic link back to itself',
};

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
