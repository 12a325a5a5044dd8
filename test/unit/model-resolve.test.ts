import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { closestName } from '../../dist/model/closest-name.js';
import { resolveModel, resolveVad } from '../../dist/model/resolve.js';
import { defaultSearchFolders } from '../../dist/model/search-path.js';
import { dimensionsOf, writeSparseModel } from './sparse-model.js';

const models = resolve(new URL('../../models/', import.meta.url).pathname);
const embeddedBase = join(models, 'ggml-base-q8_0.bin');
const root = await mkdtemp(join(tmpdir(), 'model-resolve-'));
let folder: string;
let count = 0;

beforeEach(async () => {
  count += 1;
  folder = join(root, String(count));
  await mkdir(folder);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(root, { recursive: true }));

describe('a published name', () => {
  test('finds the embedded weights, checked to the byte', async () => {
    expect(await resolveModel('base')).toEqual({
      name: 'base',
      variant: 'q8_0',
      path: embeddedBase,
      sizeBytes: 81_768_585,
      multilingual: true,
      alignment: 'base',
      dimensions: dimensionsOf(51_865, 512, [6, 6]),
      checked: 'sha256',
    });
  });

  test('may be written in any case', async () => {
    expect(await resolveModel('Tiny.EN')).toMatchObject({ name: 'tiny.en', multilingual: false, checked: 'sha256' });
  });

  test('is looked for in WHISPERPOOL_MODELS before the embedded weights', async () => {
    await writeSparseModel(join(folder, 'ggml-base.bin'), dimensionsOf(51_865, 512, [6, 6]), 'f16');
    vi.stubEnv('WHISPERPOOL_MODELS', `${join(folder, 'nothing here')}${delimiter}${folder}`);
    expect(await resolveModel('base')).toMatchObject({ variant: 'f16', checked: 'structure' });
    expect(await resolveModel('tiny.en')).toMatchObject({ path: join(models, 'ggml-tiny.en-q8_0.bin') });
  });

  test('is looked for in the given folders only, when there are any', async () => {
    await expect(resolveModel('base', { searchFolders: [folder] })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  test('takes the variant that is preferred when a folder holds several', async () => {
    await writeSparseModel(join(folder, 'ggml-base.bin'), dimensionsOf(51_865, 512, [6, 6]), 'f16');
    await symlink(embeddedBase, join(folder, 'ggml-base-q8_0.bin'));
    const found = await resolveModel('base', { searchFolders: [folder] });
    expect(found).toMatchObject({ variant: 'q8_0', path: embeddedBase, checked: 'sha256' });
  });

  test('that is not here says which files are looked for, where, and what to do', async () => {
    const finding = resolveModel('small', { searchFolders: [folder] });
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    for (const part of ['ggml-small-q8_0.bin', 'ggml-small.bin', folder, 'WHISPERPOOL_MODELS']) {
      await expect(finding).rejects.toThrow(part);
    }
  });

  test('whose file holds another network is refused', async () => {
    await symlink(join(models, 'ggml-tiny.en-q8_0.bin'), join(folder, 'ggml-base.bin'));
    const finding = resolveModel('base', { searchFolders: [folder] });
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(finding).rejects.toThrow("holds 'tiny.en'");
  });

  test('that nobody knows is refused with a suggestion and the known names', async () => {
    const finding = resolveModel('bsae');
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    await expect(finding).rejects.toThrow("Did you mean 'base'?");
    await expect(finding).rejects.toThrow('large-v3-turbo');
  });
});

describe('a path', () => {
  test('may be relative, and leads through symbolic links to the real file', async () => {
    const link = join(folder, 'linked.bin');
    await symlink(embeddedBase, link);
    const found = await resolveModel(relative(process.cwd(), link));
    expect(found).toMatchObject({ name: 'base', path: embeddedBase, checked: 'sha256' });
  });

  test('to a model under a name of its own is checked by structure', async () => {
    const path = join(folder, 'my-own');
    await writeSparseModel(path, dimensionsOf(51_865, 384, [4, 4]), 'q5_1');
    expect(await resolveModel(path)).toMatchObject({ name: 'tiny', variant: 'q5_1', path, checked: 'structure' });
  });
});

describe('the search path', () => {
  test('is WHISPERPOOL_MODELS, then ./models, then the embedded weights, each once', () => {
    vi.stubEnv('WHISPERPOOL_MODELS', ['/first', '', 'second', '/first'].join(delimiter));
    const expected = new Set(['/first', resolve('second'), resolve('models'), models]);
    expect(defaultSearchFolders()).toEqual([...expected]);
  });
});

describe('the voice activity model', () => {
  test('is found among the embedded weights', async () => {
    expect(await resolveVad()).toEqual({ path: join(models, 'ggml-silero-v6.2.0.bin'), sizeBytes: 885_098 });
  });

  test('that is not here says so', async () => {
    await expect(resolveVad({ searchFolders: [folder] })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });
});

test('a call that was aborted before it began is refused', async () => {
  const finding = resolveModel('base', { signal: AbortSignal.abort() });
  await expect(finding).rejects.toMatchObject({ code: 'ABORTED' });
});

test.each([
  ['bsae', 'base'],
  ['tiny-en', 'tiny.en'],
  ['turbo', undefined],
  ['mediun', 'medium'],
  ['sm', undefined],
])('%s is closest to %s', (mistyped, name) => {
  const names = ['tiny', 'tiny.en', 'base', 'small', 'medium'];
  expect(closestName(mistyped, names)).toBe(name);
});
