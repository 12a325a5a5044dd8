import { describe, expect, test } from 'vitest';
import { growthOf, levelsOffAt } from '../../bench/scale/bend.mjs';

describe('growth', () => {
  test.each<[what: string, of: (x: number) => number]>([
    ['is linear on a line', (x) => 5 + 2 * x],
    ['is linear on a line with some noise', (x) => 5 + 2 * x + 0.2 * Math.sin(17 * x)],
    ['is linear where nothing grows', () => 7],
  ])('%s', (_what, of) => {
    const growth = growthOf([1, 2, 3, 4, 6, 8].map((x) => [x, of(x)]));
    expect(growth.kind).toBe('linear');
    expect(growth.slope).toBeCloseTo((of(8) - of(1)) / 7, 0);
  });

  test.each<[what: string, at: number, slope: number, after: number]>([
    ['that ends at the number of cores', 2, 30, 0],
    ['that turns down', 4, 10, -3],
    ['that becomes steeper', 3, 1, 9],
  ])('%s is bent there', (_what, at, slope, slopeAfter) => {
    const of = (x: number) => 4 + slope * Math.min(x, at) + slopeAfter * Math.max(0, x - at);
    const growth = growthOf([1, 2, 3, 4, 6, 8].map((x) => [x, of(x)]));
    expect(growth).toEqual({
      kind: 'bent',
      at,
      slope: expect.closeTo(slope, 6),
      slopeAfter: expect.closeTo(slopeAfter, 6),
    });
  });

  test('of three points is never bent: nothing would be left to tell', () => {
    expect(
      growthOf([
        [1, 1],
        [2, 2],
        [3, 9],
      ]).kind,
    ).toBe('linear');
  });
});

test('what levels off does so from the first value on that stays near the last', () => {
  expect(
    levelsOffAt(
      [
        [1, 90],
        [10, 31],
        [60, 20],
        [300, 21],
        [7200, 20],
      ],
      0.15,
    ),
  ).toBe(60);
  expect(
    levelsOffAt(
      [
        [1, 20],
        [10, 20],
      ],
      0.15,
    ),
  ).toBe(1);
  expect(levelsOffAt([], 0.15)).toBeNaN();
});
