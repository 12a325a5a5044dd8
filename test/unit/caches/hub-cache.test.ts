import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, unlink, utimes } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CacheContext } from '../../../dist/model/caches/cache-context.js';
import type { FoundModel, ModelFinding } from '../../../dist/model/caches/cache-report.js';
import { checkCaches } from '../../../dist/model/caches/check-caches.js';
import { blobName, nowSeconds, Tree, without } from './tree.js';

const source = 'Systran/faster-whisper-tiny';
const files = { 'model.bin': 75_538_270, 'config.json': '{}', 'tokenizer.json': '{}', 'vocabulary.txt': 'a' };
const revision = 'a'.repeat(40);
const other = 'b'.repeat(40);
let tree: Tree;

beforeEach(async () => {
  tree = await Tree.plant();
});
afterEach(() => tree.fell());

async function check(changes: Partial<CacheContext> = {}, deep = false) {
  const report = await checkCaches(tree.context(changes), { tools: ['FasterWhisper'], deep });
  return { report, tiny: report.findings.filter((finding) => finding.model === 'tiny') };
}

async function onlyTiny(changes: Partial<CacheContext> = {}, deep = false): Promise<ModelFinding> {
  const [finding, ...others] = (await check(changes, deep)).tiny;
  expect(others).toEqual([]);
  if (!finding) throw new Error('no finding');
  return finding;
}

async function foundTiny(changes: Partial<CacheContext> = {}, deep = false): Promise<FoundModel> {
  const finding = await onlyTiny(changes, deep);
  if (finding.state === 'missing') throw new Error('missing');
  return finding;
}

