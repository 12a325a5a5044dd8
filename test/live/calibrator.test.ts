import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { usableCores } from '../../dist/capability/machine.js';
import { planFor } from '../../dist/capability/planner.js';
import { probeMachine } from '../../dist/capability/probe/probe-machine.js';
import { rememberedProbe } from '../../dist/capability/provider/remembered-probe.js';
import { systemClock } from '../../dist/clock.js';
import { calibratedPlan } from '../../dist/engine/calibrated-plan.js';
import { type CalibrationSlots, calibrate } from '../../dist/engine/calibrator.js';
import { createEngine } from '../../dist/index.js';
import { resolveModel } from '../../dist/model/resolve.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { bundled, jfkSays, spoken } from './clips.js';

const addon = loadAddon();
const machine = await probeMachine();
const tiny = await resolveModel('tiny.en');
const plan = planFor(machine, { model: 'tiny.en', language: 'en', encoderContext: 'sized', flashAttention: false }, [
  { ...tiny, languages: 'en' },
]);
const available = process.availableMemory();
const order = {
  plan,
  machine,
  usableCores: usableCores(machine),
  limits: [{ of: 'memory' as const, availableBytes: available, allowanceBytes: available }],
  models: [tiny],
  whisperVersion: addon.systemInformation().whisperVersion,
  clock: systemClock,
  nowSeconds: 1_800_000_000,
  // On a busy machine five would be too few to measure anything.
  budgetSeconds: 10,
};
const present = {
  variant: tiny.variant,
  slots: 1,
  threadsPerSlot: 1,
  encoderContext: 'sized' as const,
  flashAttention: false,
  gpu: false,
  memoryBytes: 1,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibrator-'));
  vi.stubEnv('WHISPERPOOL_CACHE', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
  expect(addon.contextStatistics().open).toBe(0);
});

test('a calibrated plan decodes right, the next process knows it, and it is measured again when that is asked for', async () => {
  const { plan: corrected, measurements, source } = await calibratedPlan(order);
  expect(source).toBe('measured');
  expect(measurements[0]?.kind).toBe('measured');
  expect(corrected.slots * corrected.threadsPerSlot).toBeLessThanOrEqual(order.usableCores);
  expect(corrected.expected.rtf).not.toBe(plan.expected.rtf);

  const { model, slots, threadsPerSlot, flashAttention, encoderContext } = corrected;
  await using engine = await createEngine({
    model,
    slots,
    threadsPerSlot,
    flashAttention,
    encoderContext,
    download: false,
  });
  const { text } = await engine.transcribe(bundled('jfk.wav'));
  expect(spoken(text)).toContain(jfkSays);

  // At its very first start an engine does not know yet that the file is the published one.
  const models = [{ ...tiny, checked: 'structure' as const }];
  const again = await calibratedPlan({ ...order, models, nowSeconds: order.nowSeconds + 60 });
  expect(again).toEqual({ plan: corrected, measurements, source: 'remembered' });

  // No time for anything: what is known is not given up for that.
  const asked = { ...order, again: true, budgetSeconds: 0.001 };
  expect(await calibratedPlan(asked)).toMatchObject({ plan, source: 'measured' });
  expect(await calibratedPlan(order)).toMatchObject({ plan: corrected, source: 'remembered' });
});

test('a budget that is gone before the model is loaded measures nothing, and nothing of that is remembered', async () => {
  const calibration = await calibratedPlan({ ...order, budgetSeconds: 0.001 });
  expect(calibration.plan).toEqual(plan);
  expect(calibration.measurements.every(({ kind }) => kind === 'unmeasured')).toBe(true);
  expect(await readdir(folder)).toEqual([]);
});

test('the signal stops decodes that are under way', async () => {
  const abort = new AbortController();
  const ends: Promise<unknown>[] = [];
  const openSlots = (slots: number): CalibrationSlots => {
    const pool = new SlotPool(slots);
    return {
      load: (use) => pool.load(use),
      close: () => pool.close(),
      decode: (use, chunk) => {
        const decode = pool.decode(use, chunk);
        ends.push(decode.outcome.catch((error: unknown) => error));
        queueMicrotask(() => abort.abort());
        return decode;
      },
    };
  };
  const calibrating = calibrate({ ...order, candidates: [present], openSlots, signal: abort.signal });
  await expect(calibrating).rejects.toMatchObject({ code: 'ABORTED' });
  expect(await Promise.all(ends)).toEqual([expect.objectContaining({ code: 'ABORTED' })]);
});

test('a file that is not the one that was checked is reported', async () => {
  const models = [{ ...tiny, fileKey: '1:2:3:4:5' }];
  const [measurement] = await calibrate({ ...order, models, candidates: [present] });
  expect(measurement).toMatchObject({ kind: 'invalid', reason: expect.stringContaining('changed') });
});

test('a provider that is available is probed once, one that is not is probed again', async () => {
  const probe = { model: tiny, clock: systemClock, machine, nowSeconds: order.nowSeconds };
  const broken = await rememberedProbe({ ...probe, binary: bundled('jfk.wav') });
  expect(broken.kind).toBe('unavailable');
  expect(await readdir(folder)).toEqual([]);

  const first = await rememberedProbe(probe);
  expect(first.kind).toBe('available');
  // A new probe would take other times.
  expect(await rememberedProbe(probe)).toEqual(first);
  expect((await rememberedProbe({ ...probe, model: { ...tiny, fileKey: '1:2:3:4:5' } })).kind).toBe('unavailable');
});
