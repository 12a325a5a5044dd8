import { copyFile, mkdir, rm, truncate } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CacheContext, thisMachine } from '../../../dist/model/caches/cache-context.js';
import type { CacheReport, ModelFinding } from '../../../dist/model/caches/cache-report.js';
import { checkCaches } from '../../../dist/model/caches/check-caches.js';
import { checkpoints } from '../../../dist/model/caches/openai-checkpoints.js';
import { toolCaches } from '../../../dist/model/caches/tools.js';
import { resolveFile } from '../../../dist/model/resolve.js';
import { dimensionsOf, writeSparseModel } from '../sparse-model.js';
import { nowSeconds, Tree, without } from './tree.js';

let tree: Tree;

beforeEach(async () => {
  tree = await Tree.plant();
});
afterEach(() => tree.fell());

async function check(tool: string, changes: Partial<CacheContext> = {}, deep = false): Promise<CacheReport> {
  return checkCaches(tree.context(changes), { tools: [tool], deep });
}

/** What was found of a tool's models, by name. */
async function found(tool: string, changes: Partial<CacheContext> = {}): Promise<readonly ModelFinding[]> {
  return (await check(tool, changes)).findings.filter(({ state }) => state !== 'missing');
}

describe('every tool', () => {
  test('is one of the nine', () => {
    expect(toolCaches.map(({ tool }) => tool)).toEqual([
      'FasterWhisper',
      'MLXWhisper',
      'WhisperCppCoreML',
      'InsanelyFastWhisper',
      'LightningWhisperMLX',
      'ParakeetMLX',
      'FluidAudioCoreML',
      'WhisperKit',
      'WhisperMPS',
    ]);
  });

  test.each(toolCaches.map(({ tool }) => tool))('%s misses all of its models on an empty machine', async (tool) => {
    const report = await check(tool);
    expect(report).toMatchObject({
      state: 'missing',
      counts: { complete: 0, incomplete: 0 },
      waste: [],
      wastedBytes: 0,
    });
    expect(report.counts.missing).toBeGreaterThan(0);
    for (const finding of report.findings)
      expect(finding.reasons).toEqual([`${finding.source} is in none of its places.`]);
  });

  test.each(toolCaches)('$tool names its models once, and tries only those', ({ models, chains }) => {
    const names = models.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const model of Object.values(chains).flat()) expect(names).toContain(model);
  });
});