describe('a repository in a hub cache', () => {
  test('is complete when refs/main leads to every required file', async () => {
    const folder = await tree.repository(tree.hub, source, files);
    const finding = await foundTiny();
    expect(finding).toMatchObject({ state: 'complete', variant: 'float16', source, revision, reasons: [] });
    expect(finding).toMatchObject({ paths: [join(folder, 'snapshots', revision)], sizeBytes: 75_538_275 });
  });

  test('is complete when the snapshot holds files in the place of links, as on Windows', async () => {
    const folder = join(tree.hub, 'models--Systran--faster-whisper-tiny');
    await tree.files(join(folder, 'snapshots', revision), files);
    await tree.file(join(folder, 'refs/main'), `${revision}\n`);
    expect(await onlyTiny()).toMatchObject({ state: 'complete', revision });
  });

  test.each<[string, (folder: string, snapshot: string) => Promise<unknown>, readonly string[]]>([
    [
      'whose blob is gone',
      (folder) => unlink(join(folder, 'blobs', blobName(`model.bin${revision}`))),
      ['model.bin is a link to', 'which is not there'],
    ],
    ['without a required file', (_, snapshot) => unlink(join(snapshot, 'config.json')), ['config.json is missing.']],
    [
      'without either vocabulary',
      (_, snapshot) => unlink(join(snapshot, 'vocabulary.txt')),
      ['vocabulary.txt or vocabulary.json is missing.'],
    ],
    [
      'whose weights are far too small',
      (folder) => tree.file(join(folder, 'blobs', blobName(`model.bin${revision}`)), 4096),
      ['model.bin has 4.1 KB of 75.5 MB.'],
    ],
    [
      'with an empty file',
      (folder) => tree.file(join(folder, 'blobs', blobName(`config.json${revision}`)), 0),
      ['config.json is empty.'],
    ],
    [
      'whose refs/main names a revision that is not here',
      (folder) => tree.file(join(folder, 'refs/main'), other),
      [`refs/main names revision ${other}`, `revision ${revision} is`],
    ],
    ['without a snapshot', (folder) => rm(join(folder, 'snapshots'), { recursive: true }), ['not in snapshots']],
    [
      'that was only begun',
      (folder) =>
        Promise.all([
          rm(join(folder, 'snapshots'), { recursive: true }),
          rm(join(folder, 'refs'), { recursive: true }),
        ]),
      ['It holds no revision'],
    ],
    [
      'with a folder in the place of a file',
      async (_, snapshot) => {
        await unlink(join(snapshot, 'model.bin'));
        await tree.file(join(snapshot, 'model.bin/part'), 1);
      },
      ['model.bin is a folder where a file should be.'],
    ],
  ])('%s is incomplete, and says why', async (_, damage, reasons) => {
    const folder = await tree.repository(tree.hub, source, files);
    await damage(folder, join(folder, 'snapshots', revision));
    const finding = await onlyTiny();
    expect(finding.state).toBe('incomplete');
    for (const reason of reasons) expect(finding.reasons.join(' ')).toContain(reason);
  });

  test('that is a file is incomplete', async () => {
    await tree.file(join(tree.hub, 'models--Systran--faster-whisper-tiny'), 'oops');
    expect(await onlyTiny()).toMatchObject({
      state: 'incomplete',
      reasons: [expect.stringContaining('is a file where a folder')],
    });
  });

  test('without refs/main takes the latest revision, and says so', async () => {
    await tree.repository(tree.hub, source, files, { main: '' });
    expect(await onlyTiny()).toMatchObject({
      state: 'complete',
      revision,
      reasons: [expect.stringContaining('no refs/main')],
    });
  });

  test('without refs/main takes the later of two revisions', async () => {
    const old = await tree.repository(tree.hub, source, without(files, 'config.json'), { main: '' });
    await tree.repository(tree.hub, source, files, { revision: other, main: '' });
    await utimes(join(old, 'snapshots', revision), nowSeconds - 100, nowSeconds - 100);
    await utimes(join(old, 'snapshots', other), nowSeconds - 50, nowSeconds - 50);
    expect(await onlyTiny()).toMatchObject({ state: 'complete', revision: other });
    await utimes(join(old, 'snapshots', revision), nowSeconds, nowSeconds);
    expect(await onlyTiny()).toMatchObject({ state: 'incomplete', revision });
  });

  test('with two revisions is judged by the one in refs/main; the other is waste', async () => {
    await tree.repository(tree.hub, source, { ...files, 'model.bin': 4096 });
    await tree.repository(tree.hub, source, files, { revision: other });
    const { report, tiny } = await check();
    expect(tiny).toMatchObject([{ state: 'complete', revision: other }]);
    expect(report.waste).toMatchObject([{ kind: 'old-revision', bytes: 4096 + 5, byDesign: false }]);
    expect(report.wastedBytes).toBe(4101);
  });

  test('shares blobs between revisions without wasting anything', async () => {
    const folder = await tree.repository(tree.hub, source, files);
    for (const name of Object.keys(files)) {
      await tree.link(join(folder, 'snapshots', other, name), `../../blobs/${blobName(name + revision)}`);
    }
    expect((await check()).report.waste).toEqual([]);
  });

  test('knows the blobs that no revision uses', async () => {
    const folder = await tree.repository(tree.hub, source, files);
    const path = await tree.file(join(folder, 'blobs', 'c'.repeat(64)), 1_000_000);
    const { report, tiny } = await check();
    expect(tiny).toMatchObject([{ state: 'complete' }]);
    expect(report.waste).toMatchObject([{ kind: 'unlinked-blob', paths: [path], bytes: 1_000_000 }]);
    expect(report.waste[0]?.removal).toBeUndefined();
  });

  test.each([
    ['of an older client without its blob is gone on with', `${'d'.repeat(64)}.incomplete`, false],
    ['of a newer client is a leaving', `${'d'.repeat(64)}.0123abcd.incomplete`, true],
    ['whose blob is here is a leaving', `${blobName(`model.bin${revision}`)}.incomplete`, true],
  ])('a partial blob %s', async (_, name, isLeaving) => {
    const folder = await tree.repository(tree.hub, source, files);
    await tree.file(join(folder, 'blobs', name), 5_000_000);
    const { report, tiny } = await check();
    expect(tiny).toMatchObject([{ state: 'complete' }]);
    expect(report.waste).toMatchObject([{ kind: 'partial-download', bytes: 5_000_000 }]);
    expect(report.waste[0]?.removal !== undefined).toBe(isLeaving);
  });

  test('with a partial blob in the place of the weights says that the download broke off', async () => {
    const folder = await tree.repository(tree.hub, source, without(files, 'model.bin'));
    await tree.file(join(folder, 'blobs', `${'d'.repeat(64)}.incomplete`), 40_000_000);
    const finding = await onlyTiny();
    expect(finding.state).toBe('incomplete');
    expect(finding.reasons).toEqual([
      'model.bin is missing.',
      expect.stringContaining('beginning of a download, 40.0 MB'),
    ]);
  });

  test('is judged to the byte when the client kept the list of its files', async () => {
    const folder = await tree.repository(tree.hub, source, files);
    const trees = (size: number) =>
      JSON.stringify({ format_version: 1, files: { 'config.json': { size: 2 }, 'tokenizer.json': { size } } });
    await tree.file(join(folder, 'trees', `${revision}.json`), trees(2));
    expect(await onlyTiny()).toMatchObject({ state: 'complete' });
    await tree.file(join(folder, 'trees', `${revision}.json`), trees(2_203_239));
    const reasons = ['tokenizer.json has 2 bytes, where 2203239 are expected.'];
    expect(await onlyTiny()).toMatchObject({ state: 'incomplete', reasons });
  });

  test.each([
    'not json',
    '[]',
    'null',
    '{"format_version":2,"files":{"config.json":{"size":9}}}',
    '{"format_version":1,"files":7}',
  ])('ignores the list %j of its files', async (text) => {
    const folder = await tree.repository(tree.hub, source, files);
    await tree.file(join(folder, 'trees', `${revision}.json`), text);
    expect(await onlyTiny()).toMatchObject({ state: 'complete' });
  });

  test('locks and unrelated repositories beside it do not matter', async () => {
    await tree.repository(tree.hub, source, files);
    await tree.file(join(tree.hub, '.locks/models--Systran--faster-whisper-tiny/x.lock'), '');
    await tree.repository(tree.hub, 'somebody/else', { 'model.bin': 9 });
    const { report } = await check();
    expect(report.counts).toMatchObject({ complete: 1, incomplete: 0 });
    expect(report.waste).toEqual([]);
  });

  test('is hashed by the names of its blobs only when that is asked for', async () => {
    const content = 'weights'.repeat(3);
    const folder = await tree.repository(tree.hub, source, files);
    const snapshot = join(folder, 'snapshots', revision);
    const rename = async (name: string, blob: string, text: string | number) => {
      await rm(join(snapshot, name));
      await tree.file(join(folder, 'blobs', blob), text);
      await tree.link(join(snapshot, name), `../../blobs/${blob}`);
      await rm(join(folder, 'blobs', blobName(name + revision)), { force: true });
    };
    const gitHash = createHash('sha1').update(`blob ${content.length}\0${content}`).digest('hex');
    const zeros = createHash('sha256').update(Buffer.alloc(75_538_270)).digest('hex');
    await rename('model.bin', zeros, 75_538_270);
    for (const name of ['config.json', 'tokenizer.json', 'vocabulary.txt']) await rename(name, gitHash, content);
    expect(await onlyTiny({}, true)).toMatchObject({ state: 'complete' });
    await tree.file(join(folder, 'blobs', gitHash), 'w'.repeat(content.length));
    expect(await onlyTiny()).toMatchObject({ state: 'complete' });
    const damaged = await onlyTiny({}, true);
    expect(damaged.state).toBe('incomplete');
    expect(damaged.reasons[0]).toMatch(/^config\.json is damaged: its git hash is [0-9a-f]{40}, not /);
  });
});

