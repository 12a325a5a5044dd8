import { describe, expect, test } from 'vitest';
import {
  type Candidate,
  isTurnOfPassedOver,
  leastServedByRank,
  longestPassedOver,
  mostUrgent,
  rankOf,
} from '../../dist/scheduler/order.js';
import type { Priority, Work } from '../../dist/scheduler/work.js';

const nowSeconds = 1000;
const ageingSeconds = 5;

interface Waits {
  readonly name: string;
  readonly kind?: Work['kind'];
  readonly priority?: Priority | 'batch';
  readonly forSeconds?: number;
  /** From now on. */
  readonly dueInSeconds?: number;
  readonly takenAgoSeconds?: number;
  readonly servedSeconds?: number;
}

type Named = Candidate & { readonly name: string };

function candidates(waiting: readonly Waits[]): readonly Named[] {
  return waiting.map(
    (
      {
        name,
        kind = 'final',
        priority = 'normal',
        forSeconds = 0,
        dueInSeconds = 1,
        takenAgoSeconds,
        servedSeconds = 0,
      },
      place,
    ) => ({
      name,
      rank: rankOf(kind, priority),
      agesFromSeconds: nowSeconds - forSeconds,
      passedOverSinceSeconds: nowSeconds - Math.min(forSeconds, takenAgoSeconds ?? forSeconds),
      deadlineSeconds: nowSeconds + dueInSeconds,
      servedSeconds,
      place,
    }),
  );
}

function firstOf(lines: readonly Named[]): Named | undefined {
  return mostUrgent(lines, leastServedByRank(lines), nowSeconds, ageingSeconds);
}

const critical = { priority: 'critical' } as const;
const background = { priority: 'background' } as const;
const partial = { kind: 'partial' } as const;
const piece = { kind: 'piece', priority: 'batch', dueInSeconds: Number.POSITIVE_INFINITY } as const;

test('ranks go from the finals of critical sources to the pieces of files', () => {
  const priorities = ['critical', 'normal', 'background'] as const;
  expect(priorities.map((priority) => rankOf('final', priority))).toEqual([0, 1, 2]);
  expect(priorities.map((priority) => rankOf('partial', priority))).toEqual([3, 4, 5]);
  expect(priorities.map((priority) => rankOf('piece', priority))).toEqual([6, 6, 6]);
  expect((['final', 'partial', 'piece'] as const).map((kind) => rankOf(kind, 'batch'))).toEqual([6, 6, 6]);
});

