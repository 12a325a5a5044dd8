import { constants } from 'node:fs';
import { chmod, copyFile, type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { identifyFile } from '../../dist/model/file-identity.js';
import { readGgmlFile } from '../../dist/model/ggml-file.js';

/** The embedded weights. */
export const models = new URL('../../models/', import.meta.url).pathname;
const tinyEnglish = join(models, 'ggml-tiny.en-q8_0.bin');

/** A folder of this test file's own, gone when it is done. */
export const folder = await mkdtemp(join(tmpdir(), 'model-fault-'));
afterAll(() => rm(folder, { recursive: true }));

/** tiny.en as it should be. */
export const whole = await readGgmlFile(await identifyFile(tinyEnglish));
export const wholeBytes = 43_550_795;

/** A copy of tiny.en that may be damaged. */
export async function copyOfWhole(name: string): Promise<string> {
  const path = join(folder, name);
  await copyFile(tinyEnglish, path, constants.COPYFILE_FICLONE);
  await chmod(path, 0o600);
  return path;
}

export async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r+');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Turns one bit over. */
export async function flipBit(path: string, offsetBytes: number, bit: number): Promise<void> {
  await withFile(path, async (file) => {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, offsetBytes);
    byte.writeUInt8(byte.readUInt8() ^ (1 << bit));
    await file.write(byte, 0, 1, offsetBytes);
  });
}

/** What reading the structure of the file comes to: `whole`, or the code of the refusal. */
export async function structureOutcome(path: string): Promise<string> {
  return readGgmlFile(await identifyFile(path)).then(
    () => 'whole',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}
