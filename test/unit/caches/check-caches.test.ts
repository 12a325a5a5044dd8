import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { worstState } from '../../../dist/model/caches/cache-report.js';
import { checkCaches } from '../../../dist/model/caches/check-caches.js';
import { Tree } from './tree.js';

let tree: Tree;
const files = { 'model.bin': 75_538_270, 'config.json': '{}', 'tokenizer.json': '{}', 'vocabulary.txt': 'a' };
const tiny = 'Systran/faster-whisper-tiny';

beforeEach(async () => {
  tree = await Tree.plant();
});
afterEach(() => tree.fell());

test.each([
  [[], 'missing'],
  [['missing', 'missing'], 'missing'],
  [['missing', 'complete'], 'complete'],
  [['complete', 'incomplete', 'missing'], 'incomplete'],
] as const)('the worst of %j is %s', (states, worst) => {
  expect(worstState(states)).toBe(worst);
});

test('asks all nine when none is named, and any of them in any case', async () => {
  await tree.repository(tree.hub, tiny, files);
  const all = await checkCaches(tree.context());
  expect(new Set(all.findings.map(({ tool }) => tool)).size).toBe(9);
  expect(all).toMatchObject({ state: 'complete', counts: { complete: 1, incomplete: 0 } });
  const some = await checkCaches(tree.context(), { tools: ['whisperkit', 'FASTERWHISPER'] });
  expect([...new Set(some.findings.map(({ tool }) => tool))]).toEqual(['WhisperKit', 'FasterWhisper']);
});

test('refuses a tool that nobody knows, with a suggestion', async () => {
  const checking = checkCaches(tree.context(), { tools: ['FasterWisper'] });
  await expect(checking).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  await expect(checking).rejects.toThrow("Did you mean 'FasterWhisper'?");
});

test.each([false, true])('can be aborted, deep or not (%s)', async (deep) => {
  await tree.repository(tree.hub, tiny, files);
  const checking = checkCaches(tree.context(), { deep, signal: AbortSignal.abort() });
  await expect(checking).rejects.toMatchObject({ code: 'ABORTED' });
});

test('a deep check can be aborted while it hashes', async () => {
  await tree.file(join(tree.project, 'models/large-v3.pt'), 3_087_371_615);
  const abort = new AbortController();
  const checking = checkCaches(tree.context(), { tools: ['WhisperMPS'], deep: true, signal: abort.signal });
  setImmediate(() => abort.abort());
  await expect(checking).rejects.toMatchObject({ code: 'ABORTED' });
});

test('waste that two tools see in one cache counts once', async () => {
  const folder = await tree.repository(tree.hub, 'mlx-community/whisper-tiny-mlx-q4', {
    'weights.npz': 5e7,
    'config.json': '{}',
  });
  await tree.file(join(folder, 'blobs', 'c'.repeat(64)), 1_000_000);
  const report = await checkCaches(tree.context());
  expect(report.counts.complete).toBe(2);
  expect(report.waste).toMatchObject([{ kind: 'unlinked-blob' }]);
  expect(report.wastedBytes).toBe(1_000_000);
});

describe('the same model in two places', () => {
  beforeEach(async () => {
    await tree.repository(tree.hub, tiny, files);
  });

  test('is waste, by name and size', async () => {
    await tree.repository(join(tree.project, 'models'), tiny, files);
    const { waste } = await checkCaches(tree.context(), { tools: ['FasterWhisper'] });
    expect(waste).toMatchObject([{ kind: 'duplicate', bytes: 75_538_275, byDesign: false }]);
    expect(waste[0]?.reason).toContain('the same names and sizes');
  });

  test('is waste three times over when it is there four times', async () => {
    const folders = ['a', 'b'].map((name) => join(tree.root, name));
    for (const hub of [join(tree.project, 'models'), ...folders]) await tree.repository(hub, tiny, files);
    const { wastedBytes } = await checkCaches(tree.context({ folders }), { tools: ['FasterWhisper'] });
    expect(wastedBytes).toBe(3 * 75_538_275);
  });

  test('is none when a deep check finds that the bytes differ', async () => {
    const twin = await tree.files(join(tree.project, 'models/faster-whisper-tiny'), files);
    await writeFile(join(twin, 'model.bin'), 'other', { flag: 'r+' });
    await writeFile(join(twin, 'vocabulary.txt'), 'b');
    const shallow = await checkCaches(tree.context(), { tools: ['FasterWhisper'] });
    expect(shallow.wastedBytes).toBe(75_538_275);
    // Names of the blobs in these trees are no hashes of their content, so that the deep check finds the one copy damaged.
    await tree.files(join(tree.root, 'given/faster-whisper-tiny'), files);
    const deep = await checkCaches(tree.context({ folders: [join(tree.root, 'given')] }), {
      tools: ['FasterWhisper'],
      deep: true,
    });
    expect(deep.waste.filter(({ kind }) => kind === 'duplicate')).toMatchObject([{ bytes: 4 }]);
  });
});