describe('the most urgent is', () => {
  test.each<[what: string, waiting: readonly Waits[], first: string]>([
    ['the only one', [{ name: 'a' }], 'a'],
    ['the one with the earliest deadline', [{ name: 'a', dueInSeconds: 2 }, { name: 'b' }], 'b'],
    ['with equal deadlines the one submitted first', [{ name: 'a' }, { name: 'b' }], 'a'],
    [
      'a critical final, however early the deadlines of others',
      [
        { name: 'a', dueInSeconds: -9 },
        { name: 'b', ...critical, dueInSeconds: 9 },
      ],
      'b',
    ],
    [
      'the final of a background source before the partial of a critical one',
      [
        { name: 'a', ...partial, ...critical, dueInSeconds: -9 },
        { name: 'b', ...background },
      ],
      'b',
    ],
    [
      'a partial before a piece',
      [
        { name: 'a', ...piece },
        { name: 'b', ...partial, ...background },
      ],
      'b',
    ],
    [
      'a normal final before a background one that has not waited long',
      [
        { name: 'a', ...background, forSeconds: 4.9, dueInSeconds: -4 },
        { name: 'b', dueInSeconds: 1 },
      ],
      'b',
    ],
    [
      'a background final that has risen, when it was due before the normal one',
      [
        { name: 'a', ...background, forSeconds: 5, dueInSeconds: -4 },
        { name: 'b', dueInSeconds: 1 },
      ],
      'a',
    ],
    [
      'a partial that has risen, before the final of a background source',
      [
        { name: 'a', ...background },
        { name: 'b', ...partial, forSeconds: 15 },
      ],
      'b',
    ],
    [
      'the final, when a partial has risen to its rank',
      [
        { name: 'a', ...partial, forSeconds: 15, dueInSeconds: -14 },
        { name: 'b', dueInSeconds: 9 },
      ],
      'b',
    ],
    [
      'the partial, when a piece has risen to its rank',
      [
        { name: 'a', ...piece, forSeconds: 10 },
        { name: 'b', ...partial },
      ],
      'b',
    ],
    [
      'a piece that has risen above a partial',
      [
        { name: 'a', ...partial },
        { name: 'b', ...piece, forSeconds: 15 },
      ],
      'b',
    ],
    [
      'a critical final, however long others have waited',
      [
        { name: 'a', forSeconds: 1e6, dueInSeconds: -1e6 },
        { name: 'b', ...background, forSeconds: 1e6, dueInSeconds: -1e6 },
        { name: 'c', ...partial, ...critical, forSeconds: 1e6, dueInSeconds: -1e6 },
        { name: 'd', ...piece, forSeconds: 1e6 },
        { name: 'e', ...critical, dueInSeconds: 1e6 },
      ],
      'e',
    ],
    [
      'not one that waits only since a time to come, because it had too much',
      [
        { name: 'a', ...background, forSeconds: -100, dueInSeconds: 104 },
        { name: 'b', ...background },
      ],
      'b',
    ],
    [
      'the one due first, when it was served no more than an utterance above the others',
      [{ name: 'a' }, { name: 'b', dueInSeconds: 0, servedSeconds: 15 }],
      'b',
    ],
    [
      'the one that was served least, when others are far ahead',
      [
        { name: 'a', dueInSeconds: -1, servedSeconds: 115.5 },
        { name: 'b', servedSeconds: 100 },
        { name: 'c', dueInSeconds: -2, servedSeconds: 116 },
      ],
      'b',
    ],
    [
      'whoever is of a higher rank, however much it was served',
      [{ name: 'a', ...critical, servedSeconds: 1e6 }, { name: 'b' }],
      'a',
    ],
    [
      'not one that has risen but was served far more than another',
      [
        { name: 'a', ...background, forSeconds: 50, servedSeconds: 116 },
        { name: 'b', ...background, servedSeconds: 100 },
      ],
      'b',
    ],
    [
      'one that has risen, however much others of its new rank were served',
      [
        { name: 'a', ...background, forSeconds: 5, dueInSeconds: -4, servedSeconds: 1e6 },
        { name: 'b', servedSeconds: 100 },
      ],
      'a',
    ],
  ])('%s', (_what, waiting, first) => {
    expect(firstOf(candidates(waiting))?.name).toBe(first);
    // Which one is asked first makes no difference.
    expect(firstOf(candidates(waiting).toReversed())?.name).toBe(first);
  });

  test('nobody when nothing waits', () => {
    expect(firstOf([])).toBeUndefined();
  });
});

describe('passed over longest is', () => {
  test.each<[what: string, waiting: readonly Waits[], first: string | undefined]>([
    ['nobody when nothing waits', [], undefined],
    ['nobody who has only just come', [{ name: 'a' }, { name: 'b', ...piece }], undefined],
    ['no normal final before 10 s', [{ name: 'a', forSeconds: 9.9 }], undefined],
    ['a normal final after 10 s', [{ name: 'a', forSeconds: 10 }], 'a'],
    ['a critical final after 5 s', [{ name: 'a', ...critical, forSeconds: 5 }], 'a'],
    ['no piece before 35 s', [{ name: 'a', ...piece, forSeconds: 34.9 }], undefined],
    ['a piece after 35 s', [{ name: 'a', ...piece, forSeconds: 35 }], 'a'],
    [
      'the one that waits longest, whatever its rank',
      [
        { name: 'a', ...critical, forSeconds: 36 },
        { name: 'b', ...piece, forSeconds: 37 },
        { name: 'c', forSeconds: 35 },
      ],
      'b',
    ],
    [
      'not one whose line was served meanwhile',
      [
        { name: 'a', forSeconds: 100, takenAgoSeconds: 11 },
        { name: 'b', forSeconds: 12 },
      ],
      'b',
    ],
    [
      'the one submitted first, of two',
      [
        { name: 'a', forSeconds: 12 },
        { name: 'b', forSeconds: 12 },
      ],
      'a',
    ],
  ])('%s', (_what, waiting, first) => {
    expect(longestPassedOver(candidates(waiting), nowSeconds, ageingSeconds)?.name).toBe(first);
    expect(longestPassedOver(candidates(waiting).toReversed(), nowSeconds, ageingSeconds)?.name).toBe(first);
  });
});

test('whoever is passed over has one hand-out in ten', () => {
  expect(Array.from({ length: 11 }, (_, handOuts) => isTurnOfPassedOver(handOuts)).indexOf(true)).toBe(9);
});
