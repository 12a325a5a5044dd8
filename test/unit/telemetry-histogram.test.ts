import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rtfScale, SlidingHistogram, secondsScale, windowSecondsAt } from '../../dist/telemetry/sliding-histogram.js';

/** The value that `percent` of all do not exceed, the plain way. */
function nearestRank(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(Math.ceil((percent * sorted.length) / 100), 1) - 1] ?? Number.NaN;
}

/** What is recorded lies at most half a unit off, and what is read at most the width of a bucket above that. */
function expectNear(read: number | undefined, exact: number, unit: number): void {
  expect(read).toBeGreaterThanOrEqual(exact - unit * 0.501);
  expect(read).toBeLessThanOrEqual((exact + unit * 0.501) * (1 + 1 / 128));
}

const filled = (values: readonly number[], atSeconds = 0) => {
  const histogram = new SlidingHistogram(secondsScale);
  for (const value of values) histogram.record(value, atSeconds);
  return histogram;
};

describe('quantiles', () => {
  test('are those of sorting, within the precision of the histogram', () => {
    const value = fc.oneof(
      fc.double({ min: 0, max: 0.01, noNaN: true }),
      fc.double({ min: 0, max: 5, noNaN: true }),
      fc.double({ min: 0, max: 1000, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400, size: 'max' }),
        fc.constantFrom(secondsScale, rtfScale),
        (values, scale) => {
          const histogram = new SlidingHistogram(scale);
          for (const each of values) histogram.record(each, 0);
          const { recent } = histogram.read(0);
          expect(recent?.count).toBe(values.length);
          for (const [percent, read] of [
            [50, recent?.p50],
            [95, recent?.p95],
            [99, recent?.p99],
            [100, recent?.max],
          ] as const) {
            expectNear(read, nearestRank(values, percent), scale.unit);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('never exceed the largest value', () => {
    const { recent } = filled([0.9999, 1.0001]).read(0);
    expect(recent?.p99).toBe(recent?.max);
    expect(recent?.max).toBeCloseTo(1.0001, 10);
  });

  test('of nothing are absent', () => {
    expect(new SlidingHistogram(secondsScale).read(0)).toEqual({ count: 0, sum: 0 });
  });

  test('change with the next value though they were read before', () => {
    const histogram = filled([1]);
    expect(histogram.read(0).recent?.max).toBe(1);
    histogram.record(2, 0);
    expect(histogram.read(0).recent?.max).toBe(2);
  });
});

describe('a value that is no measure', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -Number.MIN_VALUE])(
    '%d is ignored',
    (value) => {
      expect(filled([1, value]).read(0)).toEqual(filled([1]).read(0));
    },
  );

  test.each([0, -0, Number.MIN_VALUE, 1e-5])('%d counts as zero', (value) => {
    expect(filled([value]).read(0).recent).toEqual({ count: 1, p50: 0, p95: 0, p99: 0, max: 0 });
  });

  test.each([3600, 3601, 1e9, Number.MAX_VALUE])('%d counts as the largest that can be', (value) => {
    const { count, sum, recent } = filled([value, value]).read(0);
    expect({ count, sum }).toEqual({ count: 2, sum: 7200 });
    expect(recent?.max).toBeCloseTo(3600, 6);
  });
});

describe('the window', () => {
  /** Values recorded at a time, and what a reading at a time counts. */
  test.each<[what: string, recordedAt: readonly number[], readAt: number, seen: number]>([
    ['counts what has just come', [0], 0, 1],
    ['counts what came in the period before', [0], 119.9, 1],
    ['no longer counts what came two periods ago', [0], 120, 0],
    ['counts what came at the end of the period before', [59.9], 119.9, 1],
    ['keeps a value for 60 s at least', [59.9], 60, 1],
    ['counts both periods', [10, 70], 100, 2],
    ['drops only the older period', [10, 70], 130, 1],
    ['is empty after a long silence', [10, 70], 10_000, 0],
    ['starts anew after a long silence', [10, 70, 9_999], 10_000, 1],
    ['does not bring back what is old at the next period', [10, 9_999], 10_030, 1],
    ['moves on by reading as by recording', [0, 60, 120, 180], 180, 2],
    ['begins anywhere on the clock', [1e6 + 5], 1e6 + 30, 1],
  ])('%s', (_, recordedAt, readAt, seen) => {
    const histogram = new SlidingHistogram(secondsScale);
    for (const atSeconds of recordedAt) histogram.record(1, atSeconds);
    const { count, recent } = histogram.read(readAt);
    expect(recent?.count ?? 0).toBe(seen);
    expect(count).toBe(recordedAt.length);
  });

  test('is the same whether or not it is read in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.boolean())), (steps) => {
        const quiet = new SlidingHistogram(secondsScale);
        const read = new SlidingHistogram(secondsScale);
        const came: number[] = [];
        let now = 0;
        for (const [seconds, isRecorded] of steps) {
          now += seconds;
          read.read(now);
          if (!isRecorded) continue;
          came.push(now);
          quiet.record(now / 100, now);
          read.record(now / 100, now);
        }
        expect(read.read(now)).toEqual(quiet.read(now));
        const since = (Math.floor(now / 60) - 1) * 60;
        expect(quiet.read(now).recent?.count ?? 0).toBe(came.filter((at) => at >= since).length);
      }),
    );
  });

  test('does not mind a clock that goes back', () => {
    const histogram = filled([1, 2], 130);
    histogram.record(3, 10);
    expect(histogram.read(10).recent).toMatchObject({ count: 3, max: 3 });
    expect(histogram.read(130).recent).toMatchObject({ count: 3, max: 3 });
  });

  test.each([
    [0, 0, 0],
    [30, 0, 30],
    [90, 0, 90],
    [120, 0, 60],
    [179, 0, 119],
    [179, 170, 9],
  ])('at %d s of a clock, started at %d s, reaches back %d s', (now, startedAt, reach) => {
    expect(windowSecondsAt(now, startedAt)).toBe(reach);
  });
});
