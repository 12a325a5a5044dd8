import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identifyFile } from '../../dist/model/file-identity.js';
import { readGgmlFile } from '../../dist/model/ggml-file.js';
import { nameModel } from '../../dist/model/model-name.js';
import type { Variant } from '../../dist/model/variant.js';
import { dimensionsOf, vocabularyOf, writeSparseModel } from './sparse-model.js';

const models = new URL('../../models/', import.meta.url).pathname;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-ggml-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the embedded weights', () => {
  const embedded = [
    { fileName: 'ggml-base-q8_0.bin', dimensions: dimensionsOf(51_865, 512, [6, 6]), tensors: 245 },
    { fileName: 'ggml-tiny.en-q8_0.bin', dimensions: dimensionsOf(51_864, 384, [4, 4]), tensors: 167 },
  ];

  test.each(embedded)('$fileName has the structure of its network', async ({ fileName, dimensions, tensors }) => {
    const file = await identifyFile(join(models, fileName));
    const found = await readGgmlFile(file);
    expect(found.dimensions).toEqual(dimensions);
    expect(found.variant).toBe('q8_0');
    expect(found.tensors).toHaveLength(tensors);
    const last = found.tensors.at(-1);
    expect((last?.offsetBytes ?? 0) + (last?.sizeBytes ?? 0)).toBe(file.sizeBytes);
  });
});

test('a file in f32 has nothing but f32 in it', async () => {
  const path = join(folder, 'f32.bin');
  await writeSparseModel(path, dimensionsOf(51_865, 384, [4, 4]), 'f32');
  const { tensors } = await readGgmlFile(await identifyFile(path));
  expect(new Set(tensors.map(({ variant }) => variant))).toEqual(new Set(['f32']));
});

describe('every published network', () => {
  // The sizes are those of the files in whisper.cpp's own model repository, to the byte.
  const published: readonly [name: string, variant: Variant, sizeBytes: number, ReturnType<typeof dimensionsOf>][] = [
    ['tiny', 'f16', 77_691_713, dimensionsOf(51_865, 384, [4, 4])],
    ['tiny', 'q5_1', 32_152_673, dimensionsOf(51_865, 384, [4, 4])],
    ['tiny', 'q8_0', 43_537_433, dimensionsOf(51_865, 384, [4, 4])],
    ['tiny.en', 'f16', 77_704_715, dimensionsOf(51_864, 384, [4, 4])],
    ['base', 'f16', 147_951_465, dimensionsOf(51_865, 512, [6, 6])],
    ['base', 'q5_1', 59_707_625, dimensionsOf(51_865, 512, [6, 6])],
    ['base.en', 'f16', 147_964_211, dimensionsOf(51_864, 512, [6, 6])],
    ['small', 'f16', 487_601_967, dimensionsOf(51_865, 768, [12, 12])],
    ['small', 'q5_1', 190_085_487, dimensionsOf(51_865, 768, [12, 12])],
    ['small.en', 'f16', 487_614_201, dimensionsOf(51_864, 768, [12, 12])],
    ['medium', 'f16', 1_533_763_059, dimensionsOf(51_865, 1024, [24, 24])],
    ['medium', 'q5_0', 539_212_467, dimensionsOf(51_865, 1024, [24, 24])],
    ['medium.en', 'f16', 1_533_774_781, dimensionsOf(51_864, 1024, [24, 24])],
    ['large-v2', 'f16', 3_094_623_691, dimensionsOf(51_865, 1280, [32, 32])],
    ['large-v2', 'q5_0', 1_080_732_091, dimensionsOf(51_865, 1280, [32, 32])],
    ['large-v3', 'f16', 3_095_033_483, dimensionsOf(51_866, 1280, [32, 32], 128)],
    ['large-v3', 'q5_0', 1_081_140_203, dimensionsOf(51_866, 1280, [32, 32], 128)],
    ['large-v3-turbo', 'f16', 1_624_555_275, dimensionsOf(51_866, 1280, [32, 4], 128)],
    ['large-v3-turbo', 'q5_0', 574_041_195, dimensionsOf(51_866, 1280, [32, 4], 128)],
    ['large-v3-turbo', 'q8_0', 874_188_075, dimensionsOf(51_866, 1280, [32, 4], 128)],
  ];

  test.each(published)(
    '%s in %s is read, and its file has the published size',
    async (name, variant, size, dimensions) => {
      const path = join(folder, 'published.bin');
      expect(await writeSparseModel(path, dimensions, variant)).toBe(size);
      const found = await readGgmlFile(await identifyFile(path));
      expect(found).toMatchObject({ variant, dimensions });
      expect(nameModel(found.dimensions, `ggml-${name}.bin`)).toEqual({ name, alignment: name });
    },
  );

  const others: readonly [name: string, variant: Variant, ReturnType<typeof dimensionsOf>][] = [
    ['distil-small.en', 'f16', dimensionsOf(51_864, 768, [12, 4])],
    ['distil-medium.en', 'f16', dimensionsOf(51_864, 1024, [24, 2])],
    ['distil-large-v2', 'f16', dimensionsOf(51_865, 1280, [32, 2])],
    ['distil-large-v3', 'f16', dimensionsOf(51_866, 1280, [32, 2], 128)],
    ['distil-large-v3', 'q4_k', dimensionsOf(51_866, 1280, [32, 16], 128)],
    ['large-v2', 'f32', dimensionsOf(51_865, 1280, [32, 32])],
  ];

  test.each(others)('%s in %s is read, and has no alignment preset', async (name, variant, dimensions) => {
    const path = join(folder, 'other.bin');
    await writeSparseModel(path, dimensions, variant);
    const found = await readGgmlFile(await identifyFile(path));
    expect(found).toMatchObject({ variant, dimensions });
    expect(nameModel(found.dimensions, 'other.bin')).toEqual({ name, alignment: '' });
  });

  test('large-v1 is told from large-v2 by the name of its file', () => {
    const dimensions = dimensionsOf(51_865, 1280, [32, 32]);
    expect(nameModel(dimensions, 'ggml-large-v1.bin')).toEqual({ name: 'large-v1', alignment: 'large-v1' });
  });
});

