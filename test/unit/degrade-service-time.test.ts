import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planCost } from '../../dist/degrade/plan-cost.js';
import { planKey, planOfKey } from '../../dist/degrade/plan-key.js';
import { ServiceTimes } from '../../dist/degrade/service-time.js';
import { Chance } from '../chance.js';

const base = 'base|q8_0|sized|1|1';
const tiny = 'tiny.en|q8_0|sized|1|1';

/** Decodes that take a + b·L, 5 % more or less. */
function feed(
  times: ServiceTimes,
  { a, b, count, key = base, lengths = [2, 3, 4, 6, 8], seed = 1, from = 0 }: Feed,
): void {
  const chance = new Chance(seed);
  for (let index = 0; index < count; index += 1) {
    const audioSeconds = lengths[index % lengths.length] ?? 1;
    const decodeSeconds = (a + b * audioSeconds) * (0.95 + 0.1 * chance.next());
    times.add({ key, audioSeconds, decodeSeconds, atSeconds: from + index });
  }
}

interface Feed {
  readonly a: number;
  readonly b: number;
  readonly count: number;
  readonly key?: string;
  readonly lengths?: readonly number[];
  readonly seed?: number;
  readonly from?: number;
}

function expectWithin(seconds: number, wanted: number, share: number): void {
  expect(seconds).toBeGreaterThan(wanted * (1 - share));
  expect(seconds).toBeLessThan(wanted * (1 + share));
}

