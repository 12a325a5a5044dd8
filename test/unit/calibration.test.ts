import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { calibrationMemory } from '../../dist/capability/calibration/calibration-memory.js';
import { type CalibrationCandidate, calibrationCandidates } from '../../dist/capability/calibration/candidates.js';
import { correctPlan } from '../../dist/capability/calibration/correction.js';
import { line, type Measurement, rate } from '../../dist/capability/calibration/measurement.js';
import { binaryKey, fingerprint, machineKey } from '../../dist/capability/fingerprint.js';
import { known, type Machine, unknown } from '../../dist/capability/machine.js';
import type { Plan, PlanReason, PlanSettings } from '../../dist/capability/plan.js';
import { type CalibrationSlots, calibrate } from '../../dist/engine/calibrator.js';
import { EngineError } from '../../dist/errors.js';
import { catalog } from '../../dist/model/catalog.js';
import type { Variant } from '../../dist/model/variant.js';
import type { Chunk, ModelUse } from '../../dist/provider/recognition.js';
import { ManualClock } from '../manual-clock.js';
import { recognitionOf } from './scripted-slots.js';

const settings: PlanSettings = {
  provider: 'whisper-cpp',
  model: 'base',
  variant: 'q8_0',
  slots: 2,
  threadsPerSlot: 1,
  chunkSeconds: 4,
  encoderContext: 'sized',
  flashAttention: false,
  gpu: false,
};

/** A plan of these settings, of which the user fixed some. */
function planOf(wanted: Partial<PlanSettings> = {}, fixed: readonly (keyof PlanSettings)[] = []): Plan {
  const chosen = { ...settings, ...wanted };
  const reasons = (Object.keys(chosen) as (keyof PlanSettings)[]).map(
    (setting): PlanReason => ({
      setting,
      value: chosen[setting],
      because: 'As the table says.',
      by: fixed.includes(setting) ? 'user' : 'rule',
    }),
  );
  return { ...chosen, expected: { rtf: 9, realTimeSources: 9, memoryBytes: 9 }, tier: 'a CPU', reasons };
}

const base = catalog.find(({ name }) => name === 'base');
if (!base) throw new Error('The catalog has no base.');
const files = (...variants: readonly Variant[]) =>
  base.files
    .filter(({ variant }) => variants.includes(variant))
    .map((file) => ({ ...file, dimensions: base.dimensions }));
const memory = (bytes: number) => [{ of: 'memory' as const, availableBytes: bytes, allowanceBytes: 0.6 * bytes }];
const gigabyte = 1e9;

/** `2x1 q8_0 sized flash` */
function called({ slots, threadsPerSlot, variant, encoderContext, flashAttention }: CalibrationCandidate): string {
  return `${slots}x${threadsPerSlot} ${variant} ${encoderContext}${flashAttention ? ' flash' : ''}`;
}

