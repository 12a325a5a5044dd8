import { lstat, realpath, stat } from 'node:fs/promises';
import { EngineError } from '../errors.js';
import { missing } from './refusal.js';

/** Which file a path names right now. Two identities with the same `key` hold the same bytes. */
export interface FileIdentity {
  /** The path with every symbolic link followed. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Device, inode, size, and the times of the last change, in nanoseconds. */
  readonly key: string;
}

/** @throws EngineError `MODEL_MISSING` when there is no regular file behind `path`. */
export async function identifyFile(path: string): Promise<FileIdentity> {
  try {
    const resolved = await realpath(path);
    const status = await stat(resolved, { bigint: true });
    if (status.isDirectory()) throw missing(path, 'is a folder');
    // Opening a pipe would wait for a writer, perhaps for ever.
    if (!status.isFile()) throw missing(path, 'is not a regular file');
    const { dev, ino, size, mtimeNs, ctimeNs } = status;
    return { path: resolved, sizeBytes: Number(size), key: [dev, ino, size, mtimeNs, ctimeNs].join(':') };
  } catch (error) {
    throw await openError(path, error);
  }
}

/** True when both are the same bytes and only the name changed: some systems count that as a change of the file, too. */
export function isRenamed(before: Pick<FileIdentity, 'key'>, after: Pick<FileIdentity, 'key'>): boolean {
  return withoutChangeTime(before) === withoutChangeTime(after);
}

function withoutChangeTime({ key }: Pick<FileIdentity, 'key'>): string {
  return key.slice(0, key.lastIndexOf(':'));
}

/** The reason why `path` could not be looked at or opened, in words. */
export async function openError(path: string, error: unknown): Promise<unknown> {
  switch (systemCode(error)) {
    case undefined:
      return error;
    case 'ENOENT':
    case 'ENOTDIR':
      return missing(
        path,
        (await isThere(path)) ? 'is a symbolic link to a file that does not exist' : 'does not exist',
        error,
      );
    case 'ELOOP':
      return missing(path, 'is a symbolic link that leads back to itself', error);
    case 'EACCES':
    case 'EPERM':
      return missing(path, 'may not be read by this user', error);
    default:
      return missing(path, 'cannot be read', error);
  }
}

/** True when the folder has an entry of that name, whatever it is: a broken link is an entry too. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR';
  }
}

/** The operating system's code of an error; our own errors have none and pass through as they are. */
function systemCode(error: unknown): string | undefined {
  return error instanceof Error && !(error instanceof EngineError) && 'code' in error ? String(error.code) : undefined;
}
