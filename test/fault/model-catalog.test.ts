import { chmod, copyFile, rename, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { identifyFile } from '../../dist/model/file-identity.js';
import { resolveModel, resolveVad } from '../../dist/model/resolve.js';
import { sha256Of } from '../../dist/model/verify.js';
import { copyOfWhole, flipBit, folder, models, structureOutcome, whole, wholeBytes } from './damaged-model.js';

describe('a file of the catalog', () => {
  const catalogName = 'ggml-tiny.en-q8_0.bin';

  test.each([
    ['a mel filter', () => whole.melFiltersOffsetBytes + 5_000],
    ['the text of a token', () => whole.vocabularyOffsetBytes + 8],
    ['a weight', () => whole.tensors[100]?.offsetBytes ?? 0],
    ['its last byte', () => wholeBytes - 1],
  ])('with one bit flipped in %s has a whole structure but the wrong hash', async (_, place) => {
    const path = await copyOfWhole(catalogName);
    await flipBit(path, place(), 0);
    expect(await structureOutcome(path)).toBe('whole');
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(resolveModel('tiny.en', { searchFolders: [folder] })).rejects.toThrow('SHA-256');
  });

  test('that was verified is verified again when another file takes its place', async () => {
    const path = await copyOfWhole(catalogName);
    expect(await resolveModel(path)).toMatchObject({ checked: 'sha256' });
    const other = await copyOfWhole('other.bin');
    await flipBit(other, wholeBytes - 1, 0);
    await rename(other, path);
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await rename(await copyOfWhole('good.bin'), path);
    expect(await resolveModel(path)).toMatchObject({ checked: 'sha256' });
  });

  test('that was verified is verified again when it is written to and its old times are put back', async () => {
    const path = await copyOfWhole(catalogName);
    const times = new Date('2026-01-01');
    await utimes(path, times, times);
    await resolveModel(path);
    await flipBit(path, wholeBytes - 1, 0);
    await utimes(path, times, times);
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  test('whose verification is aborted can be verified afterwards', async () => {
    const path = await copyOfWhole(catalogName);
    const file = await identifyFile(path);
    const impatient = new AbortController();
    const hashing = sha256Of(file, impatient.signal);
    impatient.abort();
    await expect(hashing).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await resolveModel(path)).toMatchObject({ checked: 'sha256' });
  });
});

describe('the voice activity model', () => {
  const cases: readonly [what: string, sizeBytes: number, code: string][] = [
    ['shortened', 885_000, 'MODEL_TRUNCATED'],
    ['lengthened', 885_099, 'MODEL_CORRUPT'],
    ['replaced by zeros', 0, 'MODEL_CORRUPT'],
  ];

  test.each(cases)('%s is refused', async (_, sizeBytes, code) => {
    const path = join(folder, 'ggml-silero-v6.2.0.bin');
    await copyFile(join(models, 'ggml-silero-v6.2.0.bin'), path);
    await chmod(path, 0o600);
    await truncate(path, sizeBytes);
    if (sizeBytes === 0) await truncate(path, 885_098);
    await expect(resolveVad({ searchFolders: [folder] })).rejects.toMatchObject({ code });
  });
});