/** Trees of tools whose models lie in hub caches, with what each name then takes. */
const hubTools: readonly {
  readonly tool: string;
  readonly model: string;
  readonly source: string;
  readonly variant?: string;
  readonly files: Readonly<Record<string, number | string>>;
  readonly takenFor: string;
}[] = [
  {
    tool: 'FasterWhisper',
    model: 'large-v3-turbo',
    source: 'mobiuslabsgmbh/faster-whisper-large-v3-turbo',
    variant: 'float16',
    files: {
      'model.bin': 1_617_884_929,
      'config.json': '{}',
      'tokenizer.json': '{}',
      'vocabulary.json': '[]',
      'preprocessor_config.json': '{}',
    },
    takenFor: 'large',
  },
  {
    tool: 'FasterWhisper',
    model: 'large-v3',
    source: 'Systran/faster-whisper-large-v3',
    variant: 'float16',
    files: {
      'model.bin': 3_087_284_237,
      'config.json': '{}',
      'tokenizer.json': '{}',
      'vocabulary.json': '[]',
      'preprocessor_config.json': '{}',
    },
    takenFor: 'large',
  },
  {
    tool: 'MLXWhisper',
    model: 'tiny-q4',
    source: 'mlx-community/whisper-tiny-mlx-q4',
    variant: '4bit',
    files: { 'weights.npz': 50_000_000, 'config.json': '{}' },
    takenFor: 'tiny',
  },
  {
    tool: 'MLXWhisper',
    model: 'small-4bit',
    source: 'mlx-community/whisper-small-mlx-4bit',
    variant: '4bit',
    files: { 'weights.npz': 196_000_000, 'config.json': '{}' },
    takenFor: 'small',
  },
  {
    tool: 'MLXWhisper',
    model: 'large-v3-turbo',
    source: 'mlx-community/whisper-large-v3-turbo',
    variant: 'float16',
    files: { 'weights.safetensors': 1_614_000_000, 'config.json': '{}' },
    takenFor: 'large',
  },
  {
    tool: 'InsanelyFastWhisper',
    model: 'large-v3-turbo',
    source: 'openai/whisper-large-v3-turbo',
    files: {
      'model.safetensors': 1_617_824_864,
      'config.json': '{}',
      'preprocessor_config.json': '{}',
      'tokenizer.json': '{}',
    },
    takenFor: 'large',
  },
  {
    tool: 'LightningWhisperMLX',
    model: 'small-q4',
    source: 'mlx-community/whisper-small-mlx-q4',
    variant: '4bit',
    files: { 'weights.npz': 196_000_000, 'config.json': '{}' },
    takenFor: 'small',
  },
  {
    tool: 'LightningWhisperMLX',
    model: 'large-v3',
    source: 'mlx-community/whisper-large-v3-mlx',
    variant: 'float16',
    files: { 'weights.npz': 3_083_520_416, 'config.json': '{}' },
    takenFor: 'large',
  },
  {
    tool: 'ParakeetMLX',
    model: 'parakeet-tdt-0.6b-v2',
    source: 'mlx-community/parakeet-tdt-0.6b-v2',
    files: { 'model.safetensors': 2_471_559_904, 'config.json': '{}' },
    takenFor: 'medium',
  },
];

describe.each(hubTools)('$tool $model', ({ tool, model, source, variant, files, takenFor }) => {
  test('is complete with the published sizes, and is what its name takes', async () => {
    await tree.repository(tree.hub, source, files);
    const report = await check(tool);
    expect(report.findings.filter(({ state }) => state !== 'missing')).toMatchObject([
      { state: 'complete', model, source, ...(variant === undefined ? {} : { variant }), reasons: [] },
    ]);
    expect(report).toMatchObject({ state: 'complete', counts: { complete: 1, incomplete: 0 } });
    expect(report.names.find(({ name }) => name === takenFor)).toMatchObject({ takes: model });
  });

  test.each(Object.keys(files))('without %s is incomplete, and nothing takes it', async (name) => {
    await tree.repository(tree.hub, source, without(files, name));
    const report = await check(tool);
    expect(report).toMatchObject({ state: 'incomplete', counts: { complete: 0, incomplete: 1 } });
    const finding = report.findings.find(({ state }) => state === 'incomplete');
    expect(finding).toMatchObject({ model, reasons: [expect.stringMatching(/ is missing\.$/)] });
    expect(finding?.reasons[0]).toContain(name);
    expect(report.names.find((each) => each.name === takenFor)?.takes).toBeUndefined();
  });

  test('with half of its weights is incomplete', async () => {
    const [weights = '', bytes] = Object.entries(files)[0] ?? [];
    await tree.repository(tree.hub, source, { ...files, [weights]: Math.floor(Number(bytes) / 2) });
    expect(await found(tool)).toMatchObject([
      { state: 'incomplete', reasons: [expect.stringMatching(`^${weights} has .* of `)] },
    ]);
  });
});

describe('a chain', () => {
  const weights = { 'weights.npz': 74_418_182, 'config.json': '{}' };

  test('takes the next model when the first is broken', async () => {
    await tree.repository(tree.hub, 'mlx-community/whisper-tiny-mlx-q4', {
      'weights.npz': 1_000_000,
      'config.json': '{}',
    });
    await tree.repository(tree.hub, 'mlx-community/whisper-tiny-mlx', weights);
    const report = await check('MLXWhisper');
    expect(report.state).toBe('incomplete');
    expect(report.names.find(({ name }) => name === 'tiny')).toMatchObject({
      chain: ['tiny-q4', 'tiny'],
      takes: 'tiny',
    });
  });
});

