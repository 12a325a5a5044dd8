import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { lutimes, mkdir, rm, stat, truncate, unlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyRepair } from '../../../dist/model/caches/apply-repair.js';
import type { CacheContext } from '../../../dist/model/caches/cache-context.js';
import type { CacheReport } from '../../../dist/model/caches/cache-report.js';
import { checkCaches } from '../../../dist/model/caches/check-caches.js';
import { planRepairs, type Repair } from '../../../dist/model/caches/repair.js';
import { blobName, nowSeconds, Tree } from './tree.js';

const embedded = resolve(import.meta.dirname, '../../../models/ggml-base-q8_0.bin');
let tree: Tree;
beforeEach(async () => {
  tree = await Tree.plant();
});
afterEach(() => tree.fell());

async function check(tool: string, changes: Partial<CacheContext> = {}): Promise<CacheReport> {
  return checkCaches(tree.context(changes), { tools: [tool] });
}

async function plan(tool: string, changes: Partial<CacheContext> = {}): Promise<readonly Repair[]> {
  return planRepairs(await check(tool, changes), nowSeconds);
}

async function applyAll(repairs: readonly Repair[]): Promise<void> {
  for (const repair of repairs) expect(await applyRepair(repair, { nowSeconds })).toEqual({ kind: 'done' });
}

/** Paths that the lines of one listing have and the other has not, without their times. */
function added(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.filter((line) => !before.includes(line));
}

const fluid = 'FluidInference/parakeet-tdt-0.6b-v3-coreml';
const fluidFiles = {
  'Encoder.mlmodelc/weights/weight.bin': 425e6,
  'Encoder.mlmodelc/model.mil': 'mil',
  'Decoder.mlmodelc/weights/weight.bin': 23e6,
  'JointDecision.mlmodelc/weights/weight.bin': 12e6,
  'Preprocessor.mlmodelc/weights/weight.bin': 520e3,
  'parakeet_vocab.json': '{"a":1}',
  'config.json': '{}',
};
const fluidFolder = () => join(tree.home, 'Library/Application Support/FluidAudio/Models', basename(fluid));

/** Only the small parts, so that copying them costs nothing. */
async function plantHalfCopy(): Promise<void> {
  await tree.repository(tree.hub, fluid, fluidFiles);
  await tree.files(fluidFolder(), {
    'Encoder.mlmodelc/weights/weight.bin': 425e6,
    'Decoder.mlmodelc/weights/weight.bin': 23e6,
    'JointDecision.mlmodelc/weights/weight.bin': 4096,
    'notes.txt': "the user's own",
  });
}

describe('a half copy of FluidAudio', () => {
  test('is planned to be completed from the download, with nothing written yet', async () => {
    await plantHalfCopy();
    const before = tree.listing();
    const repairs = await plan('FluidAudioCoreML');
    expect(tree.listing()).toEqual(before);
    expect(repairs.map(({ kind, path, bytes }) => [kind, path.slice(fluidFolder().length + 1), bytes])).toEqual([
      ['copy', 'Encoder.mlmodelc/model.mil', 3],
      ['copy', 'JointDecision.mlmodelc/weights/weight.bin', 12e6],
      ['copy', 'Preprocessor.mlmodelc/weights/weight.bin', 520e3],
      ['copy', 'parakeet_vocab.json', 7],
      ['copy', 'config.json', 2],
    ]);
    for (const { reason } of repairs) expect(reason).toContain('FluidAudioCoreML needs it for parakeet-tdt-0.6b-v3');
  });

  test('is complete once that is applied, and nothing else is touched', async () => {
    await plantHalfCopy();
    const untouched = tree.listing(tree.hub);
    const before = tree.names();
    await applyAll(await plan('FluidAudioCoreML'));
    expect(tree.listing(tree.hub)).toEqual(untouched);
    const folder = `home/Library/Application Support/FluidAudio/Models/${basename(fluid)}`;
    const names = added(before, tree.names()).map((line) => line.slice(folder.length + 1));
    expect(names.sort()).toEqual([
      'Encoder.mlmodelc/model.mil 3',
      'JointDecision.mlmodelc/weights/weight.bin 12000000',
      'Preprocessor.mlmodelc/',
      'Preprocessor.mlmodelc/weights/',
      'Preprocessor.mlmodelc/weights/weight.bin 520000',
      'config.json 2',
      'parakeet_vocab.json 7',
    ]);
    const report = await check('FluidAudioCoreML');
    expect(report.state).toBe('complete');
    expect(planRepairs(report, nowSeconds)).toEqual([]);
  });

  test('is made when there was none', async () => {
    await tree.repository(tree.hub, fluid, fluidFiles);
    const repairs = await plan('FluidAudioCoreML');
    expect(repairs).toHaveLength(Object.keys(fluidFiles).length);
    await applyAll(repairs.filter(({ bytes }) => bytes < 1e8));
    expect(readFileSync(join(fluidFolder(), 'parakeet_vocab.json'), 'utf8')).toBe('{"a":1}');
  });

  test('is left alone when the download is broken too', async () => {
    await plantHalfCopy();
    await unlink(
      join(tree.hub, 'models--FluidInference--parakeet-tdt-0.6b-v3-coreml/snapshots', 'a'.repeat(40), 'config.json'),
    );
    expect(await plan('FluidAudioCoreML')).toEqual([]);
  });

  test('is left alone where a file was changed within ten minutes', async () => {
    await plantHalfCopy();
    await tree.file(join(fluidFolder(), 'JointDecision.mlmodelc/weights/weight.bin'), 4096, nowSeconds - 599);
    expect((await plan('FluidAudioCoreML')).map(({ path }) => basename(path))).not.toContain('JointDecision.mlmodelc');
    expect((await plan('FluidAudioCoreML')).some(({ path }) => path.includes('JointDecision'))).toBe(false);
    await tree.file(join(fluidFolder(), 'JointDecision.mlmodelc/weights/weight.bin'), 4096, nowSeconds - 601);
    expect((await plan('FluidAudioCoreML')).some(({ path }) => path.includes('JointDecision'))).toBe(true);
  });
});