describe('a vocabulary', () => {
  const published = Array<number>(50_257).fill(6);
  const cases: readonly [what: string, lengths: readonly number[], outcome: string][] = [
    ['of the published length', published, 'is read'],
    ['without its end-of-text token', published.slice(1), 'is read'],
    ['with an empty and a long token', [...published.slice(2), 0, 128], 'is read'],
    ['with its special tokens spelled out', [...published, ...Array<number>(1608).fill(9)], 'is read'],
    ['of no tokens', [], 'is refused'],
    ['of too few tokens', published.slice(2), 'is refused'],
    ['of more tokens than the network has', [...published, ...Array<number>(1609).fill(9)], 'is refused'],
    ['with a token that is too long', [...published.slice(1), 129], 'is refused'],
  ];

  test.each(cases)('%s, in an otherwise whole file', async (_, lengths, outcome) => {
    const path = join(folder, 'vocabulary.bin');
    const vocabularyText = vocabularyOf(lengths);
    await writeSparseModel(path, dimensionsOf(51_865, 384, [4, 4]), 'f16', { vocabularyText });
    const reading = readGgmlFile(await identifyFile(path));
    if (outcome === 'is read') await reading;
    else await expect(reading).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });
});

describe('layouts of quantised weights', () => {
  const dimensions = dimensionsOf(51_865, 384, [4, 4]);
  const cases: readonly [variant: Variant, layoutVersion: number, outcome: string][] = [
    ['q5_1', 1, 'is read'],
    ['q5_0', 1, 'is read'],
    ['q8_0', 1, 'MODEL_UNSUPPORTED'],
    ['q4_0', 0, 'MODEL_UNSUPPORTED'],
    ['q8_0', 3, 'MODEL_CORRUPT'],
    ['f16', 1, 'MODEL_CORRUPT'],
    ['q4_k', 2, 'MODEL_CORRUPT'],
  ];

  test.each(cases)('tiny in %s with layout version %i: %s', async (variant, layoutVersion, outcome) => {
    const path = join(folder, 'layout.bin');
    await writeSparseModel(path, dimensions, variant, { layoutVersion });
    const reading = readGgmlFile(await identifyFile(path));
    if (outcome === 'is read') expect(await reading).toMatchObject({ variant });
    else await expect(reading).rejects.toMatchObject({ code: outcome });
  });
});
