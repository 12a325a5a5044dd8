import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { CatalogFile } from './catalog.js';
import { type FileIdentity, openError } from './file-identity.js';
import { FileMemory } from './file-memory.js';
import { corrupt, refuseIfAborted, truncated } from './refusal.js';

/** Hashed in one go on the calling thread: half a megabyte takes about a millisecond. */
const stepBytes = 512 * 1024;

const hashes = new FileMemory(hashFile);

/**
 * SHA-256 of the file's bytes, in lower-case hexadecimal. Remembered until the file changes.
 * @throws EngineError `MODEL_MISSING`, `MODEL_TRUNCATED`, `MODEL_CORRUPT` when it changes meanwhile, `ABORTED`
 */
export function sha256Of(file: FileIdentity, signal?: AbortSignal): Promise<string> {
  return hashes.recall(file, signal);
}

/**
 * Returns when the file is, byte for byte, the one that the catalog knows.
 * @throws EngineError `MODEL_CORRUPT` when it is not, and as `sha256Of`
 */
export async function verifyFile(file: FileIdentity, expected: CatalogFile, signal?: AbortSignal): Promise<void> {
  const { fileName, sha256, sizeBytes } = expected;
  if (file.sizeBytes < sizeBytes) throw truncated(file.path, `it has ${file.sizeBytes} of ${sizeBytes} bytes`);
  if (file.sizeBytes > sizeBytes) {
    throw corrupt(file.path, `it has ${file.sizeBytes} bytes, where ${fileName} has ${sizeBytes}`);
  }
  const found = await sha256Of(file, signal);
  if (found !== sha256) {
    const otherwise = 'if it is another model on purpose, give it another name';
    throw corrupt(file.path, `its SHA-256 is ${found}, where ${fileName} has ${sha256} (${otherwise})`);
  }
}

async function hashFile(file: FileIdentity, signal: AbortSignal): Promise<string> {
  const handle = await open(file.path, 'r').catch(async (error: unknown) => {
    throw await openError(file.path, error);
  });
  try {
    const hash = createHash('sha256');
    const step = Buffer.allocUnsafe(stepBytes);
    for (;;) {
      refuseIfAborted(signal);
      const { bytesRead } = await handle.read(step, 0, stepBytes);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(step.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
