import { open, rm, writeFile } from 'node:fs/promises';
import { EngineError } from '../errors.js';

/**
 * Writes a piece of audio to a new file, whole or not at all.
 * @throws the error of the file system
 */
export async function writePiece(path: string, pcm: Float32Array): Promise<void> {
  try {
    await writeFile(path, bytesOf(pcm), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    await removePiece(path);
    throw error;
  }
}

/**
 * Fills `pcm` from a file of just that length, which is removed whatever happens.
 * @throws EngineError `AUDIO_MISSING` when the file is gone, `AUDIO_BROKEN` when it has another length or cannot be read
 */
export async function readAndRemovePiece(path: string, pcm: Float32Array): Promise<void> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = bytesOf(pcm);
      const { size } = await file.stat();
      let read = 0;
      for (let more = -1; read < bytes.length && more !== 0; read += more) {
        more = (await file.read(bytes, read, bytes.length - read)).bytesRead;
      }
      if (size === bytes.length && read === size) return;
      throw new EngineError(
        'AUDIO_BROKEN',
        `${path} has ${size} bytes where ${bytes.length} were written. Its audio is lost.`,
      );
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') {
      throw EngineError.from(cause, 'AUDIO_BROKEN', `${path} could not be read back. Its audio is lost.`);
    }
    const message = `${path} was removed while it waited. Keep clean-up out of its folder.`;
    throw new EngineError('AUDIO_MISSING', message, { cause });
  } finally {
    await removePiece(path);
  }
}

/** What cannot be removed now goes with its folder. */
export async function removePiece(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** Why nothing can be written into a folder: `DISK_FULL`, or `OPTION_INVALID` for a folder that will not do. */
export function folderError(folder: string, cause: unknown): EngineError {
  const code = systemCode(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const message = `There is no room left in ${folder} for audio that waits on disk. Make room, or give another folder.`;
    return new EngineError('DISK_FULL', message, { cause });
  }
  const what = code === 'ENOENT' ? 'is not there, or was removed' : `cannot be written (${code})`;
  const message = `${folder}, where audio waits on disk, ${what}. Give a folder that stays and that this user may write to.`;
  return new EngineError('OPTION_INVALID', message, { cause });
}

/** Such as `ENOENT`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