describe('LightningWhisperMLX in its own folder', () => {
  test.each([
    [74_418_182, 'complete', 'float16'],
    [58_000_000, 'complete', '8bit'],
    [49_600_000, 'complete', '4bit'],
    [20_000_000, 'incomplete', 'float16'],
  ])('with %d bytes is %s as %s', async (bytes, state, variant) => {
    await tree.files(join(tree.project, 'mlx_models/tiny'), { 'weights.npz': bytes, 'config.json': '{}' });
    expect(await found('LightningWhisperMLX')).toMatchObject([{ model: 'tiny', state, variant }]);
    expect(await found('MLXWhisper')).toEqual([]);
  });
});

describe('WhisperCppCoreML', () => {
  const embedded = resolve(import.meta.dirname, '../../../models');
  const encoder = { 'model.mil': 10_000, 'weights/weight.bin': 41_000_000 };

  async function place(fileName: string, from = fileName, folder = join(tree.project, 'models')): Promise<string> {
    const path = join(folder, fileName);
    await tree.link(path, join(embedded, from));
    return path;
  }

  test('is complete on macOS with its encoder, and names the file that our engine loads', async () => {
    const path = await place('ggml-base-q8_0.bin');
    const models = join(tree.project, 'models');
    await tree.files(join(models, 'ggml-base-encoder.mlmodelc'), encoder);
    const [finding] = await found('WhisperCppCoreML');
    expect(finding).toMatchObject({ state: 'complete', model: 'base-q8_0', variant: 'q8_0', reasons: [] });
    expect(finding).toMatchObject({ paths: [path, join(models, 'ggml-base-encoder.mlmodelc')] });
    expect((await resolveFile(path)).path).toBe(join(embedded, 'ggml-base-q8_0.bin'));
  });

  test.each([
    ['darwin', 'incomplete', 'ggml-base-encoder.mlmodelc is missing.'],
    ['linux', 'complete', 'ggml-base-encoder.mlmodelc is missing. Only macOS uses it.'],
  ] as const)('without its encoder on %s is %s, with a reason', async (platform, state, reason) => {
    await place('ggml-base-q8_0.bin');
    expect(await found('WhisperCppCoreML', { platform })).toMatchObject([{ state, reasons: [reason] }]);
  });

  test('with an encoder that is far too small is incomplete on macOS', async () => {
    await place('ggml-base-q8_0.bin');
    await tree.files(join(tree.project, 'models/ggml-base-encoder.mlmodelc'), { 'model.mil': 4096 });
    const reasons = ['ggml-base-encoder.mlmodelc has 4.1 KB of about 41.0 MB.'];
    expect(await found('WhisperCppCoreML')).toMatchObject([{ state: 'incomplete', reasons }]);
  });

  test('with an encoder alone is incomplete', async () => {
    await tree.files(join(tree.project, 'models/ggml-base-encoder.mlmodelc'), encoder);
    const reasons = [expect.stringContaining('ggml-base.bin does not exist')];
    expect(await found('WhisperCppCoreML')).toMatchObject([{ model: 'base', state: 'incomplete', reasons }]);
  });

  test('is what its name says, or refused in the words of the loader', async () => {
    const path = await place('ggml-small-q8_0.bin', 'ggml-base-q8_0.bin');
    const [finding] = await found('WhisperCppCoreML', { platform: 'linux' });
    expect(finding).toMatchObject({ model: 'small-q8_0', state: 'incomplete' });
    expect(finding?.reasons[0]).toContain(
      `${path} is corrupt: it is named like 'small' in q8_0 but holds 'base' in q8_0`,
    );
  });

  test('truncated is incomplete though only a byte is gone', async () => {
    const path = join(tree.project, 'models/ggml-tiny.en-q8_0.bin');
    await mkdir(join(tree.project, 'models'));
    await copyFile(join(embedded, 'ggml-tiny.en-q8_0.bin'), path);
    await truncate(path, 43_550_794);
    const [finding] = await found('WhisperCppCoreML', { platform: 'linux' });
    expect(finding).toMatchObject({ model: 'tiny.en-q8_0', state: 'incomplete' });
    await expect(resolveFile(path)).rejects.toThrow(finding?.reasons[0]);
  });

  test('of the published size with other weights shows in a deep check, and that check leaves no trace', async () => {
    await writeSparseModel(
      await tree.file(join(tree.project, 'models/ggml-tiny-q5_1.bin'), ''),
      dimensionsOf(51_865, 384, [4, 4]),
      'q5_1',
    );
    const before = tree.listing();
    expect((await check('WhisperCppCoreML', { platform: 'linux' })).state).toBe('complete');
    const deep = await check('WhisperCppCoreML', { platform: 'linux' }, true);
    expect(deep.findings.find(({ model }) => model === 'tiny-q5_1')?.reasons[0]).toContain('its SHA-256 is');
    expect(tree.listing()).toEqual(before);
  });

  test('a variant that nobody publishes is found, and not missed', async () => {
    await writeSparseModel(
      await tree.file(join(tree.project, 'models/ggml-tiny-q4_0.bin'), ''),
      dimensionsOf(51_865, 384, [4, 4]),
      'q4_0',
    );
    const { findings } = await check('WhisperCppCoreML', { platform: 'linux' });
    expect(findings.filter(({ model }) => model.endsWith('q4_0'))).toMatchObject([
      { model: 'tiny-q4_0', state: 'complete' },
    ]);
  });

  test.each(['home/.cache/whisper', 'home/Library/Caches/whisper', 'xdg/whisper', 'given', 'project/models'])(
    'is looked for in %s',
    async (folder) => {
      await place('ggml-base-q8_0.bin', undefined, join(tree.root, folder));
      const changes = { env: { XDG_CACHE_HOME: join(tree.root, 'xdg') }, folders: [join(tree.root, 'given')] };
      expect(await found('WhisperCppCoreML', changes)).toHaveLength(1);
    },
  );
});

