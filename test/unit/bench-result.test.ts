import { describe, expect, test } from 'vitest';
import { digits, toMarkdown } from '../../bench/markdown.mjs';
import { atLeast, atMost, exactly, figure, missing, verdict } from '../../bench/result.mjs';
import { interleaved, quantile, seededRandom, spreadOf } from '../../bench/spread.mjs';

describe('a figure is held against its target', () => {
  test.each([
    ['below a ceiling', figure('a', 'ratio', 1.0, atMost(1.01)), 'met'],
    ['on a ceiling', figure('a', 'ratio', 1.01, atMost(1.01)), 'met'],
    ['above a ceiling', figure('a', 'ratio', 1.02, atMost(1.01)), 'not met'],
    ['above a floor', figure('a', 'ratio', 1.9, atLeast(1.8)), 'met'],
    ['below a floor', figure('a', 'ratio', 1.7, atLeast(1.8)), 'not met'],
    ['the exact count', figure('a', 'count', 1, exactly(1)), 'met'],
    ['another count', figure('a', 'count', 2, exactly(1)), 'not met'],
    ['not a number', figure('a', 'ratio', Number.NaN, atMost(1)), 'not met'],
    ['without a target', figure('a', 's', 3), 'no target'],
    ['that could not be had', missing('a', 'no python3'), 'not measured'],
  ])('%s', (_what, measured, expected) => {
    expect(verdict(measured)).toBe(expected);
  });
});

describe('a spread', () => {
  test('is the smallest, the middle and the largest value', () => {
    expect(spreadOf([3, 1, 2, 10])).toEqual({ minimum: 1, median: 2.5, maximum: 10, count: 4 });
  });

  test.each([
    [0, 1],
    [0.5, 3],
    [0.99, 4.96],
    [1, 5],
  ])('has at share %d the value %d', (share, expected) => {
    expect(quantile([5, 3, 1, 4, 2], share)).toBeCloseTo(expected, 10);
  });
});

describe('interleaving', () => {
  test('measures both in every round and lets each go first by turns', async () => {
    const order: string[] = [];
    const note = (name: string, seconds: number) => () => {
      order.push(name);
      return Promise.resolve(seconds);
    };
    const pairs = await interleaved({ a: note('a', 1), b: note('b', 2), rounds: 3, progress: () => undefined });
    expect(order.join('')).toBe('abbaab');
    expect(pairs).toEqual(Array.from({ length: 3 }, () => ({ a: 1, b: 2 })));
  });
});

describe('seeded moments', () => {
  test('are the same for the same seed, lie in 0 … 1 and are spread over it', () => {
    const draw = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
    expect(spreadOf(draw(7)).median).toBeCloseTo(0.5, 1);
  });
});

describe('numbers are written short', () => {
  test.each([
    [1.23456, '1.235'],
    [0.000123456, '0.0001235'],
    [200, '200'],
    [1234.56, '1235'],
    [0, '0'],
  ])('%d as %s', (value, expected) => {
    expect(digits(value)).toBe(expected);
  });
});

test('the page of a result shows figures, targets, verdicts, spread and where it was measured', () => {
  const page = toMarkdown({
    benchmark: 'load',
    title: 'Load',
    command: 'npm run bench -- load',
    date: '2025-01-01T00:00:00.000Z',
    durationSeconds: 12.4,
    loadAverage: { start: 0.1, end: 1.2 },
    machine: { cpu: 'A CPU', cores: 2, memoryGibibytes: 23.4, system: 'Linux', node: 'v20.20.0' },
    build: { whisperVersion: '1.9.1', compiler: 'GNU', cpuFeatures: ['AVX2'] },
    clips: 'the clips',
    figures: [
      figure('loads', 'count', 1, exactly(1)),
      figure('delay', 'ms', 14.25, atMost(12), spreadOf([10, 14.25, 20])),
      missing('peer', 'no python3'),
    ],
    tables: [{ title: 'More', columns: ['a|b'], rows: [[0.5]] }],
    notes: ['a note'],
  });
  for (const line of [
    '| loads | 1 |  | = 1 | met |',
    '| delay | 14.25 ms | 10 / 14.25 / 20 of 3 | ≤ 12 ms | **not met** |',
    '| peer | not measured | no python3 |  |  |',
    '| a\\|b |',
    '- A CPU, 2 cores, 23.4 GiB; Linux; Node v20.20.0',
  ]) {
    expect(page.split('\n')).toContain(line);
  }
});
