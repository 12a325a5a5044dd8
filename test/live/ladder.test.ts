import { basename } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import type { LiveFormat, PlanChange, SourceOptions } from '../../dist/index.js';
import { bundled, joined, samplesOf, silence } from './clips.js';
import { encoded, Told } from './live-source.js';

const format: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const clip = encoded(joined(await samplesOf(bundled('leopard_en.wav')), silence(1)), format);
/** Three seconds. */
const beginning = 96_000;
const often = { interval: 5, timeout: 60_000 };

interface Asked {
  readonly model: string;
  readonly encoderContext: string;
  readonly beamSize: number;
}

let engine: Engine;
/** What slots were asked to do. */
let asked: Asked[] = [];
const steps: PlanChange[] = [];
let loads = 0;

/** On a rung, a session with these sources hears the same clip from each. */
async function hearOn(rung: number | string, priorities: readonly SourceOptions['priority'][] = ['normal']) {
  // Otherwise the session begins with a plan event, which nobody hears yet.
  engine.ladder.pin(0);
  const session = await engine.openSession({ beamSize: 2 });
  const told = new Told(session);
  engine.ladder.pin(rung);
  await expect.poll(() => engine.ladder.current.rung === engine.ladder.current.decided, often).toBe(true);
  asked = [];
  const sources = priorities.map((priority = 'normal') => session.addSource(priority, { format, priority }));
  await Promise.all(sources.map((source) => source.write(clip.subarray(0, beginning))));
  // Where there are partials, the first is there before anything is final.
  if (rung === 0) await expect.poll(() => told.of('partial').length, often).toBeGreaterThan(0);
  await Promise.all(sources.map((source) => source.write(clip.subarray(beginning))));
  return { session, told, sources };
}

beforeAll(async () => {
  const parts = await prepareParts({ model: 'base', language: 'en', slots: 2, threadsPerSlot: 1, degrade: 'standard' });
  const decode = parts.pool.decode.bind(parts.pool);
  parts.pool.decode = (use, chunk) => {
    asked.push({ model: basename(use.path), encoderContext: chunk.encoderContext, beamSize: chunk.beamSize });
    return decode(use, chunk);
  };
  const load = parts.pool.load.bind(parts.pool);
  parts.pool.load = (use, options) => {
    loads += 1;
    return load(use, options);
  };
  engine = new Engine(parts);
  engine.on('plan', (step) => steps.push(step));
  engine.model.load();
  await engine.model.ready();
});
afterAll(() => engine.close());
beforeEach(() => {
  steps.length = 0;
});

describe('a rung reaches the next chunk', () => {
  test.each<[rung: number, wanted: Asked]>([
    [0, { model: 'ggml-base-q8_0.bin', encoderContext: 'sized', beamSize: 2 }],
    [1, { model: 'ggml-base-q8_0.bin', encoderContext: 'sized', beamSize: 1 }],
    [2, { model: 'ggml-base-q8_0.bin', encoderContext: 'trimmed', beamSize: 1 }],
    [3, { model: 'ggml-tiny.en-q8_0.bin', encoderContext: 'trimmed', beamSize: 1 }],
  ])('%i: with its model, its encoder context and its partials, and the text is there', async (rung, wanted) => {
    const { session, told } = await hearOn(rung);
    await session.end();
    expect(told.text()).toContain('his gospel');
    expect(told.gaps).toEqual([]);
    expect(new Set(asked.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(wanted)]));
    if (rung === 0) expect(asked.length).toBeGreaterThan(told.finals().length);
    else expect(asked).toHaveLength(told.finals().length);
    expect(told.of('partial').length > 0).toBe(rung === 0);
    told.expectSound();
  });

  test('4: what is background is a gap, and what is normal is heard', async () => {
    const { session, told } = await hearOn('background dropped', ['normal', 'background']);
    await session.end();
    expect(told.text('normal')).toContain('his gospel');
    expect(told.finals('background')).toEqual([]);
    expect(told.gaps.length).toBeGreaterThan(0);
    expect(told.gaps.every(({ source, reason }) => source === 'background' && reason === 'shed')).toBe(true);
    told.expectSound();
  });

  test('5: what is normal goes to disk and comes late, what is critical does not', async () => {
    const { session, told } = await hearOn('only critical', ['normal', 'critical']);
    await expect.poll(() => told.text('critical'), often).toContain('his gospel');
    await expect.poll(() => told.text('normal'), often).toContain('his gospel');
    expect(told.finals('normal').every(({ isLate }) => isLate)).toBe(true);
    expect(told.finals('critical').some(({ isLate }) => isLate)).toBe(false);
    expect(engine.ladder.current).toMatchObject({ name: 'only critical' });
    await session.end();
    expect(told.gaps).toEqual([]);
    told.expectSound();
  });
});

test('while an English model serves, what it does not speak is decoded by the one that was asked for', async () => {
  const { session } = await hearOn(3);
  const path = bundled('leopard_de.wav');
  const { text } = await engine.transcribe(path, { language: 'de' });
  expect(text.toLowerCase()).toContain('portal');
  expect(new Set(asked.map(({ model }) => model))).toEqual(new Set(['ggml-tiny.en-q8_0.bin', 'ggml-base-q8_0.bin']));
  expect(engine.used.model).toBe('tiny.en');
  await session.end();
});

test('the way back to what was asked for loads nothing', async () => {
  const { session } = await hearOn(3);
  const before = loads;
  engine.ladder.pin(0);
  await expect.poll(() => engine.ladder.current.rung, often).toBe(0);
  expect([engine.used.model, loads]).toEqual(['base', before]);
  expect(engine.snapshot().ladder).toMatchObject({ rung: 0, name: 'requested', decided: 0, isPinned: true });
  await session.end();
});

test('rung 0 is the plan as requested, and the model', async () => {
  const { session } = await hearOn(3);
  expect(engine.used.model).toBe('tiny.en');
  expect(session.plan).not.toEqual(session.requestedPlan);
  engine.ladder.pin('requested');
  expect(session.plan).toEqual(session.requestedPlan);
  await expect.poll(() => engine.ladder.current.rung, often).toBe(0);
  expect(engine.used.model).toBe('base');
  expect(steps.at(-1)).toMatchObject({ from: 3, to: 0, reason: expect.stringContaining('pinned') });
  await session.end();
});

test('a rung that is released when nobody speaks any more is left', async () => {
  const { session } = await hearOn('smaller model');
  await session.end();
  engine.ladder.release();
  await expect.poll(() => engine.ladder.current.rung, often).toBe(0);
  expect(engine.used.model).toBe('base');
  expect(engine.ladder.explain()).toContain("Rung 0 'requested' by policy 'standard'");
});

test('a model that the service chooses while a lighter one serves is the one that it comes back to', async () => {
  const { session } = await hearOn('smaller model');
  await engine.switchModel('base');
  await expect.poll(() => engine.used.model, often).toBe('tiny.en');
  await session.end();
  engine.ladder.release();
  await expect.poll(() => engine.used.model, often).toBe('base');
});
