import { expect, test } from 'vitest';
import { ArrivalTimes } from '../../dist/session/arrival-times.js';

/** Three blocks of 100 samples, a second apart. */
function arrivals(): ArrivalTimes {
  const times = new ArrivalTimes();
  for (const block of [1, 2, 3]) times.add(block * 100, block);
  return times;
}

test.each<[what: string, forgottenBefore: number, endSample: number, atSeconds: number]>([
  ['within a block, with the block', 0, 150, 2],
  ['at the end of a block, with that block', 0, 200, 2],
  ['at the start of the next, with the next', 0, 201, 3],
  ['that is forgotten, with the next that is known', 200, 50, 3],
  ['in a block that is only forgotten in part, with that', 150, 120, 2],
  ['past the last block, with that', 0, 301, 3],
  ['when everything is forgotten, with the last block', 1000, 250, 3],
])('what was said came %s', (_what, forgottenBefore, endSample, atSeconds) => {
  const times = arrivals();
  times.forgetBefore(forgottenBefore);
  expect(times.of(endSample)).toBe(atSeconds);
});

test('before anything came there is no time', () => {
  const times = new ArrivalTimes();
  times.forgetBefore(10);
  expect(times.of(1)).toBeNaN();
});
