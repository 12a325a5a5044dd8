import { afterEach, assert, beforeAll, describe, expect, test } from 'vitest';
import { canLookAtProcesses, childProcesses } from '../../bench/processes.mjs';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import {
  type Comparison,
  createEngine,
  type EngineOptions,
  type LiveFormat,
  type ProviderChange,
  whisperCpp,
} from '../../dist/index.js';
import { ProcessPool } from '../../dist/pool/process-pool.js';
import { bundled, jfkSays, joined, pcm, samplesOf, silence, spoken } from './clips.js';
import { FailingProvider } from './failing-provider.js';
import { encoded, Told } from './live-source.js';

const leopard = await samplesOf(bundled('leopard_en.wav'));
const harvard = await samplesOf(bundled('harvard_8k.wav'));
const jfk = bundled('jfk.wav');
const live: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const soon = { interval: 20, timeout: 20_000 };
const common: EngineOptions = { model: 'tiny.en', slots: 2, threadsPerSlot: 1 };
const names = ['one', 'two', 'three', 'four'];
const file = pcm(joined(leopard, silence(1), harvard, silence(1), leopard));

let undisturbed: string;
let engine: Engine | undefined;

beforeAll(async () => {
  await using plain = await createEngine(common);
  undisturbed = (await plain.transcribe(file)).text;
  expect(spoken(undisturbed).split('his gospel')).toHaveLength(3);
});

async function started(options: EngineOptions) {
  engine = await createEngine({ ...common, ...options });
  const changes: ProviderChange[] = [];
  engine.on('provider', (change) => changes.push(change));
  return { engine, changes };
}

function states(of: Engine): string {
  return of
    .snapshot()
    .providers.map(({ name, state }) => `${name} ${state}`)
    .join(', ');
}

afterEach(async () => {
  await engine?.close();
  engine = undefined;
  if (canLookAtProcesses) expect(childProcesses()).toEqual([]);
});

/** A file and four live sources, with the provider that serves failing in their midst, lose and double nothing. */
async function expectNothingLost(of: Engine, from: string, to: string): Promise<void> {
  const transcribing = of.transcribe(file);
  const session = await of.openSession({ partialEverySeconds: 2 });
  const told = new Told(session);
  const sources = names.map((name) => session.addSource(name, { format: live }));
  const bytes = encoded(joined(leopard, silence(1), leopard), live);
  await Promise.all(sources.map((source) => source.write(bytes)));
  await session.end();
  const { text, used } = await transcribing;
  expect(text).toBe(undisturbed);
  told.expectSound();
  for (const name of names) expect(told.text(name).split('his gospel')).toHaveLength(3);
  expect([told.gaps, told.of('error')]).toEqual([[], []]);
  const providers = told.finals().map(({ provider }) => provider);
  expect(new Set([from, ...providers])).toEqual(new Set([from, to]));
  expect(providers.at(-1)).toBe(to);
  expect(used).toMatchObject({ provider: to });
  expect([from, ...(used.earlierModels ?? []).map(({ provider }) => provider)]).toContain(from);
}

