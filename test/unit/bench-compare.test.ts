import { describe, expect, test } from 'vitest';
import { readOrder } from '../../bench/arguments.mjs';
import { compareResults, comparisonText, hasRegressed } from '../../bench/compare.mjs';
import { atLeast, atMost, exactly, type Figure, figure, missing } from '../../bench/result.mjs';
import { spreadOf } from '../../bench/spread.mjs';

const machine = { cpu: 'A CPU', cores: 2, memoryGibibytes: 23.4, system: 'Linux', node: 'v20.20.0' };
const resultOf = (...figures: Figure[]) => ({ benchmark: 'load', date: '2025-01-01T00:00:00.000Z', machine, figures });
const compare = (before: Figure, now: Figure, thresholdPercent = 10) =>
  compareResults(resultOf(before), resultOf(now), thresholdPercent);

describe('a figure is worse', () => {
  const bounded = (bound: Parameters<typeof figure>[3], unit = 'ratio') => {
    return (value: number, ...rounds: number[]) =>
      figure('it', unit, value, bound, rounds.length > 0 ? spreadOf(rounds) : undefined);
  };
  const ceiling = bounded(atMost(80), 'ms');
  const floor = bounded(atLeast(1.5));
  const exact = bounded(exactly(0), 'count');
  const all = bounded(exactly(100), 'count');
  const level = bounded(atMost(1), 'points');
  const seconds = bounded(undefined, 's');
  const speed = bounded(undefined, '× real time');
  const anything = bounded(undefined, 'count');
  test.each([
    ['above what it was, under a ceiling', ceiling(10), ceiling(12), 'worse', 20, true],
    ['but not by more than is allowed', ceiling(10), ceiling(11), 'worse', 10, false],
    ['not below what it was, under a ceiling', ceiling(10), ceiling(5), 'better', -50, false],
    ['even where the ceiling is kept', ceiling(1), ceiling(70), 'worse', 6900, true],
    ['below what it was, over a floor', floor(2), floor(1.6), 'worse', -20, true],
    ['not above what it was, over a floor', floor(2), floor(4), 'better', 100, false],
    ['away from what it must be', exact(0), exact(1), 'worse', Number.POSITIVE_INFINITY, true],
    ['below what it must be, however little', all(100), all(99), 'worse', -1, true],
    ['not when nearer to what it must be', exact(4), exact(1), 'better', -75, false],
    ['than nothing, in parts of its target', level(0), level(0.05), 'worse', 5, false],
    ['by its unit, where it has no target', seconds(1), seconds(2), 'worse', 100, true],
    ['by a unit of which more is better', speed(30), speed(20), 'worse', -100 / 3, true],
    ['never where nobody said what is better', anything(1), anything(9), 'unclear', 800, false],
    ['not where it is the same', ceiling(10), ceiling(10), 'same', 0, false],
    ['not within what its rounds were before', ceiling(10, 9, 10, 14), ceiling(13), 'within its spread', 30, false],
    ['past what its rounds were before', ceiling(10, 9, 10, 14), ceiling(15), 'worse', 50, true],
  ] as const)('%s', (_what, before, now, trend, percent, isPast) => {
    const comparison = compare(before, now);
    expect(comparison.changes).toEqual([
      {
        ...{ kind: 'moved', name: 'it', unit: now.unit, before: before.value, now: now.value },
        ...{ percent: expect.closeTo(percent, 6) as number, trend, isPast },
      },
    ]);
    expect(hasRegressed(comparison)).toBe(isPast);
  });

  test('by as much as the caller says', () => {
    expect(hasRegressed(compare(ceiling(10), ceiling(12), 25))).toBe(false);
    expect(hasRegressed(compare(ceiling(10), ceiling(12), 19))).toBe(true);
  });
});

describe('figures that are only in one result', () => {
  const delay = figure('delay', 'ms', 1);
  test.each([
    ['a figure that cannot be had any more counts as worse', [delay], [missing('delay', 'no clock')], 'gone', true],
    ['so does one that is left out', [delay], [], 'gone', true],
    ['and one that is not a number', [delay], [figure('delay', 'ms', Number.NaN)], 'gone', true],
    ['a new figure does not', [], [delay], 'new', false],
    ['nor one that could not be had before', [missing('delay', 'no clock')], [delay], 'new', false],
  ] as const)('%s', (_what, before, now, kind, isWorse) => {
    const comparison = compareResults(resultOf(...before), resultOf(...now), 10);
    expect(comparison.changes.map((change) => change.kind)).toEqual([kind]);
    expect(hasRegressed(comparison)).toBe(isWorse);
  });

  test('what neither result has is not spoken of', () => {
    const never = missing('peer', 'no python3');
    expect(compare(never, never).changes).toEqual([]);
  });
});

test('figures of the same name belong together by their turn', () => {
  const lost = (value: number) => figure('lost', 'count', value, exactly(0));
  const { changes } = compareResults(resultOf(lost(0), lost(5)), resultOf(lost(0), lost(4)), 10);
  expect(changes).toMatchObject([{ trend: 'same' }, { before: 5, now: 4, trend: 'better' }]);
});

test('results of different benchmarks are not compared', () => {
  expect(() => compareResults({ ...resultOf(), benchmark: 'live' }, resultOf(), 10)).toThrow(/of 'live'.*of 'load'/u);
});

test('the text shows what changed, what is past the threshold, and that the machine is another', () => {
  const before = resultOf(figure('abort', 'ms', 10, atMost(80)), figure('loads', 'count', 1, exactly(1)));
  const now = resultOf(figure('abort', 'ms', 15, atMost(80)), figure('loads', 'count', 1, exactly(1)));
  const lines = comparisonText(compareResults(before, { ...now, machine: { ...machine, cores: 64 } }, 10)).split('\n');
  expect(lines[0]).toContain('ANOTHER machine');
  expect(lines[1]).toMatch(/^! worse +\+50\.0 % +abort +10 → 15 ms$/u);
  expect(lines[2]).toMatch(/^ {2}same +0\.0 % +loads +1 → 1 count$/u);
  expect(lines[3]).toContain('Worse by more than 10 %');
});

describe('the command line', () => {
  const known = ['abort', 'live'];
  test.each([
    ['nothing means the standard set', '', { names: [], quick: false, compareWith: undefined, thresholdPercent: 10 }],
    ['a name', 'abort', { names: ['abort'] }],
    ['a name said twice', 'abort abort --quick', { names: ['abort'], quick: true }],
    ['all of them', 'all', { names: known }],
    ['a file to compare with', '--compare a.json', { names: [], compareWith: 'a.json', thresholdPercent: 10 }],
    ['how much worse it may be', '--compare=a.json --threshold=2.5 live', { names: ['live'], thresholdPercent: 2.5 }],
    ['what a benchmark asks for itself', 'live --seconds=5', { names: ['live'] }],
  ])('%s', (_what, words, order) => {
    expect(readOrder(words.split(' ').filter(Boolean), known)).toMatchObject(order);
  });

  test.each([
    ['a name that does not exist', 'speed', 'There is no benchmark speed.'],
    ['a comparison with nothing', '--compare', '--compare needs a file'],
    ['a threshold of nothing', '--threshold 5', 'says nothing without --compare'],
    ['a threshold that is no number', '--compare a.json --threshold much', 'needs a number'],
    ['a threshold below 0', '--compare a.json --threshold=-1', 'needs a number'],
  ])('%s is refused', (_what, words, message) => {
    expect(() => readOrder(words.split(' '), known)).toThrow(message);
  });
});
