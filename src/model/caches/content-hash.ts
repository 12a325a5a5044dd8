import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { refuseIfAborted } from '../refusal.js';

/** Hashed in one go on the calling thread: half a megabyte takes about a millisecond. */
const stepBytes = 512 * 1024;

/** Whether a name is the hash of some content: SHA-256, or the SHA-1 of a git blob, by which the hub knows small files. */
export function isContentHash(name: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(name);
}

/**
 * SHA-256 of a file's bytes. Reads all of them, and remembers nothing.
 * @throws EngineError `ABORTED`, and what reading throws
 */
export async function sha256OfBytes(path: string, signal?: AbortSignal): Promise<string> {
  return digestOf(path, createHash('sha256'), signal);
}

/**
 * The end of a sentence about a file whose content does not have this hash; nothing when it has.
 * @throws EngineError `ABORTED`
 */
export async function hashMismatch(
  file: { readonly storedAt: string; readonly sizeBytes: number },
  hash: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const isGit = hash.length === 40;
    const digest = isGit ? createHash('sha1').update(`blob ${file.sizeBytes}\0`) : createHash('sha256');
    const found = await digestOf(file.storedAt, digest, signal);
    return found === hash ? undefined : `is damaged: its ${isGit ? 'git hash' : 'SHA-256'} is ${found}, not ${hash}`;
  } catch (error) {
    refuseIfAborted(signal);
    return `cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

/**
 * A file's bytes from the first to the last, opened when the first are asked for.
 * @throws EngineError `ABORTED`, and what reading throws
 */
export async function* bytesOf(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  refuseIfAborted(signal);
  const handle = await open(path, 'r');
  try {
    for (;;) {
      refuseIfAborted(signal);
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(stepBytes));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function digestOf(path: string, digest: Hash, signal?: AbortSignal): Promise<string> {
  for await (const step of bytesOf(path, signal)) digest.update(step);
  return digest.digest('hex');
}