describe('a measured plan', () => {
  /** Times as slow as the machine that was measured, and seconds that every decode takes longer. */
  test.each([
    [1, 0],
    [0.1, 0],
    [3, 0],
    [0.5, 0.3],
    [1, 0.5],
    [1, -0.15],
  ])('is fitted when it takes %d times as long as usual and %d s', (factor, more) => {
    const times = new ServiceTimes();
    const truth = (audioSeconds: number) => factor * planCost(planOfKey(base), audioSeconds) + more;
    const chance = new Chance(1);
    for (let index = 0; index < 40; index += 1) {
      const audioSeconds = [2, 3, 4, 6, 8][index % 5] ?? 1;
      times.add({ key: base, audioSeconds, decodeSeconds: truth(audioSeconds) * (0.95 + 0.1 * chance.next()) });
    }
    for (const audioSeconds of [1.5, 2, 5, 8, 12]) {
      expectWithin(times.predict(base, audioSeconds), truth(audioSeconds), 0.1);
    }
  });

  test('with chunks of one length only, is as long there, and has the usual shape elsewhere', () => {
    const times = new ServiceTimes();
    feed(times, { a: 0, b: 0.2, count: 40, lengths: [4] });
    expectWithin(times.predict(base, 4), 0.8, 0.05);
    // On the reference machine 0.66 s for 4 s, and 1.07 s for 8 s.
    expectWithin(times.predict(base, 8), 0.8 * (1.07 / 0.66), 0.06);
  });

  test.each([
    ['slower', 2.5],
    ['much slower', 9],
    ['faster', 0.4],
    ['much faster', 0.1],
  ])('that becomes %s is followed within 30 decodes', (_, factor) => {
    const times = new ServiceTimes();
    feed(times, { a: 0.3, b: 0.1, count: 60 });
    feed(times, { a: 0.3 * factor, b: 0.1 * factor, count: 30, from: 60, seed: 2 });
    for (const audioSeconds of [4, 8]) {
      expectWithin(times.predict(base, audioSeconds), (0.3 + 0.1 * audioSeconds) * factor, 0.2);
    }
  });

  test('is not moved by a pause that many slots went through', () => {
    const times = new ServiceTimes();
    feed(times, { a: 0.3, b: 0.1, count: 40 });
    const before = times.predict(base, 4);
    for (let slot = 0; slot < 64; slot += 1) {
      times.add({ key: base, audioSeconds: 4, decodeSeconds: 300 + slot, atSeconds: 340 });
    }
    expect(times.predict(base, 4)).toBe(before);
  });

  test('is not moved by outliers, one decode in five', () => {
    const outlier = fc.oneof(
      fc.integer({ min: 10, max: 1000 }),
      fc.integer({ min: 10, max: 1000 }).map((many) => 1 / many),
    );
    fc.assert(
      fc.property(
        fc.array(outlier, { minLength: 12, maxLength: 12 }),
        fc.integer({ min: 0, max: 4 }),
        (factors, at) => {
          const [clean, disturbed] = [new ServiceTimes(), new ServiceTimes()];
          const chance = new Chance(7);
          for (let index = 0; index < 60; index += 1) {
            const audioSeconds = 2 + (index % 7);
            const decodeSeconds = (0.3 + 0.1 * audioSeconds) * (0.95 + 0.1 * chance.next());
            const sample = { key: base, audioSeconds, decodeSeconds, atSeconds: index };
            const factor = index % 5 === at ? (factors[Math.floor(index / 5)] ?? 1) : 1;
            clean.add(sample);
            disturbed.add({ ...sample, decodeSeconds: decodeSeconds * factor });
          }
          for (const audioSeconds of [2, 5, 8]) {
            expectWithin(disturbed.predict(base, audioSeconds), clean.predict(base, audioSeconds), 0.08);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('is not spoiled by a first decode that took for ever', () => {
    const times = new ServiceTimes();
    times.add({ key: base, audioSeconds: 4, decodeSeconds: 400, atSeconds: 0 });
    feed(times, { a: 0.3, b: 0.1, count: 6, from: 1 });
    expectWithin(times.predict(base, 4), 0.7, 0.1);
  });

  test.each([
    [Number.NaN, 1],
    [4, Number.NaN],
    [0, 1],
    [4, 0],
    [-1, 1],
    [4, -1],
    [Number.POSITIVE_INFINITY, 1],
    [4, Number.POSITIVE_INFINITY],
  ])('is not changed by %d s of audio in %d s, which is no measure', (audioSeconds, decodeSeconds) => {
    const times = new ServiceTimes();
    for (let index = 0; index < 40; index += 1) times.add({ key: base, audioSeconds, decodeSeconds });
    expect(times.isMeasured(base)).toBe(false);
    expectWithin(times.predict(base, 4), 0.66, 0.02);
  });
});

describe('a plan that was never measured', () => {
  test.each([
    [tiny, [0.3, 0.35, 0.6, 0.65]],
    [base, [0.59, 0.63, 1.1, 1.3]],
  ])('%s takes as long as on the reference machine when nothing was', (key, seconds) => {
    const times = new ServiceTimes();
    for (const [index, audioSeconds] of [2, 4, 8, 10].entries()) {
      expectWithin(times.predict(key, audioSeconds), seconds[index] ?? 0, 0.15);
    }
  });

  test('is judged by one that was, by the ratio of the two', () => {
    const times = new ServiceTimes();
    // Five times as fast as the reference machine.
    feed(times, { a: 0.33 / 5, b: 0.1 / 5, count: 40 });
    expectWithin(times.predict(tiny, 8), 0.6 / 5, 0.2);
    expect(times.predict('base|q8_0|trimmed|1|1', 8)).toBeLessThan(times.predict(base, 8));
    expect(times.predict('base|q8_0|full|1|1', 8)).toBeGreaterThan(2 * times.predict(base, 8));
    expect(times.predict('base|q8_0|sized|2|1', 8)).toBeLessThan(0.7 * times.predict(base, 8));
    expect(times.predict('base|q8_0|sized|1|5', 8)).toBeGreaterThan(times.predict(base, 8));
    expect(times.predict('base|q5_1|sized|1|1', 8)).toBeGreaterThan(1.5 * times.predict(base, 8));
  });

  test('is judged by the one most like it', () => {
    const times = new ServiceTimes();
    feed(times, { a: 0.33, b: 0.1, count: 10 });
    feed(times, { a: 3.3, b: 1, count: 10, key: 'small|f16|full|4|1' });
    expectWithin(times.predict('base|q8_0|trimmed|1|1', 8), 0.9, 0.15);
  });

  test('is known by itself after three decodes', () => {
    const times = new ServiceTimes();
    feed(times, { a: 0.33, b: 0.1, count: 40 });
    feed(times, { a: 0.9, b: 0, count: 3, key: tiny, lengths: [8] });
    expectWithin(times.predict(tiny, 8), 0.9, 0.06);
  });

  test.each(['', 'own', 'own|q8_0', '|||||', 'base|q8_0|sized|-3|x'])('has some time, whatever its key: %j', (key) => {
    const times = new ServiceTimes();
    for (const audioSeconds of [0, -1, Number.NaN, 1e-9, 4, 1e9, Number.POSITIVE_INFINITY]) {
      const seconds = times.predict(key, audioSeconds);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(60);
    }
  });
});

test('remembers 32 plans, those used last', () => {
  const times = new ServiceTimes();
  for (let plan = 0; plan < 40; plan += 1) {
    feed(times, { a: 0.3, b: 0.1, count: 3, key: `model${plan}|q8_0|sized|1|1` });
    feed(times, { a: 0.3, b: 0.1, count: 1 });
  }
  const kept = Array.from({ length: 40 }, (_, plan) => times.isMeasured(`model${plan}|q8_0|sized|1|1`));
  expect(kept.indexOf(true)).toBe(9);
  expect(kept.slice(9)).not.toContain(false);
  expect(times.isMeasured(base)).toBe(true);
});

test('a key says what it was made of', () => {
  const plan = { model: 'tiny.en', variant: 'q8_0', encoderContext: 'trimmed', threads: 2, beamSize: 3 } as const;
  expect(planKey(plan)).toBe('tiny.en|q8_0|trimmed|2|3');
  expect(planOfKey(planKey(plan))).toEqual(plan);
});