describe('a disk in disorder', () => {
  const models = () => join(tree.project, 'models');
  const hubRepository = () => join(tree.hub, 'models--Systran--faster-whisper-tiny');
  const isRoot = process.getuid?.() === 0;

  async function reasonsOf(tool: string, model: string): Promise<string> {
    const { findings } = await checkCaches(tree.context(), { tools: [tool] });
    const finding = findings.find((each) => each.model === model);
    expect(finding?.state).toBe('incomplete');
    return finding?.reasons.join(' ') ?? '';
  }

  test('a file that is a link to itself is a reason', async () => {
    await tree.link(join(models(), 'small.pt'), 'small.pt');
    expect(await reasonsOf('WhisperMPS', 'small')).toBe('small.pt is a link that leads back to itself.');
  });

  test('a ggml file that is a link to itself is a reason', async () => {
    await tree.link(join(models(), 'ggml-small.bin'), 'ggml-small.bin');
    expect(await reasonsOf('WhisperCppCoreML', 'small')).toContain('leads back to itself');
  });

  test('a broken link is a reason', async () => {
    await tree.link(join(models(), 'small.pt'), '../gone.pt');
    expect(await reasonsOf('WhisperMPS', 'small')).toBe('small.pt is a link to ../gone.pt, which is not there.');
  });

  test('a snapshot with folders that link to each other is walked once', async () => {
    const folder = await tree.repository(tree.hub, tiny, files);
    const snapshot = join(folder, 'snapshots', 'a'.repeat(40));
    await tree.link(join(snapshot, 'up'), '..');
    await tree.link(join(snapshot, 'again/self'), '.');
    const { findings } = await checkCaches(tree.context(), { tools: ['FasterWhisper'] });
    expect(findings.find(({ model }) => model === 'tiny')?.state).toBe('complete');
  });

  test('a part of a model that links to its own folder is walked once', async () => {
    const folder = join(tree.home, 'Library/Application Support/FluidAudio/Models/parakeet-tdt-0.6b-v3-coreml');
    await tree.file(join(folder, 'Encoder.mlmodelc/weights/weight.bin'), 300e6);
    await tree.link(join(folder, 'Encoder.mlmodelc/loop'), '.');
    await tree.link(join(folder, 'Encoder.mlmodelc/weights/up'), '../..');
    expect(await reasonsOf('FluidAudioCoreML', 'parakeet-tdt-0.6b-v3')).toContain(
      'Encoder.mlmodelc has 300.0 MB of about 425.0 MB.',
    );
  });

  test('a socket and a pipe are reasons, and nobody waits for them', async () => {
    await mkdir(models(), { recursive: true });
    const server = createServer().listen(join(models(), 'small.pt'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(models(), 'base.pt')]);
    await mkdir(join(hubRepository(), 'refs'), { recursive: true });
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(hubRepository(), 'refs/main')]);
    try {
      expect(await reasonsOf('WhisperMPS', 'small')).toBe('small.pt is neither a file nor a folder.');
      expect(await reasonsOf('WhisperMPS', 'base')).toBe('base.pt is neither a file nor a folder.');
      expect(await reasonsOf('FasterWhisper', 'tiny')).toContain('It holds no revision');
    } finally {
      server.close();
    }
  });

  test.skipIf(isRoot)('a folder that may not be read is a reason', async () => {
    await tree.repository(tree.hub, tiny, files);
    execFileSync('chmod', ['000', join(hubRepository(), 'snapshots')]);
    expect(await reasonsOf('FasterWhisper', 'tiny')).toContain('may not be read by this user');
    execFileSync('chmod', ['755', join(hubRepository(), 'snapshots')]);
  });

  test('a folder of very many files is looked at in part, and says so', async () => {
    const folder = await tree.repository(tree.hub, tiny, files);
    execFileSync('sh', ['-c', 'seq -f %.0f.x 2050 | xargs touch'], { cwd: join(folder, 'blobs') });
    const { findings } = await checkCaches(tree.context(), { tools: ['FasterWhisper'] });
    const reasons = ['blobs has more than 2000 entries; the others were not looked at.'];
    expect(findings.find(({ model }) => model === 'tiny')).toMatchObject({ state: 'complete', reasons });
  });

  test.each(['..', '../../../../etc', 'a/b', '', 'x'.repeat(2_000_000)])(
    'refs/main that says %.20s leads nowhere',
    async (main) => {
      const folder = await tree.repository(tree.hub, tiny, files);
      await tree.file(join(folder, 'refs/main'), main);
      const { findings } = await checkCaches(tree.context(), { tools: ['FasterWhisper'] });
      const finding = findings.find(({ model }) => model === 'tiny');
      expect(finding).toMatchObject({ revision: 'a'.repeat(40), reasons: [expect.stringContaining('no refs/main')] });
    },
  );

  test('a project and folders that do not exist are no model', async () => {
    const nowhere = join(tree.root, 'nowhere');
    const report = await checkCaches(tree.context({ projectFolder: nowhere, home: nowhere, folders: [nowhere, ''] }));
    expect(report.state).toBe('missing');
  });
});