describe('FluidAudioCoreML', () => {
  const bundles = {
    'Encoder.mlmodelc/weights/weight.bin': 425e6,
    'Decoder.mlmodelc/weights/weight.bin': 23e6,
    'JointDecision.mlmodelc/weights/weight.bin': 12e6,
    'Preprocessor.mlmodelc/weights/weight.bin': 520e3,
  };
  const all = { ...bundles, 'parakeet_vocab.json': '{}', 'config.json': '{}' };
  const source = 'FluidInference/parakeet-tdt-0.6b-v3-coreml';
  const loaded = () => join(tree.home, 'Library/Application Support/FluidAudio/Models', basename(source));

  test('is complete with all six in Application Support; the download beside it is counted, and by design', async () => {
    await tree.files(loaded(), all);
    await tree.repository(tree.hub, source, all);
    const report = await check('FluidAudioCoreML');
    expect(report.findings.filter(({ state }) => state !== 'missing')).toMatchObject([
      {
        state: 'complete',
        model: 'parakeet-tdt-0.6b-v3',
        paths: [loaded()],
        reasons: [],
        spares: [{ state: 'complete' }],
      },
    ]);
    expect(report.waste).toMatchObject([{ kind: 'duplicate', bytes: 460_520_004, byDesign: true }]);
    expect(report.waste[0]?.reason).toContain('by design');
    expect(report.names.map(({ takes }) => takes)).toEqual(Array(5).fill('parakeet-tdt-0.6b-v3'));
  });

  test.each(Object.keys(all))('without %s is incomplete', async (name) => {
    await tree.files(loaded(), all);
    const part = name.split('/')[0] ?? '';
    await rm(join(loaded(), part), { recursive: true });
    const [finding] = await found('FluidAudioCoreML');
    expect(finding).toMatchObject({
      state: 'incomplete',
      reasons: [expect.stringMatching(`^${part}.* is missing\\.$`)],
    });
  });

  test('as it is left by a copy that ended half-way is incomplete while the download is complete', async () => {
    await tree.repository(tree.hub, source, all);
    await tree.files(loaded(), { 'Encoder.mlmodelc/metadata.json': 4096, 'Decoder.mlmodelc/weights/weight.bin': 23e6 });
    const [finding] = await found('FluidAudioCoreML');
    expect(finding).toMatchObject({ state: 'incomplete', paths: [loaded()], spares: [{ state: 'complete' }] });
    expect(finding?.reasons).toEqual([
      'Encoder.mlmodelc has 4.1 KB of about 425.0 MB.',
      'JointDecision.mlmodelc or JointDecisionv3.mlmodelc is missing.',
      'Preprocessor.mlmodelc is missing.',
      'parakeet_vocab.json is missing.',
      'config.json is missing.',
    ]);
  });

  test('counts what its download wastes', async () => {
    await tree.files(loaded(), all);
    const folder = await tree.repository(tree.hub, source, all);
    await tree.file(join(folder, 'blobs', 'c'.repeat(64)), 1e6);
    const { waste } = await check('FluidAudioCoreML');
    expect(waste.map(({ kind }) => kind)).toEqual(['unlinked-blob', 'duplicate']);
  });

  test('that was downloaded and never copied is incomplete', async () => {
    await tree.repository(tree.hub, source, all);
    const report = await check('FluidAudioCoreML');
    expect(report.state).toBe('incomplete');
    expect(report.names[0]?.takes).toBeUndefined();
    const [finding] = await found('FluidAudioCoreML');
    expect(finding?.reasons).toEqual([expect.stringContaining(`never copied to ${loaded()}`)]);
  });

  test('with a partial download in a part is incomplete', async () => {
    await tree.files(loaded(), { ...all, 'Encoder.mlmodelc/weights/weight.bin.partial': 100 });
    const reasons = ['Encoder.mlmodelc/weights/weight.bin.partial is a download that broke off.'];
    expect(await found('FluidAudioCoreML')).toMatchObject([{ state: 'incomplete', reasons }]);
  });

  test('of version 2 has other sizes', async () => {
    const folder = loaded().replace('v3', 'v2');
    await tree.files(folder, {
      ...all,
      'Decoder.mlmodelc/weights/weight.bin': 14e6,
      'Encoder.mlmodelc/weights/weight.bin': 433e6,
    });
    expect(await found('FluidAudioCoreML')).toMatchObject([{ model: 'parakeet-tdt-0.6b-v2', state: 'complete' }]);
  });
});