describe('what is worth measuring', () => {
  const q8 = ['q8_0'] as const;
  test.each<[string, Plan, number, readonly Variant[], number, readonly string[]]>([
    [
      'on two cores is both ways to share them, flash attention, and the full encoder context',
      planOf(),
      2,
      q8,
      16 * gigabyte,
      ['2x1 q8_0 sized', '1x2 q8_0 sized', '2x1 q8_0 sized flash', '2x1 q8_0 full'],
    ],
    [
      'on one core is not how to share it',
      planOf({ slots: 1 }),
      1,
      q8,
      16 * gigabyte,
      ['1x1 q8_0 sized', '1x1 q8_0 sized flash', '1x1 q8_0 full'],
    ],
    [
      'on many cores is one, two and four threads a slot, but nothing that leaves half of them idle',
      planOf({ slots: 8, threadsPerSlot: 8 }, ['flashAttention', 'encoderContext']),
      64,
      q8,
      64 * gigabyte,
      ['8x8 q8_0 sized', '16x4 q8_0 sized'],
    ],
    [
      'is another variant only when it is as accurate and here',
      planOf({}, ['slots', 'threadsPerSlot', 'flashAttention', 'encoderContext']),
      2,
      ['q8_0', 'f16', 'q4_0'],
      16 * gigabyte,
      ['2x1 q8_0 sized', '2x1 f16 sized'],
    ],
    [
      'leaves slots alone that the user has fixed, and gives them more threads',
      planOf({}, ['slots', 'flashAttention', 'encoderContext']),
      8,
      q8,
      16 * gigabyte,
      ['2x1 q8_0 sized', '2x2 q8_0 sized', '2x4 q8_0 sized'],
    ],
    [
      'leaves threads alone that the user has fixed',
      planOf({ threadsPerSlot: 3 }, ['threadsPerSlot', 'flashAttention', 'encoderContext']),
      9,
      q8,
      16 * gigabyte,
      ['2x3 q8_0 sized', '3x3 q8_0 sized'],
    ],
    [
      'is nothing but the plan when the user has fixed everything',
      planOf({}, ['slots', 'threadsPerSlot', 'variant', 'flashAttention', 'encoderContext']),
      8,
      ['q8_0', 'f16'],
      16 * gigabyte,
      ['2x1 q8_0 sized'],
    ],
    [
      'fits into memory together: flash attention needs weights of its own',
      planOf(),
      2,
      q8,
      0.9 * gigabyte,
      ['2x1 q8_0 sized', '1x2 q8_0 sized'],
    ],
    ['is the plan itself, whatever memory says', planOf(), 2, q8, 0.1 * gigabyte, ['2x1 q8_0 sized']],
    [
      'on a GPU is one slot or two',
      planOf({ gpu: true, flashAttention: true, slots: 2, threadsPerSlot: 4 }, ['encoderContext']),
      8,
      q8,
      16 * gigabyte,
      ['2x4 q8_0 sized flash', '2x1 q8_0 sized flash', '2x2 q8_0 sized flash', '2x4 q8_0 sized'],
    ],
    ['is nothing when the file of the plan is not there', planOf(), 2, ['f16'], gigabyte, []],
  ])('%s', (_what, plan, usableCores, variants, bytes, expected) => {
    const question = { usableCores, limits: memory(bytes), models: files(...variants) };
    expect(calibrationCandidates(plan, question).map(called)).toEqual(expected);
  });

  test('is nothing that outgrows memory when pieces are decoded again', () => {
    const limits = [{ of: 'memory' as const, availableBytes: 0.35 * gigabyte, allowanceBytes: 0.35 * gigabyte }];
    const plan = planOf({ slots: 1 }, ['threadsPerSlot', 'flashAttention', 'encoderContext']);
    const names = calibrationCandidates(plan, { usableCores: 2, limits, models: files('q8_0') }).map(called);
    expect(names).toEqual(['1x1 q8_0 sized']);
  });

  test('knows its memory', () => {
    const question = { usableCores: 2, limits: memory(gigabyte), models: files('q8_0') };
    const [two, one] = calibrationCandidates(planOf(), question);
    expect(one?.memoryBytes).toBeLessThan(two?.memoryBytes ?? 0);
  });
});

describe('the line through', () => {
  test.each<[string, readonly (readonly [number, number])[], number, number]>([
    [
      'two points goes through both',
      [
        [2.5, 0.6],
        [8, 1.15],
      ],
      0.35,
      0.1,
    ],
    [
      'points on a line is that line',
      [
        [1, 3],
        [2, 5],
        [3, 7],
      ],
      1,
      2,
    ],
    [
      'noisy points has the least squares',
      [
        [0, 0],
        [1, 2],
        [2, 1],
        [3, 3],
      ],
      0.3,
      0.8,
    ],
    [
      'points that fall is level',
      [
        [1, 2],
        [3, 1],
      ],
      1.5,
      0,
    ],
    ['one point is level', [[4, 0.7]], 0.7, 0],
  ])('%s', (_what, points, fixedSeconds, secondsPerSecond) => {
    const fitted = line(points);
    expect(fitted.fixedSeconds).toBeCloseTo(fixedSeconds);
    expect(fitted.secondsPerSecond).toBeCloseTo(secondsPerSecond);
  });
});

