import { describe, expect, test } from 'vitest';
import { policies } from '../../dist/degrade/policies.js';
import { change, lasting, snapshot } from './degrade-snapshots.js';

describe('echo', () => {
  test.each([
    [0, 0.8, 0],
    [0, 0.81, 1],
    [1, 0.81, 2],
    [4, 0.81, 4],
    [0, 1.01, 5],
    [5, 1.01, 5],
    [0, 1.21, 6],
    [6, 9, 6],
    [6, 0.81, 6],
    [6, 0.7, 6],
    [6, 0.69, 5],
    [0, 0.1, 0],
  ])('on rung %d, at an RTF of %d, wants rung %d', (rung, turnaroundRtf, wanted) => {
    expect(policies.echo.decide(...lasting(1, snapshot({ rung, turnaroundRtf }))).rung).toBe(wanted);
  });

  test('rests for a chunk after a step', () => {
    const seen = snapshot({ rung: 1, turnaroundRtf: 0.9 });
    expect(policies.echo.decide(...lasting(1, seen, [change(993, 0, 1)])).rung).toBe(1);
    expect(policies.echo.decide(...lasting(1, seen, [change(992, 0, 1)])).rung).toBe(2);
  });

  test('says which RTF it read', () => {
    const { reason, evidence } = policies.echo.decide(...lasting(1, snapshot({ turnaroundRtf: 1.25 })));
    expect(reason).toBe('The mean RTF is 1.25, more than 1.2.');
    expect(evidence).toEqual({ turnaroundRtf: 1.25 });
  });
});

test.each([
  [0, 0.8, 0],
  [0, 0.81, 1],
  [1, 0.81, 1],
  [1, 1.01, 3],
  [3, 1.01, 3],
  [3, 1.21, 4],
  [4, 1.21, 5],
  [5, 5, 5],
  [5, 0.69, 4],
  [1, 0.69, 0],
  [1, Number.NaN, 1],
])('thresholds: on rung %d, at an RTF of %d, wants rung %d', (rung, turnaroundRtf, wanted) => {
  expect(policies.thresholds.decide(...lasting(1, snapshot({ rung, turnaroundRtf }))).rung).toBe(wanted);
});
