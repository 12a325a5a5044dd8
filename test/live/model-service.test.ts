import { copyFile, mkdtemp, readFile, rm, symlink, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEngine, type Engine, type EngineOptions, type LoadState } from '../../dist/index.js';
import { ModelStore } from '../../dist/model/store/store.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { HubServer } from '../fault/hub-server.js';
import { bundled, jfkSays, joined, pcm, samplesOf, silence, spoken } from './clips.js';

const addon = loadAddon();
const embedded = fileURLToPath(new URL('../../models/', import.meta.url));
const jfk = bundled('jfk.wav');
const jfkSamples = await samplesOf(jfk);
/** Four pieces of one sentence. */
const fourTimes = pcm(joined(...Array.from({ length: 4 }, () => joined(jfkSamples, silence(3)))));

let folder: string;
const engines: Engine[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-service-'));
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  await rm(folder, { recursive: true });
  vi.unstubAllEnvs();
  expect(addon.contextStatistics().open).toBe(0);
});

/** Old weights are given back when their last decode has ended, a moment after the new ones serve. */
const openContexts = () => addon.contextStatistics().open;

/** An engine that never asks the hub. */
async function start(options: EngineOptions = {}): Promise<Engine> {
  const quiet = { model: 'tiny.en', slots: 1, threadsPerSlot: 1, download: false, store: { folder } };
  const engine = await createEngine({ ...quiet, ...options });
  engines.push(engine);
  return engine;
}

/** A folder that holds only these of the embedded models. */
async function folderWith(...names: readonly string[]): Promise<string> {
  for (const name of names) await symlink(join(embedded, name), join(folder, name));
  return folder;
}

async function textOf(engine: Engine): Promise<string> {
  return spoken((await engine.transcribe(jfk)).text);
}

function becomes(engine: Engine, kind: LoadState['kind']): Promise<LoadState> {
  return new Promise((resolve) => {
    engine.model.on('state', (state) => {
      if (state.kind === kind) resolve(state);
    });
  });
}

describe('a load in the background', () => {
  const background = { loading: { background: true } } as const;

  test('gives an engine at once, which refuses work until it is ready', async () => {
    const engine = await start(background);
    expect(engine.model.state.kind).toBe('loading');
    await expect(engine.transcribe(jfk)).rejects.toMatchObject({ name: 'EngineError', code: 'MODEL_NOT_READY' });
    expect(() => engine.used).toThrow('not ready');
    expect(await engine.model.waitUntilReady()).toBe(true);
    expect(await textOf(engine)).toContain(jfkSays);
  });

  test('lets work wait when that is asked for', async () => {
    const engine = await start({ ...background, whileLoading: 'wait' });
    expect(await textOf(engine)).toContain(jfkSays);
  });

  test('lets work that waits be aborted, and goes on', async () => {
    const engine = await start({ ...background, whileLoading: 'wait' });
    const abort = new AbortController();
    const waiting = engine.transcribe(jfk, { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await engine.model.waitUntilReady()).toBe(true);
  });

  test('passes through its steps in order', async () => {
    const engine = await start({ ...background, slots: 2 });
    const states: LoadState[] = [engine.model.state];
    engine.model.on('state', (state) => states.push(state));
    await becomes(engine, 'ready');
    const steps = states.map((state) => (state.kind === 'loading' ? state.progress.step : state.kind));
    expect(steps.filter((step, index) => step !== steps[index - 1])).toEqual(['find', 'read', 'warm', 'ready']);
    expect(states.at(-2)).toEqual({ kind: 'loading', progress: { step: 'warm', slotsWarm: 2, slots: 2 } });
  });

  test('that fails reaches all who wait; after the repair it can be tried again', async () => {
    const path = join(folder, 'ggml-tiny.en-q8_0.bin');
    await copyFile(join(embedded, 'ggml-tiny.en-q8_0.bin'), path);
    await truncate(path, 1_000_000);
    const engine = await start({ ...background, whileLoading: 'wait', model: path });
    const unknown = expect(engine.switchModel('no such model')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    const waiting = Promise.allSettled([engine.transcribe(jfk), engine.transcribe(jfk)]);
    expect(await engine.model.waitUntilReady()).toBe(false);
    await unknown;
    for (const outcome of await waiting) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'MODEL_TRUNCATED' } });
    }
    await expect(engine.transcribe(jfk)).rejects.toMatchObject({ code: 'MODEL_TRUNCATED' });
    expect(await engine.health()).toMatchObject({ status: 'failed', level: 0 });

    await rm(path);
    await copyFile(join(embedded, 'ggml-tiny.en-q8_0.bin'), path);
    engine.model.load();
    expect(await textOf(engine)).toContain(jfkSays);
  });

  test('that is cancelled frees what it had loaded, and can be begun again', async () => {
    const engine = await start(background);
    await engine.model.cancel();
    expect(engine.model.state).toEqual({ kind: 'idle' });
    expect(addon.contextStatistics().open).toBe(0);
    engine.model.load();
    expect(await engine.model.waitUntilReady()).toBe(true);
  });

  test('ends with its engine', async () => {
    const engine = await start({ ...background, whileLoading: 'wait', model: 'base' });
    const waiting = engine.transcribe(jfk).catch((error: unknown) => error);
    await engine.close({ force: true });
    expect(await waiting).toMatchObject({ code: 'ENGINE_CLOSED' });
    expect(addon.contextStatistics().open).toBe(0);
  });
});