const present: CalibrationCandidate = {
  variant: 'q8_0',
  slots: 2,
  threadsPerSlot: 1,
  encoderContext: 'sized',
  flashAttention: false,
  gpu: false,
  memoryBytes: 100,
};
const oneSlot = { ...present, slots: 1, threadsPerSlot: 2, memoryBytes: 50 };
const flash = { ...present, flashAttention: true };
const full = { ...present, encoderContext: 'full' as const };

/** What a candidate took for 2.5 s and, warm, for 8 s. */
function measured(
  candidate: CalibrationCandidate,
  shortSeconds: readonly number[],
  longSeconds: readonly number[] = [],
): Measurement {
  const trial = (audioSeconds: number) => (wallSeconds: number) => ({ audioSeconds, wallSeconds, warmsUp: false });
  return { kind: 'measured', candidate, trials: [...shortSeconds.map(trial(2.5)), ...longSeconds.map(trial(8))] };
}

describe('a candidate', () => {
  test('is rated by its fastest trials of both lengths', () => {
    const [rating] = rate([measured(present, [0.8, 0.6, 0.7], [1.15, 1.3])], 4);
    expect(rating?.decodeTime.fixedSeconds).toBeCloseTo(0.35);
    expect(rating?.rtf).toBeCloseTo(0.75 / 4);
    expect(rating?.throughput).toBeCloseTo((2 * 4) / 0.75);
    expect(rating?.spread).toBeCloseTo(0.8 / 0.6 - 1);
    expect(rating?.noise).toBeCloseTo(0.7 / 0.6 - 1);
    expect(rating?.rounds).toBe(3);
  });

  test('is not charged for warming up', () => {
    const cold = { audioSeconds: 8, wallSeconds: 0.9, warmsUp: true };
    const { trials, ...rest } = measured(present, [0.6, 0.6], [1.15]) as Extract<Measurement, { kind: 'measured' }>;
    const [rating] = rate([{ ...rest, trials: [...trials, cold] }], 8);
    expect(rating?.rtf).toBeCloseTo(1.15 / 8);
  });

  test('that was only tried while it warmed up is rated by that', () => {
    const trials = [
      { audioSeconds: 2.5, wallSeconds: 0.6, warmsUp: false },
      { audioSeconds: 8, wallSeconds: 1.2, warmsUp: true },
    ];
    expect(rate([{ kind: 'measured', candidate: present, trials }], 8)[0]?.rtf).toBeCloseTo(1.2 / 8);
  });

  test('that was tried at one length has the slope of another', () => {
    const [, rating] = rate([measured(present, [0.6], [1.15]), measured(oneSlot, [0.3])], 8);
    expect(rating?.rtf).toBeCloseTo(1.15 / 2 / 8);
  });

  test('does not get cheaper below the shortest length', () => {
    const [rating] = rate([measured(present, [0.6, 0.6], [1.15])], 1);
    expect(rating?.rtf).toBeCloseTo(0.6);
  });

  test('that was tried at one length like all others is taken to double its time at the second', () => {
    const ratings = rate([measured(present, [0.6]), measured(oneSlot, [0.3])], 8);
    expect(ratings.map(({ rtf }) => 8 * rtf)).toEqual([expect.closeTo(1.2), expect.closeTo(0.6)]);
  });
});

/** Chosen settings in short. */
function choiceOf({ slots, threadsPerSlot, flashAttention, encoderContext }: Plan): string {
  return `${slots}x${threadsPerSlot} ${encoderContext}${flashAttention ? ' flash' : ''}`;
}