describe('the place of the hub cache', () => {
  test.each<[string, string, (root: string) => CacheContext['env']]>([
    ['~/.cache/huggingface/hub', 'home/.cache/huggingface/hub', () => ({})],
    ['XDG_CACHE_HOME', 'xdg/huggingface/hub', (root) => ({ XDG_CACHE_HOME: join(root, 'xdg') })],
    [
      'HF_HOME before XDG_CACHE_HOME',
      'hf/hub',
      (root) => ({ HF_HOME: join(root, 'hf'), XDG_CACHE_HOME: join(root, 'xdg') }),
    ],
    [
      'HUGGINGFACE_HUB_CACHE before HF_HOME',
      'old',
      (root) => ({ HUGGINGFACE_HUB_CACHE: join(root, 'old'), HF_HOME: join(root, 'hf') }),
    ],
    [
      'HF_HUB_CACHE before all',
      'new',
      (root) => ({
        HF_HUB_CACHE: join(root, 'new'),
        HUGGINGFACE_HUB_CACHE: join(root, 'old'),
        HF_HOME: join(root, 'hf'),
      }),
    ],
    ['HF_HOME that begins with ~', 'home/hf/hub', () => ({ HF_HOME: '~/hf' })],
    [
      '~/.cache when the variables are empty',
      'home/.cache/huggingface/hub',
      () => ({ HF_HOME: '', HF_HUB_CACHE: '', XDG_CACHE_HOME: '' }),
    ],
  ])('is %s', async (_, folder, env) => {
    for (const place of ['home/.cache/huggingface/hub', 'xdg/huggingface/hub', 'hf/hub', 'old', 'new', 'home/hf/hub']) {
      await tree.repository(join(tree.root, place), source, place === folder ? files : without(files, 'model.bin'));
    }
    expect(await foundTiny({ env: env(tree.root) })).toMatchObject({ state: 'complete' });
    expect((await foundTiny({ env: env(tree.root) })).paths[0]).toContain(`${join(tree.root, folder)}/`);
  });

  test.each(['models', 'models/hub'])('may be the project folder %s beside it: both are looked at', async (place) => {
    await tree.repository(tree.hub, source, files);
    await tree.repository(join(tree.project, place), source, without(files, 'config.json'));
    expect((await check()).tiny).toMatchObject([
      { state: 'complete' },
      { state: 'incomplete', reasons: ['config.json is missing.'] },
    ]);
  });

  test.each<[string, string, string]>([
    ['the hub cache', 'given', 'given'],
    ['its HF_HOME', 'given/hub', 'given'],
    ['the repository in it', 'given', 'given/models--Systran--faster-whisper-tiny'],
  ])('may be given as %s', async (_, hub, folder) => {
    await tree.repository(join(tree.root, hub), source, files);
    expect(await onlyTiny({ folders: [join(tree.root, folder)] })).toMatchObject({ state: 'complete', revision });
  });

  test('is looked at once, by however many names it goes', async () => {
    await tree.repository(tree.hub, source, files);
    await tree.link(join(tree.project, 'models'), tree.hub);
    expect(await onlyTiny({ folders: [tree.hub, `${tree.hub}/.`] })).toMatchObject({ state: 'complete' });
  });
});