describe('failover', () => {
  test('a provider of a user’s own fails for good: its work goes on with the next, and comes back after a trial', async () => {
    const failing = new FailingProvider({ wellFor: 4 });
    const { engine, changes } = await started({ providers: [failing, 'whisper-cpp'] });
    await expectNothingLost(engine, 'failing', 'whisper-cpp');
    expect(changes).toEqual([
      { from: 'failing', to: 'whisper-cpp', reason: 'failing is out. It failed 5 times in a row.' },
    ]);
    expect(states(engine)).toBe('failing out, whisper-cpp serving');
    const asked = failing.begun;
    expect(await engine.transcribe(jfk)).toMatchObject({ used: { provider: 'whisper-cpp' } });
    expect(failing.begun).toBe(asked);

    failing.wellFor = Number.POSITIVE_INFINITY;
    await expect.poll(() => states(engine), soon).toBe('failing serving, whisper-cpp ready');
    expect(failing.begun - asked).toBe(3);
    expect(changes.at(-1)).toEqual({
      from: 'whisper-cpp',
      to: 'failing',
      reason: 'failing has decoded 3 synthetic jobs and serves again.',
    });
    const { text, used } = await engine.transcribe(jfk);
    expect(spoken(text)).toContain(jfkSays);
    expect(used).toMatchObject({ provider: 'failing', model: 'tiny.en' });
  });

  test.skipIf(!canLookAtProcesses)(
    'the engine’s own process dies whenever it decodes: a second one does its work',
    async () => {
      const other = whisperCpp({ name: 'second', model: 'tiny.en' });
      const parts = await prepareParts({ ...common, isolation: 'process', providers: ['whisper-cpp', other] });
      const { pool } = parts;
      assert(pool instanceof ProcessPool);
      engine = new Engine(parts);
      await engine.model.ready();
      const decode = pool.decode.bind(pool);
      pool.decode = (use, chunk) => {
        const decoding = decode(use, chunk);
        const strike = () => pool.pid !== undefined && process.kill(pool.pid, 'SIGKILL');
        strike();
        // A process that was just being started again had no number yet.
        const again = setInterval(strike, 20);
        const end = () => clearInterval(again);
        decoding.outcome.then(end, end);
        return decoding;
      };
      await expectNothingLost(engine, 'whisper-cpp', 'second');
      const [own, second] = engine.snapshot().providers;
      assert(own && second);
      expect(own).toMatchObject({ name: 'whisper-cpp', decodes: 0 });
      expect(own.failures).toBeGreaterThan(0);
      expect(second).toMatchObject({ name: 'second', failures: 0 });
      expect(second.decodes).toBeGreaterThanOrEqual(4);
    },
  );

  test('a standby that cannot be opened is said in the log and the snapshot, and harms nobody', async () => {
    const lines: string[] = [];
    const write = (_: object, line: string) => void lines.push(line);
    const logger = { debug: write, info: write, warn: write, error: write };
    const missing = whisperCpp({ name: 'missing', model: '/nowhere/ggml-tiny.bin' });
    const { engine, changes } = await started({ providers: ['whisper-cpp', missing], logger });
    await expect.poll(() => states(engine), soon).toBe('whisper-cpp serving, missing out');
    const says = expect.stringMatching(/^missing could not be opened: .*\/nowhere\/ggml-tiny\.bin/);
    expect(engine.snapshot().providers[1]).toMatchObject({ decodes: 0, failures: 0, reason: says });
    expect(lines).toContainEqual(says);
    const { text, used } = await engine.transcribe(jfk);
    expect(spoken(text)).toContain(jfkSays);
    expect([used.provider, changes]).toEqual(['whisper-cpp', []]);
  });

  test('one that is to stay cold is opened by the first chunk that needs it', async () => {
    const failing = new FailingProvider();
    const { engine } = await started({ providers: [failing, 'whisper-cpp'], standby: 'cold' });
    expect(failing.openings).toBe(0);
    const session = await engine.openSession();
    const told = new Told(session);
    await session.addSource('one', { format: live }).write(encoded(leopard, live));
    await session.end();
    expect(told.text()).toContain('his gospel');
    expect(told.finals().map(({ provider }) => provider)).toContain('failing');
    expect(failing.openings).toBe(1);
  });

  test('who does not open in time costs a file its deadline, an aborted session nothing, and no end of the engine', async () => {
    const failing = new FailingProvider();
    failing.gate = new Promise(() => undefined);
    const { engine } = await started({ providers: [failing, 'whisper-cpp'] });
    const late = engine.transcribe(jfk, { deadlineSeconds: 0.2 });
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const session = await engine.openSession();
    const told = new Told(session);
    await session.addSource('one', { format: live }).write(encoded(leopard, live));
    await expect.poll(() => engine.snapshot().slots.busy, soon).toBeGreaterThan(0);
    await session.abort();
    told.expectSound();
    expect(engine.snapshot().slots.busy).toBe(0);
  });
});

describe('two providers', () => {
  test('a shadow says how its words differ, and its text counts nowhere', async () => {
    const shadow = { provider: whisperCpp({ model: 'base' }), share: 1 };
    const { engine } = await started({ shadow });
    const comparisons: Comparison[] = [];
    engine.on('comparison', (comparison) => comparisons.push(comparison));
    const { text, used } = await engine.transcribe(jfk);
    await expect.poll(() => comparisons, soon).toHaveLength(1);
    const [comparison] = comparisons;
    assert(comparison);
    expect(comparison).toMatchObject({ provider: 'separate-whisper-cpp', servingProvider: 'whisper-cpp' });
    expect(spoken(comparison.text)).toContain(jfkSays);
    expect([comparison.servingText, used.provider]).toEqual([text, 'whisper-cpp']);
    const isSame = spoken(comparison.text) === spoken(text);
    expect(comparison.wordDifference === 0).toBe(isSame);
    expect(comparison.wordDifference).toBeLessThan(0.5);
  });

  test('a race gives each text once, and stops whoever is slower', async () => {
    const failing = new FailingProvider();
    const { engine, changes } = await started({ providers: ['whisper-cpp', failing], race: true });
    await expectText(engine);
    await expect.poll(() => engine.snapshot().slots.busy, soon).toBe(0);
    const [own, other] = engine.snapshot().providers;
    assert(own && other);
    expect(failing.begun).toBeGreaterThan(0);
    expect(own.decodes + other.decodes).toBeGreaterThanOrEqual(failing.begun);
    expect([own.failures, other.failures, changes]).toEqual([0, 0, []]);
    expect(failing.stopped + other.decodes).toBeGreaterThanOrEqual(failing.begun);
  });

  test('a race goes on when one of the two fails for good', async () => {
    const failing = new FailingProvider({ wellFor: 1 });
    const { engine } = await started({ providers: ['whisper-cpp', failing], race: true });
    await expectText(engine);
    expect(failing.begun).toBeGreaterThan(1);
  });
});

async function expectText(of: Engine): Promise<void> {
  expect((await of.transcribe(file)).text).toBe(undisturbed);
}
