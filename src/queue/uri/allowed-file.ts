import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { reasonOf, refused, tooLarge, unreachable } from './refusal.js';

export interface AllowedFile {
  /** With every link followed. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface FileRules {
  readonly allowedFolders?: readonly string[] | undefined;
  readonly limitBytes: number;
}

/**
 * The file, when it lies in one of the folders, and still does with every link followed.
 * @throws EngineError `URI_REFUSED`, `URI_UNREACHABLE`, `UPLOAD_TOO_LARGE`
 */
export async function findAllowedFile(uri: string, path: string, rules: FileRules): Promise<AllowedFile> {
  const folders = await Promise.all((rules.allowedFolders ?? []).map(wholeFolder));
  const isInside = (file: string) => folders.flat().some((folder) => contains(folder, file));
  const outside = () => refused(uri, 'lies in no folder that may be read', 'Name its folder in `allowedFolders`.');
  // Before the disk is asked: what lies outside is not even said to be there or not.
  if (!isInside(resolve(path))) throw outside();
  try {
    const real = await realpath(path);
    if (!isInside(real)) throw outside();
    const status = await stat(real);
    // Opening a pipe would wait for a writer, perhaps for ever.
    if (!status.isFile()) throw refused(uri, 'is not a regular file', 'Give the audio as one.');
    if (status.size > rules.limitBytes) throw tooLarge(uri, rules.limitBytes);
    return { path: real, sizeBytes: status.size };
  } catch (error) {
    throw isSystemError(error) ? unreachable(uri, reasonOf(error), error) : error;
  }
}

/** A folder as it was named and as it really is; one that is not there holds nothing. */
async function wholeFolder(folder: string): Promise<readonly string[]> {
  const real = await realpath(folder).catch(() => undefined);
  return real === undefined ? [] : [resolve(folder), real];
}

function contains(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
