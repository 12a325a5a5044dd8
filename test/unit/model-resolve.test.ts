import { chmod, constants, copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CatalogModel, catalog } from '../../dist/model/catalog.js';
import { closestName } from '../../dist/model/closest-name.js';
import type { Candidate } from '../../dist/model/fallback.js';
import { identifyFile } from '../../dist/model/file-identity.js';
import { resolveFile, resolveModel, resolveVad } from '../../dist/model/resolve.js';
import { searchPath } from '../../dist/model/search-path.js';
import { ModelStore } from '../../dist/model/store/store.js';
import { keepHash, recallHash } from '../../dist/model/store/verified-hashes.js';
import { dimensionsOf, writeSparseModel } from './sparse-model.js';

const models = resolve(new URL('../../models/', import.meta.url).pathname);
const embeddedBase = join(models, 'ggml-base-q8_0.bin');
const root = await mkdtemp(join(tmpdir(), 'model-resolve-'));
const base = dimensionsOf(51_865, 512, [6, 6]);
const tiny = dimensionsOf(51_865, 384, [4, 4]);
let folder: string;
let count = 0;

function model(name: string): CatalogModel {
  const found = catalog.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no ${name} in the catalog`);
  return found;
}

beforeEach(async () => {
  count += 1;
  folder = join(root, String(count));
  await mkdir(folder);
  vi.stubEnv('WHISPERPOOL_CACHE', join(folder, 'cache'));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(root, { recursive: true }));

describe('a published name', () => {
  test('finds the embedded weights, checked to the byte', async () => {
    expect(await resolveModel('base')).toEqual({
      name: 'base',
      variant: 'q8_0',
      path: embeddedBase,
      fileKey: (await identifyFile(embeddedBase)).key,
      sizeBytes: 81_768_585,
      multilingual: true,
      alignment: 'base',
      dimensions: base,
      checked: 'sha256',
      source: 'package',
    });
  });

  test('may be written in any case', async () => {
    expect(await resolveModel('Tiny.EN')).toMatchObject({ name: 'tiny.en', multilingual: false, checked: 'sha256' });
  });

  test('is looked for in WHISPERPOOL_MODELS before the embedded weights', async () => {
    await writeSparseModel(join(folder, 'ggml-base-q4_0.bin'), base, 'q4_0');
    vi.stubEnv('WHISPERPOOL_MODELS', `${join(folder, 'nothing here')}${delimiter}${folder}`);
    expect(await resolveModel('base')).toMatchObject({ variant: 'q4_0', checked: 'structure', source: 'folder' });
    expect(await resolveModel('tiny.en')).toMatchObject({ path: join(models, 'ggml-tiny.en-q8_0.bin') });
  });

  test('is looked for in the given folders only, when there are any', async () => {
    await expect(resolveModel('base', { searchFolders: [folder] })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  test('takes the variant that is preferred when a folder holds several', async () => {
    await writeSparseModel(join(folder, 'ggml-base-q4_0.bin'), base, 'q4_0');
    await symlink(embeddedBase, join(folder, 'ggml-base-q8_0.bin'));
    const found = await resolveModel('base', { searchFolders: [folder] });
    expect(found).toMatchObject({ variant: 'q8_0', path: embeddedBase, checked: 'sha256' });
  });

  test('is looked for in the folder of the user last', async () => {
    const kept = join(folder, 'cache', 'models');
    await mkdir(kept, { recursive: true });
    await writeSparseModel(join(kept, 'ggml-tiny-q4_0.bin'), tiny, 'q4_0');
    expect(await resolveModel('tiny')).toMatchObject({ variant: 'q4_0', source: 'cache' });
  });

  test('may come with a variant, which is then the only one that will do', async () => {
    await writeSparseModel(join(folder, 'ggml-tiny-q4_0.bin'), tiny, 'q4_0');
    const searchFolders = [folder];
    expect(await resolveModel('tiny', { searchFolders, variant: 'int4' })).toMatchObject({ variant: 'q4_0' });
    const finding = resolveModel('tiny', { searchFolders, variant: 'int8' });
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_VARIANT_MISSING' });
  });

  test.each<[what: string, damage: (path: string) => Promise<unknown>]>([
    ['cut off', (path) => writeFile(path, 'lmgg')],
    ['a web page', (path) => writeFile(path, '<html>')],
    ['a link to itself', (path) => symlink(path, path)],
    ['a folder', (path) => mkdir(path)],
    ['another network', (path) => symlink(join(models, 'ggml-tiny.en-q8_0.bin'), path)],
  ])('is found behind a copy that is %s', async (_, damage) => {
    await damage(join(folder, 'ggml-base-q8_0.bin'));
    const found = await resolveModel('base', { searchFolders: [folder, models] });
    expect(found).toMatchObject({ path: embeddedBase, source: 'package' });
  });

  test('of which no copy is good is refused as the first of them is', async () => {
    const second = join(folder, 'second');
    await mkdir(second);
    await writeFile(join(folder, 'ggml-base-q8_0.bin'), 'lmgg');
    await writeFile(join(second, 'ggml-base-q8_0.bin'), '<html>');
    const finding = resolveModel('base', { searchFolders: [folder, second] });
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_TRUNCATED' });
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

describe('one model in one variant', () => {
  const find = (wanted: Candidate, searchFolders: readonly string[]) =>
    new ModelStore({ folder: join(folder, 'store') }).find(wanted, { searchFolders });

  test('is found where it is', async () => {
    await writeSparseModel(join(folder, 'ggml-base-q4_0.bin'), base, 'q4_0');
    const searchFolders = [folder, models];
    expect(await find({ model: model('base'), variant: 'q8_0' }, searchFolders)).toMatchObject({
      path: embeddedBase,
    });
  });

  test('that is in no folder says so by a code of its own', async () => {
    const finding = find({ model: model('base'), variant: 'q5_1' }, [models]);
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_VARIANT_MISSING' });
    await expect(finding).rejects.toThrow('ggml-base-q5_1.bin');
  });

  test('whose file holds another variant is refused', async () => {
    await writeSparseModel(join(folder, 'ggml-base-q5_1.bin'), base, 'q4_0');
    const finding = find({ model: model('base'), variant: 'q5_1' }, [folder]);
    await expect(finding).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(finding).rejects.toThrow("holds 'base' in q4_0");
  });
});

describe('a path', () => {
  test('may be relative, and leads through symbolic links to the real file', async () => {
    const link = join(folder, 'linked.bin');
    await symlink(embeddedBase, link);
    const found = await resolveModel(relative(process.cwd(), link));
    expect(found).toMatchObject({ name: 'base', path: embeddedBase, checked: 'sha256', source: 'file' });
  });

  test('to a model under a name of its own is checked by structure', async () => {
    const path = join(folder, 'my-own');
    await writeSparseModel(path, tiny, 'q5_1');
    expect(await resolveFile(path)).toMatchObject({ name: 'tiny', variant: 'q5_1', path, checked: 'structure' });
  });
});

describe('the search path', () => {
  const paths = (...given: Parameters<typeof searchPath>) => searchPath(...given).map(({ path }) => path);

  test('is WHISPERPOOL_MODELS, then ./models, then the embedded weights, then the cache of the user, each once', () => {
    vi.stubEnv('WHISPERPOOL_MODELS', ['/first', '', 'second', '/first'].join(delimiter));
    const kept = join(folder, 'cache', 'models');
    expect(paths()).toEqual([...new Set(['/first', resolve('second'), resolve('models'), models, kept])]);
    expect(searchPath().at(-1)).toEqual({ path: kept, source: 'cache' });
    expect(searchPath()).toContainEqual({ path: models, source: 'package' });
    expect(searchPath()[0]).toEqual({ path: '/first', source: 'folder' });
  });

  test('is the given folders alone, and that of a store behind them', () => {
    expect(paths(['/one', '/two'])).toEqual(['/one', '/two']);
    expect(searchPath(['/one'], '/store').at(-1)).toEqual({ path: '/store', source: 'cache' });
    expect(paths(undefined, '/store')).not.toContain(join(folder, 'cache', 'models'));
  });

  test.skipIf(process.platform !== 'linux')('ends where XDG says, unless WHISPERPOOL_CACHE says otherwise', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/xdg');
    vi.stubEnv('WHISPERPOOL_CACHE', '');
    expect(paths().at(-1)).toBe('/xdg/whisperpool/models');
    vi.stubEnv('WHISPERPOOL_CACHE', '/mine');
    expect(paths().at(-1)).toBe('/mine/models');
  });
});

describe('the voice activity model', () => {
  test('is found among the embedded weights', async () => {
    expect(await resolveVad()).toEqual({ path: join(models, 'ggml-silero-v6.2.0.bin'), sizeBytes: 885_098 });
  });

  test('that is not here says so', async () => {
    await expect(resolveVad({ searchFolders: [folder] })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  test('is found behind a copy that is damaged', async () => {
    await writeFile(join(folder, 'ggml-silero-v6.2.0.bin'), 'lmgg');
    const found = await resolveVad({ searchFolders: [folder, models] });
    expect(found.path).toBe(join(models, 'ggml-silero-v6.2.0.bin'));
  });
});

describe('the hashes that later processes know', () => {
  /** A copy that this process has not hashed yet. */
  async function freshCopy() {
    const path = join(folder, 'ggml-tiny.en-q8_0.bin');
    await copyFile(join(models, 'ggml-tiny.en-q8_0.bin'), path, constants.COPYFILE_FICLONE);
    return { path, identity: await identifyFile(path) };
  }
  const memory = () => join(folder, 'cache', 'verified.json');
  const falseHash = '0'.repeat(64);

  test('are kept when a file was verified', async () => {
    const { path, identity } = await freshCopy();
    await resolveModel(path);
    expect(await recallHash(identity)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('spare a file the reading', async () => {
    const { path, identity } = await freshCopy();
    await keepHash(identity, falseHash);
    // Only who does not read the file can believe this.
    await expect(resolveModel(path)).rejects.toThrow(falseHash);
  });

  test('are worth nothing once the file was touched', async () => {
    const { path, identity } = await freshCopy();
    await keepHash(identity, falseHash);
    await utimes(path, new Date(0), new Date(0));
    expect(await resolveModel(path)).toMatchObject({ checked: 'sha256' });
  });

  test.each<[what: string, spoil: () => Promise<unknown>]>([
    ['is damaged', () => writeFile(memory(), '{"formatVersion":1,"files":{')],
    ['holds something else', () => writeFile(memory(), '[null]')],
    ['holds nonsense for this file', () => writeFile(memory(), '{"formatVersion":1,"files":{"x":3}}')],
    ['is from another version', async () => writeFile(memory(), (await readFile(memory(), 'utf8')).replace('1', '2'))],
    ['may be written by others', () => chmod(memory(), 0o666)],
    ['is a folder', () => rm(memory()).then(() => mkdir(memory()))],
    [
      'lies in a folder that is none',
      () => rm(join(folder, 'cache'), { recursive: true }).then(() => writeFile(join(folder, 'cache'), '')),
    ],
  ])('are worth nothing when their file %s', async (_, spoil) => {
    const { path, identity } = await freshCopy();
    await keepHash(identity, falseHash);
    await spoil();
    expect(await resolveModel(path)).toMatchObject({ checked: 'sha256' });
  });

  test('of several files found at once are all kept', async () => {
    const files = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        await writeFile(join(folder, name), name);
        return identifyFile(join(folder, name));
      }),
    );
    await Promise.all(files.map((file) => keepHash(file, falseHash)));
    expect(await Promise.all(files.map(recallHash))).toEqual([falseHash, falseHash, falseHash]);
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
