import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileIdentity } from '../file-identity.js';
import { cacheFolder } from '../search-path.js';

/** What a file's bytes hashed to, when it was the file that `key` tells. */
interface KnownHash {
  readonly key: string;
  readonly sha256: string;
}

const formatVersion = 1;
/** The oldest are forgotten first. */
const mostFiles = 100;

/** The writer before this one: of two at once in a process, each keeps what the other found. */
let written = Promise.resolve();

/** The SHA-256 of the file as it is now, when this user's processes know it already. */
export async function recallHash(file: FileIdentity): Promise<string | undefined> {
  const known = (await readHashes()).get(file.path);
  return known?.key === file.key ? known.sha256 : undefined;
}

/** Remembers a hash for later processes. Where that is not possible, they hash again. */
export function keepHash(file: FileIdentity, sha256: string): Promise<void> {
  return change((hashes) => {
    hashes.delete(file.path);
    hashes.set(file.path, { key: file.key, sha256 });
  });
}

export function forgetHash(file: FileIdentity): Promise<void> {
  return change((hashes) => {
    hashes.delete(file.path);
  });
}

function change(apply: (hashes: Map<string, KnownHash>) => void): Promise<void> {
  written = written.then(async () => {
    const hashes = new Map(await readHashes());
    apply(hashes);
    await writeHashes([...hashes].slice(-mostFiles)).catch(() => undefined);
  });
  return written;
}

function memoryPath(): string {
  return join(cacheFolder(), 'verified.json');
}

async function readHashes(): Promise<ReadonlyMap<string, KnownHash>> {
  try {
    const content: unknown = JSON.parse(await readOwn(memoryPath()));
    if (!isRecord(content) || content['formatVersion'] !== formatVersion || !isRecord(content['files']))
      return new Map();
    return new Map(
      Object.entries(content['files']).filter((entry): entry is [string, KnownHash] => isKnownHash(entry[1])),
    );
  } catch {
    return new Map();
  }
}

/** What others may write to cannot vouch for a file: in a shared folder everybody hashes for himself. */
async function readOwn(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { mode, uid } = await handle.stat();
    const ownUser = process.geteuid?.();
    if (ownUser !== undefined && (uid !== ownUser || (mode & 0o022) !== 0)) return '';
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function writeHashes(hashes: readonly (readonly [string, KnownHash])[]): Promise<void> {
  const path = memoryPath();
  await mkdir(cacheFolder(), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  try {
    const content = JSON.stringify({ formatVersion, files: Object.fromEntries(hashes) });
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isKnownHash(value: unknown): value is KnownHash {
  return isRecord(value) && typeof value['key'] === 'string' && typeof value['sha256'] === 'string';
}