describe('a plain folder', () => {
  test.each(['faster-whisper-tiny', 'Systran/faster-whisper-tiny'])('named %s is a copy', async (name) => {
    const folder = await tree.files(join(tree.project, 'models', name), files);
    expect(await onlyTiny()).toMatchObject({ state: 'complete', paths: [folder], variant: 'float16' });
  });

  test('may be given itself', async () => {
    const folder = await tree.files(join(tree.root, 'x/faster-whisper-tiny'), files);
    expect(await onlyTiny({ folders: [folder] })).toMatchObject({ state: 'complete', paths: [folder] });
  });

  test('knows its revision, and a download that broke off', async () => {
    const folder = await tree.files(join(tree.project, 'models/faster-whisper-tiny'), without(files, 'model.bin'));
    const metadata = join(folder, '.cache/huggingface/download');
    await tree.file(join(metadata, 'config.json.metadata'), `${revision}\n${'e'.repeat(40)}\n1712656091.123\n`);
    await tree.file(join(metadata, `abc=.${'d'.repeat(64)}.incomplete`), 9_000_000);
    const reasons = ['model.bin is missing.', expect.stringContaining('.incomplete broke off')];
    expect(await onlyTiny()).toMatchObject({ state: 'incomplete', revision, reasons });
  });

  test('is hashed by what the client noted', async () => {
    const folder = await tree.files(join(tree.project, 'models/faster-whisper-tiny'), files);
    const note = `${revision}\n${createHash('sha1').update('blob 2\0{}').digest('hex')}\n1\n`;
    await tree.file(join(folder, '.cache/huggingface/download/config.json.metadata'), note);
    expect(await onlyTiny({}, true)).toMatchObject({ state: 'complete' });
    await tree.file(join(folder, 'config.json'), '[]');
    expect(await onlyTiny({}, true)).toMatchObject({ state: 'incomplete' });
  });

  test.each([
    [40_035_283, 'complete', 'int8'],
    [60_000_000, 'incomplete', 'float16'],
  ])('may hold a conversion of its own: %d bytes are %s', async (bytes, state, variant) => {
    await tree.files(join(tree.project, 'models/faster-whisper-tiny'), { ...files, 'model.bin': bytes });
    expect(await onlyTiny()).toMatchObject({ state, variant });
  });

  test('that holds nothing of the model is no copy', async () => {
    await tree.file(join(tree.project, 'models/faster-whisper-tiny/README.md'), 'x');
    expect(await onlyTiny()).toMatchObject({ state: 'missing' });
  });
});

const real = resolve(import.meta.dirname, '../../../../shared/data/models/faster-whisper-tiny.en');

test.skipIf(!existsSync(real))('real weights in a hub cache are complete, by size and by hash', async () => {
  const folder = join(tree.hub, 'models--Systran--faster-whisper-tiny.en');
  await tree.file(join(folder, 'refs/main'), revision);
  for (const name of ['model.bin', 'config.json', 'tokenizer.json', 'vocabulary.txt']) {
    await tree.link(join(folder, 'snapshots', revision, name), join(real, name));
  }
  for (const deep of [false, true]) {
    const report = await checkCaches(tree.context({ nowSeconds }), { tools: ['FasterWhisper'], deep });
    const finding = report.findings.find(({ model }) => model === 'tiny.en');
    expect(finding).toMatchObject({ state: 'complete', revision, reasons: [], sizeBytes: 78_090_594 });
  }
  expect(basename(real)).toBe('faster-whisper-tiny.en');
});
