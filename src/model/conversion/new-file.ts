import { randomUUID } from 'node:crypto';
import { open, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EngineError } from '../../errors.js';
import { isThere } from '../file-identity.js';

/** A file that does not exist yet. */
export interface NewFile {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Whether a file that is there already is replaced. */
  readonly overwrite: boolean;
}

/**
 * Writes a file that is either there and whole or not there at all: under a name of its own until `verify` has seen
 * it, on the disk before it gets its real name. Whatever goes wrong, nothing stays.
 * @throws EngineError `OPTION_INVALID` when the file exists, `DISK_FULL`, `MODEL_STORE_UNWRITABLE`, and whatever the
 * chunks and `verify` throw
 */
export async function writeNewFile(
  file: NewFile,
  chunks: AsyncIterable<Uint8Array>,
  verify: (path: string) => Promise<void>,
): Promise<void> {
  await refuseExisting(file);
  const part = `${file.path}.${randomUUID().slice(0, 8)}.part`;
  try {
    await refuseWithoutSpace(file);
    const handle = await open(part, 'wx');
    try {
      await writeFile(handle, chunks);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await verify(part);
    await refuseExisting(file);
    await rename(part, file.path);
  } catch (error) {
    // Why it failed is worth more than why its remains could not be removed.
    await rm(part, { force: true }).catch(() => undefined);
    throw writeError(file, error);
  }
}

async function refuseExisting({ path, overwrite }: NewFile): Promise<void> {
  if (overwrite || !(await isThere(path))) return;
  throw new EngineError('OPTION_INVALID', `${path} exists already. Remove it, or set \`overwrite\` to replace it.`);
}

async function refuseWithoutSpace(file: NewFile): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(file.path));
  if (bavail * bsize < file.sizeBytes) throw diskFull(file, `has only ${bavail * bsize} bytes left`);
}

function writeError(file: NewFile, error: unknown): unknown {
  // What a listener or a check threw is passed on.
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return diskFull(file, 'filled up', error);
  const message = `${file.path} could not be written (${String(error.code)}). Give a folder that exists and that this user may write to.`;
  return new EngineError('MODEL_STORE_UNWRITABLE', message, { cause: error });
}

function diskFull({ path, sizeBytes }: NewFile, what: string, cause?: unknown): EngineError {
  const message = `${path} takes ${sizeBytes} bytes, and its file system ${what}. Make room, or give another folder.`;
  return new EngineError('DISK_FULL', message, { cause });
}