describe('a download of WhisperKit that got stuck', () => {
  const root = () => join(tree.home, 'Documents/huggingface/models/argmaxinc/whisperkit-coreml');
  const temporary = () => join(tree.root, 'T');
  const env = () => ({ TMPDIR: temporary() });

  beforeEach(async () => {
    await tree.file(join(root(), 'openai_whisper-large-v3/AudioEncoder.mlmodelc/model.mil'), 'mil');
    await tree.file(join(root(), 'openai_whisper-large-v3/TextDecoder.mlmodelc/analytics/coremldata.bin'), 'x');
    await tree.file(join(temporary(), 'CFNetworkDownload_1iOtaj.tmp'), 611e6);
    await tree.file(join(temporary(), 'CFNetworkDownload_running.tmp'), 99e6, nowSeconds - 5);
    await tree.file(join(temporary(), 'CFNetworkDownload_x.tmp.mp4'), 9e6);
    await tree.file(join(temporary(), 'mine.tmp'), 9e6);
    await tree.file(join(tree.root, 'victim'), 1e6);
    await tree.link(join(temporary(), 'CFNetworkDownload_link.tmp'), join(tree.root, 'victim'));
  });

  test('is completed from the second place when that has the model', async () => {
    const folder = join(
      tree.home,
      'Library/Application Support/MacWhisper/models/whisperkit/models/argmaxinc/whisperkit-coreml',
    );
    for (const part of ['AudioEncoder', 'TextDecoder', 'MelSpectrogram']) {
      await tree.file(join(folder, `openai_whisper-large-v3/${part}.mlmodelc/weights/weight.bin`), 500e6);
    }
    const copies = (await plan('WhisperKit')).filter(({ kind }) => kind === 'copy');
    expect(copies.map(({ path }) => path.slice(root().length + 1))).toEqual(
      ['AudioEncoder', 'TextDecoder', 'MelSpectrogram'].map(
        (part) => `openai_whisper-large-v3/${part}.mlmodelc/weights/weight.bin`,
      ),
    );
  });

  test('gets its folders, and loses its orphans that are old enough', async () => {
    const before = tree.names();
    const repairs = await plan('WhisperKit', { env: env() });
    expect(repairs.map(({ kind, path }) => [kind, path.slice(tree.root.length + 1)])).toEqual([
      ...['AudioEncoder', 'TextDecoder', 'MelSpectrogram'].map((part) => [
        'make-folder',
        `home/Documents/huggingface/models/argmaxinc/whisperkit-coreml/openai_whisper-large-v3/${part}.mlmodelc/weights`,
      ]),
      ['remove', 'T/CFNetworkDownload_1iOtaj.tmp'],
    ]);
    expect(tree.names()).toEqual(before);
    await applyAll(repairs);
    const model = 'home/Documents/huggingface/models/argmaxinc/whisperkit-coreml/openai_whisper-large-v3';
    expect(added(before, tree.names())).toEqual([
      `${model}/AudioEncoder.mlmodelc/weights/`,
      `${model}/MelSpectrogram.mlmodelc/`,
      `${model}/MelSpectrogram.mlmodelc/weights/`,
      `${model}/TextDecoder.mlmodelc/weights/`,
    ]);
    expect(added(tree.names(), before)).toEqual(['T/CFNetworkDownload_1iOtaj.tmp 611000000']);
  });
});