describe('WhisperKit', () => {
  const parts = ['AudioEncoder', 'TextDecoder', 'MelSpectrogram'];
  const main = () => join(tree.home, 'Documents/huggingface/models/argmaxinc/whisperkit-coreml');
  const macWhisper = () =>
    join(tree.home, 'Library/Application Support/MacWhisper/models/whisperkit/models/argmaxinc/whisperkit-coreml');

  async function plant(folder: string, megabytes: number): Promise<string> {
    const weights = { AudioEncoder: megabytes * 0.4e6, TextDecoder: megabytes * 0.6e6, MelSpectrogram: 373_000 };
    for (const [part, bytes] of Object.entries(weights)) {
      await tree.files(join(folder, `${part}.mlmodelc`), { 'weights/weight.bin': bytes, 'model.mil': 'x' });
    }
    return tree.files(folder, { 'config.json': '{}' });
  }

  test.each([
    ['tiny', 'openai_whisper-tiny', 76],
    ['small', 'openai_whisper-small', 467],
    ['large-v3', 'openai_whisper-large-v3', 1400],
    ['large-v3', 'openai_whisper-large-v3', 2900],
    ['distil-large-v3', 'distil-whisper_distil-large-v3', 229],
  ])('%s in %s with %d MB is complete, and with half of that not', async (model, folder, megabytes) => {
    const path = await plant(join(main(), folder), megabytes);
    expect(await found('WhisperKit')).toMatchObject([{ model, state: 'complete', paths: [path], reasons: [] }]);
    const floor = model === 'large-v3' ? 1400 : megabytes;
    await plant(join(main(), folder), floor / 2);
    expect(await found('WhisperKit')).toMatchObject([
      { state: 'incomplete', reasons: [expect.stringMatching(/^All files together have .* of about /)] },
    ]);
  });

  test.each(['home/Documents/huggingface', 'home/Library/Application Support/MacWhisper/models/whisperkit', 'given'])(
    'is looked for in %s',
    async (place) => {
      await plant(join(tree.root, place, 'models/argmaxinc/whisperkit-coreml/openai_whisper-tiny'), 76);
      expect(await found('WhisperKit', { folders: [join(tree.root, 'given')] })).toMatchObject([{ model: 'tiny' }]);
    },
  );

  test('in both places is there twice', async () => {
    await plant(join(main(), 'openai_whisper-tiny'), 76);
    await plant(join(macWhisper(), 'openai_whisper-tiny'), 76);
    const report = await check('WhisperKit');
    expect(report.counts.complete).toBe(2);
    expect(report.waste).toMatchObject([{ kind: 'duplicate', bytes: 76e6 + 373_000 + 3, byDesign: false }]);
  });

  test('with a download that got stuck is incomplete, and its leavings are orphans', async () => {
    const folder = await plant(join(main(), 'openai_whisper-large-v3'), 1400);
    for (const part of parts.slice(0, 2)) await rm(join(folder, `${part}.mlmodelc/weights`), { recursive: true });
    const temporary = join(tree.root, 'T');
    await tree.file(join(temporary, 'CFNetworkDownload_1iOtaj.tmp'), 611e6);
    await tree.file(join(temporary, 'CFNetworkDownload_vx8Yul.tmp'), 477e6);
    await tree.file(join(temporary, 'somebody-else.tmp'), 1e6);
    const partial = `.cache/huggingface/download/openai_whisper-large-v3/AudioEncoder.mlmodelc/weights/weight.bin.${'f'.repeat(64)}.incomplete`;
    await tree.file(join(main(), partial), 20e6);
    const report = await check('WhisperKit', { env: { TMPDIR: temporary } });
    const [finding] = report.findings.filter(({ state }) => state !== 'missing');
    expect(finding).toMatchObject({
      state: 'incomplete',
      reasons: [
        'AudioEncoder.mlmodelc/weights/weight.bin is missing, and so is its folder weights.',
        'TextDecoder.mlmodelc/weights/weight.bin is missing, and so is its folder weights.',
      ],
      missingFolders: parts.slice(0, 2).map((part) => join(folder, `${part}.mlmodelc/weights`)),
    });
    expect(report.waste.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['orphan', 20e6],
      ['orphan', 611e6],
      ['orphan', 477e6],
    ]);
  });

  test('whose weights are gone but for their folder needs no folder', async () => {
    const folder = await plant(join(main(), 'openai_whisper-tiny'), 76);
    await rm(join(folder, 'TextDecoder.mlmodelc/weights/weight.bin'));
    const reasons = ['TextDecoder.mlmodelc/weights/weight.bin is missing.'];
    expect(await found('WhisperKit')).toMatchObject([{ state: 'incomplete', reasons, missingFolders: [] }]);
  });

  test('does not call temporary files its own when it has no model', async () => {
    await tree.file(join(tree.root, 'T/CFNetworkDownload_1iOtaj.tmp'), 611e6);
    expect((await check('WhisperKit', { env: { TMPDIR: join(tree.root, 'T') } })).waste).toEqual([]);
  });

  test('counts what macOS compiled for it', async () => {
    await plant(join(main(), 'openai_whisper-tiny'), 76);
    const path = join(tree.home, 'Library/Caches/whisperkit-bridge/com.apple.e5rt.e5bundlecache');
    await tree.files(path, { '24A335/x/model.bundle': 52e6 });
    await tree.files(join(tree.home, 'Library/Caches/other/com.apple.e5rt.e5bundlecache'), { x: 9e6 });
    expect((await check('WhisperKit')).waste).toMatchObject([
      { kind: 'compiled-cache', paths: [path], bytes: 52e6, byDesign: true },
    ]);
  });
});