describe('the corrected plan', () => {
  const steady = (candidate: CalibrationCandidate, seconds: number) =>
    measured(candidate, [seconds, seconds, seconds], [2 * seconds, 2 * seconds]);
  const faster = 0.5;
  const stays = '2x1 sized';

  test.each<[string, readonly Measurement[], string]>([
    ['stays when another is 2 % better', [steady(present, 0.6), steady(oneSlot, 0.3 / 1.02)], stays],
    ['changes when another is 10 % better', [steady(present, 0.6), steady(oneSlot, 0.3 / 1.1)], '1x2 sized'],
    [
      'stays when another is better by less than trials vary',
      [measured(present, [0.6, 0.7, 0.72], [1.2, 1.2]), steady(oneSlot, 0.3 / 1.1)],
      stays,
    ],
    [
      'is not changed by an outlier of its own',
      [measured(present, [0.6, 0.6, 2.4], [1.2, 3, 1.2]), steady(oneSlot, 0.31)],
      stays,
    ],
    [
      'is not kept by an outlier of its own',
      [measured(present, [0.6, 0.6, 2.4], [1.2, 1.2]), steady(oneSlot, 0.25)],
      '1x2 sized',
    ],
    [
      'is not changed by an outlier of another',
      [steady(present, 0.6), measured(oneSlot, [0.31, 0.9, 0.31], [0.62, 0.62])],
      stays,
    ],
    [
      'is not kept by an outlier of the better',
      [steady(present, 0.6), measured(oneSlot, [0.25, 0.9, 0.25], [0.5, 0.5])],
      '1x2 sized',
    ],
    [
      'takes flash attention when it is worth the word times',
      [steady(present, 0.6), steady(flash, 0.6 / 1.15)],
      '2x1 sized flash',
    ],
    ['leaves flash attention that is hardly faster', [steady(present, 0.6), steady(flash, 0.6 / 1.08)], stays],
    ['takes the best of several', [steady(present, 0.6), steady(flash, 0.5), steady(oneSlot, 0.2)], '1x2 sized'],
    ['never takes the full encoder context', [steady(present, 0.6), steady(full, faster)], stays],
    ['does not believe one trial', [steady(present, 0.6), measured(oneSlot, [0.2], [0.4])], stays],
    [
      'leaves what cannot be used',
      [steady(present, 0.6), { kind: 'invalid', candidate: oneSlot, reason: 'It crashed.' }],
      stays,
    ],
    ['stays when it was not measured itself', [steady(oneSlot, 0.1)], stays],
    ['stays when nothing was measured', [{ kind: 'unmeasured', candidate: present }], stays],
    [
      'goes before more throughput when it keeps up with speech',
      [steady({ ...present, slots: 1 }, 1.5), steady({ ...present, slots: 4 }, 3)],
      '1x1 sized',
    ],
  ])('%s', (_what, measurements, expected) => {
    const [first] = measurements;
    const own = first?.candidate === oneSlot ? present : first?.candidate;
    expect(choiceOf(correctPlan(planOf({ slots: own?.slots ?? 2 }), measurements))).toBe(expected);
  });

  test('gives way to a choice that keeps up with speech, even with less throughput', () => {
    const slow = { ...present, slots: 4 };
    const swift = { ...present, slots: 1, threadsPerSlot: 4 };
    const plan = correctPlan(planOf({ slots: 4 }), [steady(slow, 3), steady(swift, 1)]);
    expect(choiceOf(plan)).toBe('1x4 sized');
  });

  test('expects what was measured', () => {
    const { expected } = correctPlan(planOf(), [steady(present, 0.6), steady(oneSlot, 0.25)]);
    expect(expected.rtf).toBeCloseTo((0.25 * (1 + 1.5 / 5.5)) / 4);
    expect(expected.realTimeSources).toBe(Math.floor(0.8 / expected.rtf));
    expect(expected.memoryBytes).toBe(50);
  });

  test('says what was measured of the settings that were tried, and leaves the other reasons', () => {
    const plan = correctPlan(planOf({}, ['variant']), [steady(present, 0.6), steady(oneSlot, 0.25), steady(full, 2)]);
    const reasonFor = (setting: keyof PlanSettings) => plan.reasons.find((reason) => reason.setting === setting);
    expect(reasonFor('slots')).toEqual({
      setting: 'slots',
      value: 1,
      because: 'Measured: with 1 slot of 2 threads it decodes 13 s of audio a second, with 2 slots of 1 thread 10 s.',
      by: 'measured',
    });
    expect(reasonFor('threadsPerSlot')).toMatchObject({ value: 2, by: 'measured' });
    expect(reasonFor('encoderContext')?.because).toContain('the full encoder context');
    expect(reasonFor('variant')).toMatchObject({ by: 'user' });
    expect(reasonFor('flashAttention')).toMatchObject({ by: 'rule' });
    expect(plan.reasons.map(({ setting }) => plan[setting])).toEqual(plan.reasons.map(({ value }) => value));
  });

  test('leaves the limit that a setting has run into', () => {
    const plan = planOf();
    const reasons = plan.reasons.map((reason) => ({ ...reason, by: 'limit' as const }));
    const corrected = correctPlan({ ...plan, reasons }, [steady(present, 0.6), steady(oneSlot, 0.31)]);
    expect(corrected.reasons).toEqual(reasons);
  });

  test('says why a faster choice was left', () => {
    const plan = correctPlan(planOf(), [steady(present, 0.6), steady(oneSlot, 0.3 / 1.02)]);
    expect(plan.reasons.find(({ setting }) => setting === 'slots')?.because).toContain('too little to change it');
  });
});

