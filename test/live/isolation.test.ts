import { afterEach, assert, beforeEach, describe, expect, test } from 'vitest';
import { canLookAtProcesses, childProcesses, openDescriptors } from '../../bench/processes.mjs';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import { createEngine, type EngineOptions, type LiveFormat, type TranscribeOptions } from '../../dist/index.js';
import { ProcessPool } from '../../dist/pool/process-pool.js';
import type { Chunk } from '../../dist/provider/recognition.js';
import { bundled, jfkSays, joined, pcm, samplesOf, silence, spoken } from './clips.js';
import { encoded, Told } from './live-source.js';

const leopard = await samplesOf(bundled('leopard_en.wav'));
const harvard = await samplesOf(bundled('harvard_8k.wav'));
const live: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const often = { interval: 5, timeout: 60_000 };
const common: EngineOptions = { model: 'tiny.en', slots: 2, threadsPerSlot: 1 };

let pool: ProcessPool;
let engine: Engine;

beforeEach(async () => {
  const parts = await prepareParts({ ...common, isolation: 'process' });
  assert(parts.pool instanceof ProcessPool);
  pool = parts.pool;
  engine = new Engine(parts);
  engine.model.load();
  await engine.model.ready();
});

afterEach(() => engine.close());

async function transcribed(path: string, options?: TranscribeOptions, by = engine) {
  const { segments, text } = await by.transcribe(path, options);
  return { segments, text };
}

test('an isolation that does not exist is refused', async () => {
  const made = createEngine({ ...common, isolation: 'container' as 'process' });
  await expect(made).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('isolation') });
});

