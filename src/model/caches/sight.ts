import { access, constants, lstat, open, opendir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What is at a path. Looking never throws, never waits for a writer, and never goes round in a loop of links. */
export type Sight =
  | SightOfFile
  | { readonly kind: 'folder'; readonly inode: string; readonly modifiedSeconds: number }
  | { readonly kind: 'nothing' }
  /** Its folder may not be searched: nobody knows whether it is there. */
  | { readonly kind: 'hidden' }
  | {
      readonly kind: 'unusable';
      /** The end of a sentence that begins with its name. */
      readonly because: string;
      /** Where a broken link leads. */
      readonly storedAt?: string;
    };

export interface SightOfFile {
  readonly kind: 'file';
  /** The file itself, when the path is a link to it. */
  readonly storedAt: string;
  readonly sizeBytes: number;
  /** Device and inode. */
  readonly inode: string;
  readonly modifiedSeconds: number;
}

/** Entries of one folder that are looked at; models have some dozens. */
const mostEntries = 2000;
/** References, metadata and lists of files are far smaller. */
const mostTextBytes = 1024 * 1024;

export async function lookAt(path: string): Promise<Sight> {
  let isLink = false;
  try {
    const own = await lstat(path);
    isLink = own.isSymbolicLink();
    const status = isLink ? await stat(path) : own;
    const inode = `${status.dev}:${status.ino}`;
    const modifiedSeconds = status.mtimeMs / 1000;
    if (status.isDirectory()) return { kind: 'folder', inode, modifiedSeconds };
    if (!status.isFile()) return { kind: 'unusable', because: 'is neither a file nor a folder' };
    const storedAt = isLink ? await realpath(path) : path;
    return { kind: 'file', storedAt, sizeBytes: status.size, inode, modifiedSeconds };
  } catch (error) {
    return isLink ? lookAtBrokenLink(path, error) : lookAtFailure(error);
  }
}

/** Whether this user may open a file, without opening it. */
export async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** The names in a folder, at most `mostEntries` of them. */
export async function listFolder(path: string, limit = mostEntries): Promise<Listing> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      if (names.length === limit)
        return { names, problem: `has more than ${limit} entries; the others were not looked at` };
      names.push(entry.name);
    }
    return { names: names.sort() };
  } catch (error) {
    const sight = lookAtFailure(error);
    return sight.kind === 'nothing' ? { names } : { names, problem: reasonOf(sight) };
  }
}

export interface Listing {
  readonly names: readonly string[];
  /** Why there may be more: the end of a sentence that begins with the folder's name. */
  readonly problem?: string;
}

export interface Walk {
  /** Every entry that is no folder, by its path within the folder. */
  readonly entries: readonly { readonly name: string; readonly path: string; readonly sight: Sight }[];
  readonly problem?: string;
}

/** Everything below a folder. Links to folders are followed, each folder once. */
export async function walkFolder(folder: string): Promise<Walk> {
  const entries: { name: string; path: string; sight: Sight }[] = [];
  const root = await lookAt(folder);
  const seen = new Set(root.kind === 'folder' ? [root.inode] : []);
  const waiting = [''];
  let looked = 0;
  let problem: string | undefined;
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    const listing = await listFolder(join(folder, parent), mostEntries - looked);
    problem ??= listing.problem;
    looked += listing.names.length;
    for (const child of listing.names) {
      const name = parent === '' ? child : `${parent}/${child}`;
      const path = join(folder, name);
      const sight = await lookAt(path);
      if (sight.kind !== 'folder') {
        entries.push({ name, path, sight });
      } else if (!seen.has(sight.inode)) {
        seen.add(sight.inode);
        waiting.push(name);
      }
    }
  }
  return problem === undefined ? { entries } : { entries, problem };
}

/** The text of a small regular file; `undefined` when there is no such file. */
export async function readSmallText(path: string): Promise<string | undefined> {
  const sight = await lookAt(path);
  if (sight.kind !== 'file' || sight.sizeBytes > mostTextBytes) return undefined;
  try {
    const handle = await open(path, 'r');
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

/** Why there is no file or folder to be used: the end of a sentence that begins with its name. */
export function reasonOf(sight: Exclude<Sight, SightOfFile | { readonly kind: 'folder' }>): string {
  switch (sight.kind) {
    case 'nothing':
      return 'is missing';
    case 'hidden':
      return 'may not be read by this user';
    case 'unusable':
      return sight.because;
    default:
      return sight satisfies never;
  }
}

async function lookAtBrokenLink(path: string, error: unknown): Promise<Sight> {
  const target = await readlink(path).catch(() => undefined);
  const failure = lookAtFailure(error);
  const because =
    failure.kind === 'nothing' ? `is a link to ${target ?? 'something'}, which is not there` : reasonOf(failure);
  return target === undefined
    ? { kind: 'unusable', because }
    : { kind: 'unusable', because, storedAt: resolve(dirname(path), target) };
}

function lookAtFailure(error: unknown): Exclude<Sight, SightOfFile | { readonly kind: 'folder' }> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'nothing' };
    case 'ELOOP':
      return { kind: 'unusable', because: 'is a link that leads back to itself' };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'hidden' };
    default:
      return { kind: 'unusable', because: `cannot be read (${code})` };
  }
}
