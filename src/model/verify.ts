import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { CatalogFile } from './catalog.js';
import { type FileIdentity, openError } from './file-identity.js';
import { FileMemory } from './file-memory.js';
import { corrupt, refuseIfAborted, truncated } from './refusal.js';
import { forgetHash, keepHash, recallHash } from './store/verified-hashes.js';

/** Hashed in one go on the calling thread: half a megabyte takes about a millisecond. */
const stepBytes = 512 * 1024;

/** How the SHA-256 of a file is found out, in lower-case hexadecimal; `undefined` when that would take reading it. */
export type HashOf = (file: FileIdentity, signal?: AbortSignal) => Promise<string | undefined>;

let hashes = rememberedHashes();

/**
 * SHA-256 of the file's bytes. Remembered until the file changes, by this process and by later ones of this user.
 * @throws EngineError `MODEL_MISSING`, `MODEL_CORRUPT` when it changes meanwhile, `ABORTED`
 */
export function sha256Of(file: FileIdentity, signal?: AbortSignal): Promise<string> {
  return hashes.recall(file, signal);
}

/** As `sha256Of`, from what the disk gives now: a bit that flipped under the same name, size and times shows here only. */
export async function sha256Afresh(file: FileIdentity, signal?: AbortSignal): Promise<string> {
  await forgetHash(file);
  hashes = rememberedHashes();
  return hashes.recall(file, signal);
}

/**
 * Returns when the file is, byte for byte, the one that the catalog knows; false when that cannot be told because
 * `hashOf` does not know.
 * @throws EngineError `MODEL_TRUNCATED` or `MODEL_CORRUPT` when it is not, and as `hashOf`
 */
export async function verifyFile(
  file: FileIdentity,
  expected: CatalogFile,
  signal?: AbortSignal,
  hashOf: HashOf = sha256Of,
): Promise<boolean> {
  const { fileName, sizeBytes } = expected;
  if (file.sizeBytes < sizeBytes) throw truncated(file.path, `it has ${file.sizeBytes} of ${sizeBytes} bytes`);
  if (file.sizeBytes > sizeBytes) {
    throw corrupt(file.path, `it has ${file.sizeBytes} bytes, where ${fileName} has ${sizeBytes}`);
  }
  const found = await hashOf(file, signal);
  if (found === undefined) return false;
  if (isHashOf(expected, found)) return true;
  const otherwise = 'if it is another model on purpose, give it another name';
  throw corrupt(file.path, `its SHA-256 is ${found}, where ${fileName} has ${expected.sha256} (${otherwise})`);
}

/** True for the hash of one of the files that go by the catalog's name. */
export function isHashOf({ sha256, alsoSha256 = [] }: CatalogFile, found: string): boolean {
  return found === sha256 || alsoSha256.includes(found);
}

function rememberedHashes(): FileMemory<string> {
  return new FileMemory(async (file, signal) => {
    const known = await recallHash(file);
    if (known !== undefined) return known;
    const sha256 = await hashFile(file, signal);
    await keepHash(file, sha256);
    return sha256;
  });
}

/** As `sha256Of`, neither recalled nor remembered. */
export async function hashFile(file: FileIdentity, signal: AbortSignal): Promise<string> {
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