describe.skipIf(!canLookAtProcesses)('an engine that decodes in a process of its own', () => {
  test('writes what one with threads writes', async () => {
    await using threads = await createEngine(common);
    const cases: readonly [file: string, options: TranscribeOptions][] = [
      ['jfk.wav', {}],
      ['jfk.mp3', { words: true, prompt: 'A speech by the president.' }],
      ['leopard_en.wav', { beamSize: 2 }],
    ];
    for (const [file, options] of cases) {
      const here = await transcribed(bundled(file), options, threads);
      expect(here.segments).not.toEqual([]);
      expect(await transcribed(bundled(file), options)).toEqual(here);
    }
  });

  test('serves live sources', async () => {
    const session = await engine.openSession();
    const told = new Told(session);
    const source = session.addSource('caller', { format: live });
    await source.write(encoded(joined(leopard, silence(1), leopard), live));
    await session.end();
    told.expectSound();
    expect(told.text().split('his gospel')).toHaveLength(3);
    expect(told.gaps).toEqual([]);
  });

  test('says the language that it has heard, after it was switched to another model', async () => {
    const before = childProcesses();
    const { text } = await engine.transcribe(bundled('jfk.wav'));
    expect(spoken(text)).toContain(jfkSays);
    await engine.switchModel('base');
    expect(engine.used).toMatchObject({ model: 'base' });
    expect(await engine.transcribe(bundled('leopard_de.wav'))).toMatchObject({ language: 'de' });
    expect(childProcesses().map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
  });

  test('stops what is not wanted any more, and goes on', async () => {
    const abort = new AbortController();
    const stopped = engine.transcribe(pcm(joined(harvard, harvard)), {
      signal: abort.signal,
      beamSize: 8,
      onSegment: () => abort.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    const late = engine.transcribe(pcm(harvard), { deadlineSeconds: 0.1, beamSize: 8 });
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(spoken((await engine.transcribe(bundled('jfk.wav'))).text)).toContain(jfkSays);
  });

  test.each<[who: string, signal: NodeJS.Signals]>([
    ['a terminal', 'SIGINT'],
    ['a service manager', 'SIGTERM'],
  ])('passes over what %s sends to all of a service', async (_who, signal) => {
    const pid = Number(pool.pid);
    const transcribing = engine.transcribe(bundled('jfk.wav'));
    process.kill(pid, signal);
    expect(spoken((await transcribing).text)).toContain(jfkSays);
    expect(pool.pid).toBe(pid);
  });

  test('has one process while it is open, and none afterwards', async () => {
    expect(childProcesses()).toMatchObject([{ pid: pool.pid }]);
    const transcribing = engine.transcribe(bundled('jfk.wav'));
    const closed = engine.close();
    expect(spoken((await transcribing).text)).toContain(jfkSays);
    await closed;
    expect(childProcesses()).toEqual([]);
  });
});

/** Strikes the process whenever some chunks have begun, but no chunk twice: who is struck twice is set aside. */
function strikeAgainAndAgain(
  signal: NodeJS.Signals,
  { every, most }: { readonly every: number; readonly most: number },
) {
  const decode = pool.decode.bind(pool);
  const running = new Set<Chunk>();
  const struck = new WeakSet<Chunk>();
  const pids = new Set<number>();
  let begun = 0;
  pool.decode = (use, chunk) => {
    const decoding = decode(use, chunk);
    running.add(chunk);
    begun += 1;
    // What was given to it after the signal, before its death was known, was struck as well.
    decoding.outcome.catch(() => struck.add(chunk)).finally(() => running.delete(chunk));
    const { pid } = pool;
    const isDue = begun % every === 0 && pid !== undefined && !pids.has(pid) && pids.size < most;
    if (isDue && ![...running].some((other) => struck.has(other))) {
      for (const other of running) struck.add(other);
      pids.add(pid);
      process.kill(pid, signal);
    }
    return decoding;
  };
  return pids;
}

describe.skipIf(!canLookAtProcesses)('a decoding process that', () => {
  test.each<[how: string, signal: NodeJS.Signals, strikes: { every: number; most: number; least: number }]>([
    ['is killed again and again', 'SIGKILL', { every: 1, most: 100, least: 3 }],
    ['crashes in native code', 'SIGSEGV', { every: 4, most: 1, least: 1 }],
    ['stands still', 'SIGSTOP', { every: 4, most: 1, least: 1 }],
  ])(
    '%s costs no word of a file and of four live sources, and no final is told twice',
    async (_how, signal, strikes) => {
      const file = pcm(joined(leopard, silence(1), harvard));
      const undisturbed = await engine.transcribe(file);
      const descriptors = openDescriptors();
      const struck = strikeAgainAndAgain(signal, strikes);
      const session = await engine.openSession({ partialEverySeconds: 2 });
      const told = new Told(session);
      const names = ['one', 'two', 'three', 'four'];
      const sources = names.map((name) => session.addSource(name, { format: live }));
      const transcribing = engine.transcribe(file);
      const bytes = encoded(joined(leopard, silence(1), leopard), live);
      await Promise.all(sources.map((source) => source.write(bytes)));
      await session.end();
      expect((await transcribing).text).toBe(undisturbed.text);
      told.expectSound();
      for (const name of names) expect(told.text(name).split('his gospel')).toHaveLength(3);
      expect(told.gaps).toEqual([]);
      expect(told.of('error')).toEqual([]);

      expect(struck.size).toBeGreaterThanOrEqual(strikes.least);
      expect(engine.snapshot().telemetry.restarts.slot).toBe(struck.size);
      await expect
        .poll(childProcesses, often)
        .toMatchObject([{ pid: pool.pid, state: expect.not.stringMatching('[ZTt]') }]);
      await expect.poll(openDescriptors, often).toBeLessThanOrEqual(descriptors);
    },
  );

  test('dies without work is replaced, and nobody notices', async () => {
    const pid = Number(pool.pid);
    process.kill(pid, 'SIGKILL');
    expect(spoken((await engine.transcribe(bundled('jfk.wav'))).text)).toContain(jfkSays);
    expect(pool.pid).not.toBe(pid);
  });
});