describe('what was asked for', () => {
  test('and had is said without a fallback', async () => {
    const engine = await start({ loading: { variant: 'int8' } });
    expect(engine.model.result).toMatchObject({
      requested: { model: 'tiny.en', variant: 'int8' },
      actual: { model: 'tiny.en', variant: 'q8_0', checked: 'sha256' },
      didFallback: false,
      source: expect.stringMatching(/^(folder|package)$/u),
    });
    expect(engine.model.result?.loadMs).toBeGreaterThan(0);
    expect(engine.model.result?.warmMs).toBeGreaterThan(0);
    expect(() => engine.model.requireRequested()).not.toThrow();
  });

  test.each([
    ['default', 'base', 'en', 'base', 'q8_0'],
    ['fastBlocking', 'tiny.en', 'en', 'tiny.en', 'q8_0'],
    ['auto', 'medium', 'de', 'base', 'q8_0'],
    ['auto', 'base.en', 'en', 'base', 'q8_0'],
  ] as const)(
    'with the preset %s as %s for %s, and not had, becomes %s as %s, and is said aloud',
    async (loading, model, language, actual, variant) => {
      const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
      const engine = await start({ loading, model, language });
      const { result } = engine.model;
      expect(result).toMatchObject({ actual: { model: actual, variant }, didFallback: true });
      expect(result?.requested.model).toBe(model);
      expect(result?.fallbackReason).toContain(`Instead of '${model}'`);
      expect(await warned).toMatchObject({ code: 'MODEL_FELL_BACK', message: result?.fallbackReason });
      expect(() => engine.model.requireRequested()).toThrow(expect.objectContaining({ code: 'MODEL_FELL_BACK' }));
      expect(engine.used.model).toBe(actual);
    },
  );

  test('strictly, and not had, is an error', async () => {
    await expect(start({ loading: 'strict', model: 'base' })).rejects.toMatchObject({ code: 'MODEL_VARIANT_MISSING' });
  });

  test('and damaged gives way to what is whole', async () => {
    await folderWith('ggml-tiny.en-q8_0.bin');
    const path = join(folder, 'ggml-base-q8_0.bin');
    await copyFile(join(embedded, 'ggml-base-q8_0.bin'), path);
    await truncate(path, 80_000_000);
    const engine = await start({ model: 'base', language: 'en', modelFolders: [folder] });
    expect(engine.model.result).toMatchObject({ actual: { model: 'tiny.en' }, didFallback: true });
    expect(engine.model.result?.fallbackReason).toContain('truncated');
  });

  test('by path is never replaced', async () => {
    await expect(start({ model: join(folder, 'nothing.bin') })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  test('in a language that no model here speaks is an error', async () => {
    const modelFolders = [await folderWith('ggml-tiny.en-q8_0.bin')];
    await expect(start({ model: 'small', language: 'de', modelFolders })).rejects.toMatchObject({
      name: 'EngineError',
    });
    await expect(start({ model: 'tiny.en', language: 'de' })).rejects.toMatchObject({ code: 'LANGUAGE_UNSUPPORTED' });
  });

  test.each([
    ['WHISPER_MODEL_SIZE', 'tiny.en'],
    ['WHISPERPOOL_MODEL', 'tiny.en'],
  ])('by %s is taken when the caller names no model', async (variable, model) => {
    vi.stubEnv(variable, model);
    const engine = await start({ model: undefined });
    expect(engine.used.model).toBe(model);
  });

  test('is the same text whether slots load one by one or together', async () => {
    const together = await start({ slots: 2 });
    const inTurn = await start({ slots: 2, loading: { serial: true } });
    expect((await inTurn.transcribe(jfk)).text).toBe((await together.transcribe(jfk)).text);
  });
});

describe('a model that is not here', () => {
  let hub: HubServer;
  beforeEach(async () => {
    hub = await HubServer.start(await readFile(join(embedded, 'ggml-tiny.en-q8_0.bin')));
  });
  afterEach(() => hub.stop());
  const elsewhere = () => ({
    modelFolders: [join(folder, 'empty')],
    download: true,
    store: { folder, hub: hub.address, attempts: 1 },
  });

  test('is fetched, with its progress told, and kept for the next engine', async () => {
    const states: LoadState[] = [];
    const engine = await start({ ...elsewhere(), loading: { background: true } });
    engine.model.on('state', (state) => states.push(state));
    expect(await engine.model.ready()).toMatchObject({ source: 'download', didFallback: false });
    const told = states.flatMap((state) =>
      state.kind === 'loading' && state.progress.step === 'download' ? [state.progress] : [],
    );
    expect(told.at(-1)).toEqual({ step: 'download', doneBytes: 43_550_795, totalBytes: 43_550_795 });
    expect(await textOf(engine)).toContain(jfkSays);
    expect((await start(elsewhere())).model.result?.source).toBe('cache');
    expect(hub.asked).toHaveLength(1);
  });

  test('and cannot be fetched is the error of the hub, or another model where there is one', async () => {
    const refusing = () => hub.will((_hub, _request, response) => void response.writeHead(404).end());
    refusing();
    await expect(start(elsewhere())).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    await symlink(join(embedded, 'ggml-base-q8_0.bin'), join(folder, 'ggml-base-q8_0.bin'));
    refusing();
    const engine = await start({ ...elsewhere(), model: 'small', language: 'en' });
    expect(engine.model.result).toMatchObject({ actual: { model: 'base' }, didFallback: true });
    expect(engine.model.result?.fallbackReason).toContain('404');
  });

  test('is not asked for where that is forbidden', async () => {
    await expect(start({ ...elsewhere(), download: false })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(hub.asked).toEqual([]);
  });

  test('and wanted by a hundred at once is fetched once and read once', async () => {
    const store = new ModelStore(elsewhere().store);
    const pool = new SlotPool(2);
    const { weightsRead } = addon.contextStatistics();
    const ensureAndLoad = async () => {
      const { path, fileKey, alignment } = await store.ensure('tiny.en', { searchFolders: [] });
      return pool.load({ path, fileKey, alignment, flashAttention: false, gpu: false, threads: 1 });
    };
    await Promise.all(Array.from({ length: 100 }, ensureAndLoad));
    expect(hub.asked).toHaveLength(1);
    expect(addon.contextStatistics()).toEqual({ weightsRead: weightsRead + 1, open: 1 });
    await pool.close();
  });
});

describe('switching', () => {
  test('to another model and back drops nothing, tells what decoded, and frees the weights that no longer serve', async () => {
    const engine = await start({ model: 'base', language: 'en', slots: 2 });
    const stream = [engine.transcribe(fourTimes), engine.transcribe(fourTimes)];
    expect(await engine.switchModel('tiny.en')).toMatchObject({ actual: { model: 'tiny.en' }, didFallback: false });
    expect(engine.used.model).toBe('tiny.en');
    // Going back takes no time, as the first two still hold that model.
    await new Promise((onSegment) => stream.push(engine.transcribe(fourTimes, { onSegment })));
    expect(await engine.switchModel('base')).toMatchObject({ actual: { model: 'base' } });
    const transcripts = await Promise.all(stream);
    for (const { text } of transcripts) expect(spoken(text).split(jfkSays)).toHaveLength(5);
    const models = transcripts.map(({ used }) => [...(used.earlierModels ?? []).map(({ model }) => model), used.model]);
    expect(models.flat()).toContain('tiny.en');
    expect((await engine.transcribe(jfk)).used).toMatchObject({ model: 'base' });
    await expect.poll(openContexts).toBe(1);
  });

  test('keeps the old model for work in a language that the new one does not speak', async () => {
    const engine = await start({ model: 'base', slots: 1 });
    const german = engine.transcribe(bundled('leopard_de.wav'), { language: 'de' });
    await engine.switchModel('tiny.en');
    const english = await engine.transcribe(jfk, { language: 'en' });
    expect(english.used.model).toBe('tiny.en');
    const { text, used, language } = await german;
    expect([language, used.model]).toEqual(['de', 'base']);
    expect(spoken(text)).toContain('der raum wurde');
    expect((await engine.transcribe(jfk)).used.model).toBe('tiny.en');
    await expect.poll(openContexts).toBe(1);
    await expect(engine.transcribe(jfk, { language: 'de' })).rejects.toMatchObject({ code: 'LANGUAGE_UNSUPPORTED' });
  });

  test('that fails or is aborted leaves the old model in service', async () => {
    const engine = await start();
    await expect(engine.switchModel(join(folder, 'no.bin'))).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    await expect(engine.switchModel('bse')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    const abort = new AbortController();
    const switched = engine.switchModel('base', { signal: abort.signal });
    abort.abort();
    await expect(switched).rejects.toMatchObject({ code: 'ABORTED' });
    expect(engine.model.state.kind).toBe('ready');
    expect((await engine.transcribe(jfk)).used.model).toBe('tiny.en');
  });

  test('several times at once takes turns, and the last one serves', async () => {
    const engine = await start({ language: 'en' });
    const results = await Promise.all(['base', 'tiny.en', 'base'].map((model) => engine.switchModel(model)));
    expect(results.map(({ actual }) => actual.model)).toEqual(['base', 'tiny.en', 'base']);
    expect((await engine.transcribe(jfk)).used.model).toBe('base');
    await expect.poll(openContexts).toBe(1);
  });

  test('back to a model that stays resident reads nothing', async () => {
    const engine = await start({ language: 'en', residentModels: 2 });
    await engine.switchModel('base');
    const { weightsRead } = addon.contextStatistics();
    await engine.switchModel('tiny.en');
    await engine.switchModel('base');
    expect(addon.contextStatistics()).toEqual({ weightsRead, open: 2 });
  });

  test('instead of a load that has failed or is under way simply replaces it', async () => {
    const engine = await start({ loading: { background: true }, model: 'base' });
    await engine.switchModel('tiny.en');
    expect((await engine.transcribe(jfk)).used.model).toBe('tiny.en');
  });
});

describe('memory', () => {
  test('is taken only when work comes, where the engine is lazy', async () => {
    const engine = await start({ start: 'lazy' });
    expect(engine.model.state).toEqual({ kind: 'idle' });
    expect(addon.contextStatistics().open).toBe(0);
    const texts = await Promise.all([textOf(engine), textOf(engine)]);
    for (const text of texts) expect(text).toContain(jfkSays);
    expect(engine.model.state.kind).toBe('ready');
  });

  test('is given back when no work came for a while, and taken again by the next', async () => {
    const engine = await start({ idleUnloadSeconds: 0.01 });
    if (engine.model.state.kind !== 'idle') await becomes(engine, 'idle');
    const idleAgain = becomes(engine, 'ready').then(() => becomes(engine, 'idle'));
    expect(await textOf(engine)).toContain(jfkSays);
    await idleAgain;
    expect(await textOf(engine)).toContain(jfkSays);
  });

  test('that is not there for a model is an error with the numbers, or a smaller model', async () => {
    vi.spyOn(process, 'availableMemory').mockReturnValue(150 * 2 ** 20);
    await expect(start({ model: 'base', loading: { fallback: false } })).rejects.toMatchObject({
      code: 'PLAN_IMPOSSIBLE',
      message: expect.stringMatching(/needs about \d+ MiB with 1 slots, where 90 MiB may be used/u),
    });
    vi.restoreAllMocks();
  });
});

describe('health', () => {
  test('tells starting from ready, and with a real decode that ready is true', async () => {
    const engine = await start({ loading: { background: true } });
    expect(await engine.health({ deep: true })).toMatchObject({ status: 'starting', level: 0 });
    await engine.model.waitUntilReady();
    const health = await engine.health({ deep: true });
    expect(health).toMatchObject({ status: 'ready', level: 3, deep: { ok: true } });
    expect(health.deep?.ok === true && spoken(health.deep.text)).toContain('america');
    expect(await engine.health()).not.toHaveProperty('deep');
    await engine.close();
    expect(await engine.health({ deep: true })).toMatchObject({ status: 'closed', level: 0 });
  });

  test('says why a ready engine gives nothing', async () => {
    const engine = await start();
    const health = await engine.health({ deep: true, signal: AbortSignal.abort() });
    expect(health.deep).toMatchObject({ ok: false, code: 'ABORTED' });
  });
});