describe('a hub cache', () => {
  const weights = 'weights of the model';
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const revision = 'a'.repeat(40);
  const source = 'mlx-community/parakeet-tdt-0.6b-v2';

  /** Two hubs that hold the model with blobs under their true names; its size is too small, but the same in both. */
  async function plantHub(hub: string): Promise<string> {
    const folder = join(hub, 'models--mlx-community--parakeet-tdt-0.6b-v2');
    await tree.file(join(folder, 'refs/main'), revision);
    await tree.file(join(folder, 'blobs', sha256), 2_471_559_904);
    await tree.file(join(folder, 'blobs', 'e'.repeat(40)), '{}');
    await tree.link(join(folder, 'snapshots', revision, 'model.safetensors'), `../../blobs/${sha256}`);
    await tree.link(join(folder, 'snapshots', revision, 'config.json'), `../../blobs/${'e'.repeat(40)}`);
    return folder;
  }

  test('whose blob is gone gets it from another one, under its own name and checked by it', async () => {
    await plantHub(tree.hub);
    const broken = await plantHub(join(tree.project, 'models'));
    await unlink(join(broken, 'blobs', sha256));
    const [repair, ...others] = await plan('ParakeetMLX');
    expect(others).toEqual([]);
    expect(repair).toMatchObject({
      kind: 'copy',
      from: join(tree.hub, 'models--mlx-community--parakeet-tdt-0.6b-v2/blobs', sha256),
      path: join(broken, 'blobs', sha256),
      within: broken,
      bytes: 2_471_559_904,
      sha256,
    });
  });

  test('without a small blob gets it back, and its links with it', async () => {
    await plantHub(tree.hub);
    const broken = await plantHub(join(tree.project, 'models'));
    await unlink(join(broken, 'blobs', 'e'.repeat(40)));
    expect((await check('ParakeetMLX')).counts).toMatchObject({ complete: 1, incomplete: 1 });
    const before = tree.names();
    await applyAll(await plan('ParakeetMLX'));
    expect(added(before, tree.names())).toEqual([
      `project/models/models--mlx-community--parakeet-tdt-0.6b-v2/blobs/${'e'.repeat(40)} 2`,
    ]);
    expect((await check('ParakeetMLX')).counts).toMatchObject({ complete: 2, incomplete: 0 });
  });

  test('of which it is not known where the files belong is left alone', async () => {
    await plantHub(tree.hub);
    const begun = join(tree.project, 'models/models--mlx-community--parakeet-tdt-0.6b-v2');
    await tree.file(join(begun, 'blobs', 'e'.repeat(40)), '{}');
    expect((await check('ParakeetMLX')).counts).toMatchObject({ complete: 1, incomplete: 1 });
    expect(await plan('ParakeetMLX')).toEqual([]);
  });

  test('that knows its revision only gets all of its files', async () => {
    await plantHub(tree.hub);
    const begun = join(tree.project, 'models/models--mlx-community--parakeet-tdt-0.6b-v2');
    await tree.file(join(begun, 'refs/main'), revision);
    expect((await plan('ParakeetMLX')).map(({ path }) => path)).toEqual(
      ['model.safetensors', 'config.json'].map((name) => join(begun, 'snapshots', revision, name)),
    );
  });

  test('is not repaired from another revision', async () => {
    await tree.repository(
      tree.hub,
      source,
      { 'model.safetensors': 2_471_559_904, 'config.json': '{}' },
      { revision: 'b'.repeat(40) },
    );
    await unlink(join(await plantHub(join(tree.project, 'models')), 'blobs', sha256));
    expect(await plan('ParakeetMLX')).toEqual([]);
  });

  test('loses partial blobs that nothing goes on with, and no others', async () => {
    const folder = await plantHub(tree.hub);
    const orphan = await tree.file(join(folder, 'blobs', `${'d'.repeat(64)}.0123abcd.incomplete`), 7e6);
    await tree.file(join(folder, 'blobs', `${'d'.repeat(64)}.incomplete`), 8e6);
    await tree.file(join(folder, 'blobs', `${'f'.repeat(64)}.0123abcd.incomplete`), 9e6, nowSeconds - 60);
    const repairs = await plan('ParakeetMLX');
    expect(repairs).toMatchObject([{ kind: 'remove', path: orphan, within: folder, bytes: 7e6 }]);
    await applyAll(repairs);
    expect((await check('ParakeetMLX')).waste.map(({ bytes }) => bytes)).toEqual([8e6, 9e6]);
  });
});