/** Slots that take as long as a script says, on a clock that stands still otherwise. */
class ScriptedPools {
  readonly clock = new ManualClock(1000);
  /** `2x1 2.5`, in order. */
  readonly trials: string[] = [];
  open = 0;
  mostAtOnce = 0;
  stopped = 0;
  readonly #seconds: (use: ModelUse, chunk: Chunk, count: number) => number;
  readonly #says: (use: ModelUse) => string;
  readonly #loadSeconds: (use: ModelUse) => number;

  constructor(script: {
    readonly seconds: (use: ModelUse, chunk: Chunk, trial: number) => number;
    readonly says?: (use: ModelUse) => string;
    readonly loadSeconds?: (use: ModelUse) => number;
  }) {
    this.#seconds = script.seconds;
    this.#says = script.says ?? (() => ' And so');
    this.#loadSeconds = script.loadSeconds ?? (() => 0.2);
  }

  readonly openSlots = (slots: number): CalibrationSlots => {
    this.open += 1;
    const held = new Set<string>();
    let batch: (() => void)[] = [];
    return {
      load: async (use) => {
        await Promise.resolve();
        if (!held.has(JSON.stringify(use))) this.clock.advance(this.#loadSeconds(use));
        held.add(JSON.stringify(use));
        return [];
      },
      decode: (use, chunk) => {
        const startedAtSeconds = this.clock.nowSeconds();
        const length = chunk.pcm.length / 16_000;
        const outcome = new Promise<Awaited<ReturnType<CalibrationSlots['decode']>['outcome']>>((resolve, reject) => {
          batch.push(() => {
            if (this.clock.nowSeconds() >= chunk.deadlineAtSeconds) {
              reject(new EngineError('DEADLINE_EXCEEDED', 'The deadline passed while decoding.'));
            } else {
              const encoderContext = length > 5 ? 576 : 384;
              resolve({ recognition: recognitionOf(this.#says(use), { encoderContext }), startedAtSeconds });
            }
          });
          this.mostAtOnce = Math.max(this.mostAtOnce, batch.length);
          if (batch.length < slots) return;
          const ends = batch;
          batch = [];
          const seconds = this.#seconds(use, chunk, this.trials.length);
          this.trials.push(`${slots}x${use.threads}${use.flashAttention ? ' flash' : ''} ${length}`);
          queueMicrotask(() => {
            this.clock.advance(Math.min(seconds, chunk.deadlineAtSeconds - this.clock.nowSeconds()));
            for (const end of ends) end();
          });
        });
        return {
          outcome,
          stop: () => {
            this.stopped += 1;
          },
        };
      },
      close: () => {
        this.open -= 1;
        return Promise.resolve();
      },
    };
  };

  run(candidates: readonly CalibrationCandidate[], more: { budgetSeconds?: number; signal?: AbortSignal } = {}) {
    const models = [{ variant: 'q8_0' as const, path: '/base.bin', fileKey: '1:2:3:4:5', alignment: 'base' }];
    const clip = new Float32Array(new SharedArrayBuffer(11 * 16_000 * 4));
    return calibrate({ candidates, models, clip, clock: this.clock, openSlots: this.openSlots, ...more });
  }
}

const ofLength = (short: number, long: number) => (_use: ModelUse, chunk: Chunk) =>
  chunk.pcm.length > 3 * 16_000 ? long : short;
const kinds = (measurements: readonly Measurement[]) => measurements.map(({ kind }) => kind);

describe('calibrating', () => {
  test('takes turns, with every slot of a candidate at once', async () => {
    const pools = new ScriptedPools({ seconds: ofLength(0.05, 0.1) });
    const measurements = await pools.run([present, oneSlot, full]);
    expect(pools.trials.slice(0, 8)).toEqual([
      '2x1 2.5',
      '1x2 2.5',
      '2x1 2.5',
      '1x2 2.5',
      '2x1 8',
      '1x2 8',
      '2x1 8',
      '1x2 8',
    ]);
    expect(pools.trials.filter((trial) => trial === '2x1 2.5')).toHaveLength(5);
    expect(pools.mostAtOnce).toBe(2);
    expect(kinds(measurements)).toEqual(['measured', 'measured', 'measured']);
    expect(pools.open).toBe(0);
  });

  test('knows which trials made the slots grow', async () => {
    const pools = new ScriptedPools({ seconds: ofLength(0.05, 0.1) });
    const [measurement] = await pools.run([present]);
    const trials = measurement?.kind === 'measured' ? measurement.trials : [];
    expect(trials.map(({ warmsUp }) => warmsUp)).toEqual([false, false, true, false, false, false, false, false]);
  });

  test('finds the times that the decoder has', async () => {
    const pools = new ScriptedPools({
      seconds: (use, chunk) => (0.1 + (0.02 * chunk.pcm.length) / 16_000) / use.threads,
    });
    const [two, one] = rate(await pools.run([present, oneSlot]), 4);
    expect(two?.decodeTime.fixedSeconds).toBeCloseTo(0.1);
    expect(two?.decodeTime.secondsPerSecond).toBeCloseTo(0.02);
    expect(one?.throughput).toBeCloseTo(4 / 0.09);
  });

  test('is within its budget however long decodes take, and tells what there was no time for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.01, max: 4, noNaN: true }), { minLength: 8, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (times, loadSeconds) => {
          const pools = new ScriptedPools({
            seconds: (_use, _chunk, trial) => times[trial % 8] ?? 1,
            loadSeconds: () => loadSeconds,
          });
          const measurements = await pools.run([present, oneSlot, flash, full]);
          // A load cannot be broken off; only the plan's own is begun without knowing how long it takes.
          expect(pools.clock.nowSeconds() - 1000).toBeLessThanOrEqual(5 + 1e-6);
          expect(measurements).toHaveLength(4);
          expect(pools.open).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each<[string, number, readonly string[]]>([
    ['a quick one has time for all', 0.1, ['measured', 'measured', 'measured', 'measured']],
    ['a middling one leaves out what is only to compare with', 0.2, ['measured', 'measured', 'measured', 'unmeasured']],
    ['a slower one compares what is most valuable', 0.6, ['measured', 'measured', 'unmeasured', 'unmeasured']],
    ['a slow one measures the plan', 1.2, ['measured', 'unmeasured', 'unmeasured', 'unmeasured']],
    ['one that is too slow measures nothing', 6, ['unmeasured', 'unmeasured', 'unmeasured', 'unmeasured']],
  ])('in the same time: %s', async (_what, seconds, expected) => {
    const pools = new ScriptedPools({ seconds: ofLength(seconds, 1.8 * seconds) });
    const measurements = await pools.run([present, oneSlot, flash, full]);
    expect(kinds(measurements)).toEqual(expected);
  });

  test('compares each candidate at least twice, and finds a slope', async () => {
    const pools = new ScriptedPools({ seconds: ofLength(0.6, 1.1), loadSeconds: () => 0.4 });
    const ratings = rate(await pools.run([present, oneSlot, flash, full]), 4);
    expect(ratings.map(({ rounds }) => rounds)).toEqual([2, 2]);
  });

  test('reports a candidate that gives no text, and goes on without it', async () => {
    const pools = new ScriptedPools({
      seconds: ofLength(0.05, 0.1),
      says: ({ flashAttention }) => (flashAttention ? ' ' : ' And so'),
    });
    const measurements = await pools.run([present, flash, oneSlot]);
    expect(kinds(measurements)).toEqual(['measured', 'invalid', 'measured']);
    expect(measurements[1]).toMatchObject({ reason: 'Speech gave no text.' });
  });

  test('reports a candidate that cannot be loaded, and goes on without it', async () => {
    const pools = new ScriptedPools({
      seconds: ofLength(0.05, 0.1),
      loadSeconds: ({ threads }) => {
        if (threads === 2) throw new EngineError('MODEL_LOAD_FAILED', 'There is no memory for it.');
        return 0.1;
      },
    });
    const measurements = await pools.run([present, oneSlot]);
    expect(measurements[1]).toMatchObject({ kind: 'invalid', reason: 'There is no memory for it.' });
  });

  test('ends when the plan itself cannot be used', async () => {
    const pools = new ScriptedPools({ seconds: ofLength(0.05, 0.1), says: () => '' });
    expect(kinds(await pools.run([present, oneSlot]))).toEqual(['invalid', 'unmeasured']);
  });

  test('stops the decodes under way on the signal', async () => {
    const abort = new AbortController();
    const pools = new ScriptedPools({
      seconds: (_use, _chunk, trial) => {
        // The second decode of the batch has not been handed back yet.
        if (trial === 1) queueMicrotask(() => abort.abort());
        return 0.05;
      },
    });
    await expect(pools.run([present], { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(pools.stopped).toBe(2);
    expect(pools.trials).toHaveLength(2);
    expect(pools.open).toBe(0);
  });

  test('does not begin on a signal that was aborted before', async () => {
    const pools = new ScriptedPools({ seconds: ofLength(0.05, 0.1) });
    await expect(pools.run([present], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(pools.trials).toEqual([]);
  });
});

const machine: Machine = {
  platform: 'linux',
  architecture: 'x64',
  os: known('Debian GNU/Linux 12', 'test'),
  kernel: known('6.1', 'test'),
  libc: known('glibc 2.36', 'test'),
  container: known('none', 'test'),
  cpuModel: known('A fast one', 'test'),
  logicalCores: known(4, 'test'),
  physicalCores: known(4, 'test'),
  performanceCores: known(4, 'test'),
  efficiencyCores: known(0, 'test'),
  affinityCores: known(4, 'test'),
  cpuQuotaCores: known(Number.POSITIVE_INFINITY, 'test'),
  cpuFeatures: known(['AVX2'], 'test'),
  numaNodes: known(1, 'test'),
  totalMemoryBytes: known(8 * gigabyte, 'test'),
  availableMemoryBytes: known(4 * gigabyte, 'test'),
  memoryLimitBytes: known(Number.POSITIVE_INFINITY, 'test'),
  swapTotalBytes: known(0, 'test'),
  gpus: known([], 'test'),
  metal: unknown('test'),
  appleChip: unknown('not an Apple machine'),
  battery: known('none', 'test'),
};

describe('with a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'calibration-'));
    vi.stubEnv('WHISPERPOOL_CACHE', folder);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  describe('the fingerprint', () => {
    test.each<[string, Partial<Machine>, boolean]>([
      ['is the same for the same machine', {}, true],
      ['is the same whatever memory is free', { availableMemoryBytes: known(1, 'test') }, true],
      ['does not care where a fact was read', { cpuModel: known('A fast one', 'elsewhere') }, true],
      ['tells CPUs apart', { cpuModel: known('Another', 'test') }, false],
      ['tells CPU features apart', { cpuFeatures: known(['AVX2', 'AVX512F'], 'test') }, false],
      ['tells affinity masks apart', { affinityCores: known(2, 'test') }, false],
      ['tells quotas apart', { cpuQuotaCores: known(4.5, 'test') }, false],
      ['tells platforms apart', { platform: 'darwin' }, false],
      ['tells GPUs apart', { gpus: known([{ vendor: 'nvidia', model: 'T4', memoryBytes: 1 }], 'test') }, false],
    ])('%s', (_what, change, isSame) => {
      const same = fingerprint(machineKey(machine)) === fingerprint(machineKey({ ...machine, ...change }));
      expect(same).toBe(isSame);
    });

    test('tells binaries apart', async () => {
      const path = join(folder, 'addon.node');
      const missing = await binaryKey(path);
      await writeFile(path, 'one');
      const one = await binaryKey(path);
      await writeFile(path, 'other');
      const other = await binaryKey(path);
      expect(new Set([missing, one, other]).size).toBe(3);
      expect(await binaryKey(path)).toBe(other);
    });
  });

  describe('what was measured', () => {
    const now = 1_800_000_000;
    const day = 86_400;
    const measurements = [measured(present, [0.6, 0.7], [1.2]), { kind: 'unmeasured' as const, candidate: full }];
    const path = () => join(folder, 'calibration.json');

    test('is remembered as it was', async () => {
      await calibrationMemory.keep('a machine', measurements, now);
      expect(await calibrationMemory.recall('a machine', now + 29 * day)).toEqual(measurements);
      expect(await calibrationMemory.recall('another', now)).toBeUndefined();
      expect((await stat(path())).mode & 0o777).toBe(0o600);
      expect(await readdir(folder)).toEqual(['calibration.json']);
    });

    test('is remembered beside other machines, even when both are kept at once', async () => {
      await Promise.all([calibrationMemory.keep('one', measurements, now), calibrationMemory.keep('two', [], now)]);
      expect(await calibrationMemory.recall('one', now)).toEqual(measurements);
      expect(await calibrationMemory.recall('two', now)).toEqual([]);
    });

    test.each([
      ['after 30 days', 30 * day],
      ['by a clock that was set back by 30 days', -30 * day],
    ])('is forgotten %s', async (_what, laterSeconds) => {
      await calibrationMemory.keep('a machine', measurements, now);
      expect(await calibrationMemory.recall('a machine', now + laterSeconds)).toBeUndefined();
    });

    test.each<[string, (text: string) => string]>([
      ['is cut off', (text) => text.slice(0, text.length / 2)],
      ['is not JSON', () => 'Hello'],
      ['is null', () => 'null'],
      ['is of another version', (text) => text.replace('"formatVersion":1', '"formatVersion":2')],
      ['has another kind of measurement', (text) => text.replace('"measured"', '"guessed"')],
      ['has times that cannot be', (text) => text.replace('"wallSeconds":0.6', '"wallSeconds":-0.6')],
      ['has no candidate', (text) => text.replaceAll('"candidate"', '"nobody"')],
      ['has no time', (text) => text.replace('"keptAtSeconds"', '"kept"')],
      ['has no entries', () => '{"formatVersion":1}'],
    ])('is not believed from a file that %s', async (_what, damage) => {
      await calibrationMemory.keep('a machine', measurements, now);
      await writeFile(path(), damage(await readFile(path(), 'utf8')));
      expect(await calibrationMemory.recall('a machine', now)).toBeUndefined();
      await calibrationMemory.keep('a machine', measurements, now);
      expect(await calibrationMemory.recall('a machine', now)).toEqual(measurements);
    });

    test.skipIf(process.platform === 'win32')('is not believed from a file that others may write', async () => {
      await calibrationMemory.keep('a machine', measurements, now);
      await chmod(path(), 0o666);
      expect(await calibrationMemory.recall('a machine', now)).toBeUndefined();
    });

    test('is not kept in the place of a folder, and nothing is left behind', async () => {
      await mkdir(path());
      await calibrationMemory.keep('a machine', measurements, now);
      expect(await readdir(folder)).toEqual(['calibration.json']);
    });

    test('is not kept where nothing can be written, and nobody is harmed', async () => {
      vi.stubEnv('WHISPERPOOL_CACHE', join(folder, 'file', 'folder'));
      await writeFile(join(folder, 'file'), '');
      await calibrationMemory.keep('a machine', measurements, now);
      expect(await calibrationMemory.recall('a machine', now)).toBeUndefined();
    });
  });
});