describe('WhisperMPS', () => {
  test('knows every hash of the published addresses', () => {
    expect(checkpoints).toHaveLength(12);
    for (const { sha256, sizeBytes } of checkpoints) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(sizeBytes).toBeGreaterThan(75e6);
    }
  });

  test.each(checkpoints)(
    '$name is complete with its exact size, and not with a byte less',
    async ({ name, sizeBytes }) => {
      const path = await tree.file(join(tree.project, 'models', `${name}.pt`), sizeBytes);
      expect(await found('WhisperMPS')).toMatchObject([{ model: name, state: 'complete', paths: [path], reasons: [] }]);
      await truncate(path, sizeBytes - 1);
      const reasons = [`${name}.pt has ${sizeBytes - 1} bytes, where ${sizeBytes} are expected.`];
      expect(await found('WhisperMPS')).toMatchObject([{ model: name, state: 'incomplete', reasons }]);
    },
  );

  test('in the project and in the cache takes its room twice', async () => {
    const places = ['project/models/small.pt', 'home/.cache/whisper/small.pt'].map((place) => join(tree.root, place));
    for (const place of places) await tree.file(place, 483_617_219);
    const report = await check('WhisperMPS');
    expect(report.counts.complete).toBe(2);
    expect(report.waste).toMatchObject([{ kind: 'duplicate', paths: places, bytes: 483_617_219, byDesign: false }]);
    expect(report.wastedBytes).toBe(483_617_219);
  });

  test('as one file under two names wastes nothing', async () => {
    const path = await tree.file(join(tree.project, 'models/small.pt'), 483_617_219);
    await tree.hardLink(join(tree.home, '.cache/whisper/small.pt'), path);
    expect((await check('WhisperMPS')).waste).toEqual([]);
  });

  test.each([
    ['large-v3.pt', 3_087_371_615, 'large-v3', 'complete', []],
    [
      'large.pt',
      3_087_371_615,
      'large-v3',
      'complete',
      ['It is named large.pt; whisper-mps itself saves it as large-v3.pt.'],
    ],
    [
      'large.pt',
      5_000_000,
      'large-v3',
      'incomplete',
      ['large.pt has 5000000 bytes, where 3087371615 are expected.', expect.any(String)],
    ],
  ])('looks for large as %s of %d bytes', async (fileName, bytes, model, state, reasons) => {
    await tree.file(join(tree.project, 'models', fileName), bytes);
    const report = await check('WhisperMPS');
    expect(report.findings.filter((finding) => finding.state !== 'missing')).toMatchObject([{ model, state, reasons }]);
    expect(report.names.find(({ name }) => name === 'large')?.takes).toBe(
      state === 'complete' ? 'large-v3' : undefined,
    );
  });

  test('does not take the first large of all for a broken large-v3', async () => {
    await tree.file(join(tree.project, 'models/large.pt'), 3_086_999_982);
    expect(await found('WhisperMPS')).toEqual([]);
  });

  test('is hashed only in a deep check', async () => {
    await tree.file(join(tree.project, 'models/tiny.pt'), 75_572_083);
    expect((await check('WhisperMPS')).state).toBe('complete');
    const deep = await check('WhisperMPS', {}, true);
    expect(deep.state).toBe('incomplete');
    expect(deep.findings.find(({ model }) => model === 'tiny')?.reasons[0]).toMatch(
      /^tiny\.pt is damaged: its SHA-256 is [0-9a-f]{64}, not 65147644a518/,
    );
  });
});

test('this machine is looked at with its own home, project and time', () => {
  const context = thisMachine(['x']);
  expect(context).toMatchObject({ projectFolder: process.cwd(), platform: process.platform, folders: ['x'] });
  expect(context.nowSeconds).toBeGreaterThan(nowSeconds - 1e8);
});