test('a checkpoint that is too short is replaced by the complete one', async () => {
  await tree.file(join(tree.project, 'models/tiny.pt'), 1000);
  await tree.file(join(tree.home, '.cache/whisper/tiny.pt'), 75_572_083);
  const before = tree.names();
  await applyAll(await plan('WhisperMPS'));
  expect(added(before, tree.names())).toEqual(['project/models/tiny.pt 75572083']);
  expect((await check('WhisperMPS')).counts).toMatchObject({ complete: 2, incomplete: 0 });
});

test('a broken link that leads out of its folder is replaced, and what it led to is not made', async () => {
  await tree.link(join(tree.project, 'models/tiny.pt'), join(tree.root, 'elsewhere/tiny.pt'));
  await tree.file(join(tree.home, '.cache/whisper/tiny.pt'), 75_572_083);
  await applyAll(await plan('WhisperMPS'));
  expect(existsSync(join(tree.root, 'elsewhere'))).toBe(false);
  expect((await check('WhisperMPS')).counts.complete).toBe(2);
});

test('a Core ML encoder is copied beside the model that lacks it', async () => {
  const places = [join(tree.project, 'models'), join(tree.home, '.cache/whisper')];
  for (const place of places) await tree.link(join(place, 'ggml-base-q8_0.bin'), embedded);
  await tree.file(join(tree.home, '.cache/whisper/ggml-base-encoder.mlmodelc/weights/weight.bin'), 41e6);
  const repairs = await plan('WhisperCppCoreML');
  const path = join(tree.project, 'models/ggml-base-encoder.mlmodelc/weights/weight.bin');
  expect(repairs).toMatchObject([{ kind: 'copy', path, bytes: 41e6 }]);
  await applyAll(repairs);
  expect((await check('WhisperCppCoreML')).counts).toMatchObject({ complete: 2, incomplete: 0 });
});

test('a broken large.pt beside a good large-v3.pt is left alone', async () => {
  await tree.file(join(tree.project, 'models/large.pt'), 1000);
  await tree.file(join(tree.project, 'models/large-v3.pt'), 3_087_371_615);
  expect(await plan('WhisperMPS')).toEqual([]);
});

