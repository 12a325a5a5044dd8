import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  catalog,
  catalogFile,
  fileNameOf,
  hubAddress,
  preferredVariants,
  publishedFile,
  vadFile,
} from '../../dist/model/catalog.js';
import { identifyFile } from '../../dist/model/file-identity.js';
import { readGgmlFile } from '../../dist/model/ggml-file.js';
import { nameModel } from '../../dist/model/model-name.js';
import { sha256Of } from '../../dist/model/verify.js';
import { writeSparseModel } from './sparse-model.js';

const embedded = new URL('../../models/', import.meta.url).pathname;
const folder = await mkdtemp(join(tmpdir(), 'model-catalog-'));
const files = catalog.flatMap((model) => model.files.map((file) => ({ model, ...file })));

afterAll(() => rm(folder, { recursive: true }));

test('The catalog holds the twelve models, smallest first, with what the hub publishes of each', () => {
  const holding = catalog.map(({ name, files: published }) => [name, published.map((file) => file.variant).join(' ')]);
  expect(holding).toEqual([
    ['tiny', 'f16 q5_1 q8_0'],
    ['tiny.en', 'f16 q5_1 q8_0'],
    ['base', 'f16 q5_1 q8_0'],
    ['base.en', 'f16 q5_1 q8_0'],
    ['small', 'f16 q5_1 q8_0'],
    ['small.en', 'f16 q5_1 q8_0'],
    ['medium', 'f16 q5_0 q8_0'],
    ['medium.en', 'f16 q5_0 q8_0'],
    ['large-v3-turbo', 'f16 q5_0 q8_0'],
    ['large-v1', 'f16'],
    ['large-v2', 'f16 q5_0 q8_0'],
    ['large-v3', 'f16 q5_0'],
  ]);
  const millions = catalog.map((model) => model.parametersMillions);
  expect(millions).toEqual([...millions].sort((left, right) => left - right));
});

describe('each file', () => {
  test.each(files)('$fileName has the bytes that its network comes to', async ({ model, variant, sizeBytes }) => {
    const path = join(folder, fileNameOf(model.name, variant));
    expect(await writeSparseModel(path, model.dimensions, variant)).toBe(sizeBytes);
    const found = await readGgmlFile(await identifyFile(path), new AbortController().signal);
    expect(found).toMatchObject({ dimensions: model.dimensions, variant });
    expect(nameModel(model.dimensions, path).name).toBe(model.name);
    expect(model.languages).toBe(model.name.endsWith('.en') ? 'en' : 'multilingual');
  });

  test('has a SHA-256 in lower case, and no two files the same', () => {
    const hashes = files.flatMap(({ sha256, alsoSha256 = [] }) => [sha256, ...alsoSha256]);
    expect(hashes.filter((hash) => !/^[0-9a-f]{64}$/.test(hash))).toEqual([]);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes).toHaveLength(files.length + 2);
  });

  test('of f16 has two bytes for each parameter', () => {
    for (const { fileName, sizeBytes, model } of files.filter((file) => file.variant === 'f16')) {
      const millions = sizeBytes / 2e6;
      expect(Math.abs(millions / model.parametersMillions - 1), fileName).toBeLessThan(0.01);
    }
  });
});

test.each(['ggml-tiny.en-q8_0.bin', 'ggml-base-q8_0.bin', 'ggml-silero-v6.2.0.bin'])(
  'The embedded %s is one of the files that go by that name',
  async (fileName) => {
    const file = await identifyFile(join(embedded, fileName));
    const known = catalogFile(fileName, file.sizeBytes);
    expect([known?.sha256, ...(known?.alsoSha256 ?? [])]).toContain(await sha256Of(file));
  },
);

test.each([
  ['tiny.en', '5bc2b3860aa151a4c6e7bb095e1fcce7cf12c7b020ca08dcec0c6d018bb7dd94'],
  ['base', 'c577b9a86e7e048a0b7eada054f4dd79a56bbfa911fbdacf900ac5b567cbb7d9'],
])("The hub's %s in q8_0 is another file than the embedded one", (name, sha256) => {
  expect(publishedFile(name, 'q8_0')).toMatchObject({ sha256, alsoSha256: [expect.any(String)] });
});

test.each([
  ['base', 'f16', 'ggml-base.bin', 147_951_465],
  ['small.en', 'q5_1', 'ggml-small.en-q5_1.bin', 190_098_681],
  ['large-v3', 'q8_0', 'ggml-large-v3-q8_0.bin', undefined],
  ['base', 'q4_0', 'ggml-base-q4_0.bin', undefined],
  ['huge', 'f16', 'ggml-huge.bin', undefined],
] as const)('%s in %s is called %s, and the hub has %s bytes of it', (name, variant, fileName, sizeBytes) => {
  expect(fileNameOf(name, variant)).toBe(fileName);
  expect(publishedFile(name, variant)?.sizeBytes).toBe(sizeBytes);
  if (sizeBytes !== undefined) expect(publishedFile(name, variant)?.fileName).toBe(fileName);
});

test('A file is known by its name and its size together', () => {
  expect(catalogFile('ggml-tiny.bin', 77_691_713)).toBe(publishedFile('tiny', 'f16'));
  expect(catalogFile('ggml-tiny.bin', 77_691_714)).toBeUndefined();
  expect(catalogFile('ggml-tiny-my-own.bin', 77_691_713)).toBeUndefined();
  expect(catalogFile(vadFile.fileName, vadFile.sizeBytes)).toBe(vadFile);
});

test('A file has its address under that of the hub', () => {
  const address = new URL('ggml-base.bin', hubAddress).href;
  expect(address).toBe('https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-base.bin');
});

test('Of all variants q8_0 is preferred, then quality before size', () => {
  expect(preferredVariants).toEqual(['q8_0', 'f16', 'q5_1', 'q5_0', 'q4_0']);
});