describe('a repair whose reason is gone when it is applied', () => {
  async function planCopy(): Promise<Repair> {
    await tree.file(join(tree.project, 'models/tiny.pt'), 1000);
    await tree.file(join(tree.home, '.cache/whisper/tiny.pt'), 75_572_083);
    const [repair] = await plan('WhisperMPS');
    if (!repair) throw new Error('no plan');
    return repair;
  }

  test.each<[string, (repair: Repair) => Promise<unknown>, string]>([
    ['the source was changed', () => truncate(join(tree.home, '.cache/whisper/tiny.pt'), 5), 'has changed meanwhile'],
    ['the source is gone', () => rm(join(tree.home, '.cache/whisper/tiny.pt')), 'has changed meanwhile'],
    ['a download began', ({ path }) => tree.file(path, 2000, nowSeconds - 1), 'may be in use'],
    [
      'there is a folder now',
      async ({ path }) => {
        await rm(path);
        await mkdir(path);
      },
      'is a folder',
    ],
    ['the folder is gone', ({ within }) => rm(within, { recursive: true }), 'is gone'],
    [
      'the folder became a link',
      async ({ path }) => {
        await tree.file(join(tree.root, 'outside/x'), 1);
        await rm(path);
        await tree.link(path.replace('tiny.pt', 'sub'), join(tree.root, 'outside'));
      },
      'leads out of',
    ],
  ])('is skipped: %s', async (_, change, reason) => {
    const repair = await planCopy();
    await change(repair);
    const before = tree.listing();
    const aimed =
      reason === 'leads out of' ? { ...repair, path: repair.path.replace('tiny.pt', 'sub/tiny.pt') } : repair;
    expect(await applyRepair(aimed, { nowSeconds })).toEqual({
      kind: 'skipped',
      reason: expect.stringContaining(reason),
    });
    expect(tree.listing()).toEqual(before);
  });

  test.each<[string, string, number, string]>([
    ['another name', 'model.bin', nowSeconds - 3600, 'is no leaving of a download'],
    ['a fresh file', 'CFNetworkDownload_a.tmp', nowSeconds - 30, 'may be in use'],
  ])('removes nothing: %s', async (_, name, modifiedSeconds, reason) => {
    const path = await tree.file(join(tree.root, 'T', name), 10, modifiedSeconds);
    const repair: Repair = { kind: 'remove', path, within: join(tree.root, 'T'), bytes: 10, reason: '' };
    expect(await applyRepair(repair, { nowSeconds })).toEqual({
      kind: 'skipped',
      reason: expect.stringContaining(reason),
    });
    expect(existsSync(path)).toBe(true);
  });

  test('removes nothing: a link', async () => {
    const victim = await tree.file(join(tree.root, 'victim'), 10);
    const path = join(tree.root, 'T/CFNetworkDownload_a.tmp');
    await tree.link(path, victim);
    await lutimes(path, nowSeconds - 3600, nowSeconds - 3600);
    const repair: Repair = { kind: 'remove', path, within: join(tree.root, 'T'), bytes: 10, reason: '' };
    expect(await applyRepair(repair, { nowSeconds })).toMatchObject({ kind: 'skipped' });
    expect([existsSync(path), existsSync(victim)]).toEqual([true, true]);
  });

  test('removes nothing: a file beside its folder', async () => {
    const path = await tree.file(join(tree.root, 'T/CFNetworkDownload_a.tmp'), 10);
    await mkdir(join(tree.root, 'T/known'));
    const repair: Repair = { kind: 'remove', path, within: join(tree.root, 'T/known'), bytes: 10, reason: '' };
    expect(await applyRepair(repair, { nowSeconds })).toMatchObject({ kind: 'skipped' });
    expect(existsSync(path)).toBe(true);
  });

  test('removes nothing: a file behind a linked folder', async () => {
    const path = await tree.file(join(tree.root, 'outside/CFNetworkDownload_a.tmp'), 10);
    await tree.link(join(tree.root, 'T/inside'), join(tree.root, 'outside'));
    const repair: Repair = {
      kind: 'remove',
      path: join(tree.root, 'T/inside', basename(path)),
      within: join(tree.root, 'T'),
      bytes: 10,
      reason: '',
    };
    expect(await applyRepair(repair, { nowSeconds })).toMatchObject({ kind: 'skipped' });
    expect(existsSync(path)).toBe(true);
  });

  test('a copy with the wrong hash is refused and leaves the old file', async () => {
    const repair = await planCopy();
    if (repair.kind !== 'copy') throw new Error('no copy');
    const before = tree.names();
    await expect(applyRepair({ ...repair, sha256: blobName('x') }, { nowSeconds })).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
    });
    expect(tree.names()).toEqual(before);
    expect((await stat(repair.path)).size).toBe(1000);
  });

  test('a copy that there is no room for is refused before it begins', async () => {
    await tree.file(join(tree.project, 'models/tiny.pt'), 1000);
    const from = await tree.file(join(tree.root, 'huge'), 2 ** 43);
    const path = join(tree.project, 'models/tiny.pt');
    const repair: Repair = {
      kind: 'copy',
      from,
      path,
      within: join(tree.project, 'models'),
      bytes: 2 ** 43,
      reason: '',
    };
    const before = tree.names();
    await expect(applyRepair(repair, { nowSeconds })).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(tree.names()).toEqual(before);
  });

  test('a copy that is aborted leaves nothing', async () => {
    const repair = await planCopy();
    const before = tree.names();
    const abort = new AbortController();
    const applying = applyRepair(repair, { nowSeconds, signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(applying).rejects.toMatchObject({ code: 'ABORTED' });
    expect(tree.names()).toEqual(before);
  });
});

test('checking and planning, deep too, write nothing at all', async () => {
  await plantHalfCopy();
  await tree.repository(tree.hub, 'Systran/faster-whisper-tiny', { 'model.bin': 100 });
  await tree.file(join(tree.project, 'models/ggml-tiny.bin'), 'not a model');
  await tree.file(join(tree.project, 'models/tiny.pt'), 75_572_083);
  const before = tree.listing();
  planRepairs(await checkCaches(tree.context()), nowSeconds);
  const tools = ['FasterWhisper', 'WhisperCppCoreML', 'WhisperMPS'];
  planRepairs(await checkCaches(tree.context(), { deep: true, tools }), nowSeconds);
  expect(tree.listing()).toEqual(before);
});
