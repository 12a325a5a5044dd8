import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { definePolicy } from '../../dist/degrade/define-policy.js';
import { policies } from '../../dist/degrade/policies.js';
import type { LoadSnapshot } from '../../dist/degrade/snapshot.js';
import { Climb, change, lasting, loadsOf, snapshot } from './degrade-snapshots.js';

const { standard } = policies;
const never = Number.POSITIVE_INFINITY;

describe('the way down', () => {
  test.each<[what: string, ticks: number, seen: Partial<LoadSnapshot>, rung: number]>([
    ['stays while the load is at its limit', 10, { load: loadsOf(0.85) }, 0],
    ['waits for a third tick', 2, { load: loadsOf(1.05) }, 0],
    ['takes the next rung when that is light enough', 3, { load: loadsOf(1.05) }, 1],
    ['waits ten times as long while the slots can do it all', 29, { load: loadsOf(0.9) }, 0],
    ['believes a load near the capacity that lasts', 30, { load: loadsOf(0.9) }, 1],
    ['does not wait so long beside a queue', 3, { load: loadsOf(0.9), smallestSojournSeconds: 6.1 }, 1],
    ['goes as far as it must, in one step', 3, { load: loadsOf(2.2) }, 3],
    ['takes the last rung when none is light enough', 3, { load: loadsOf(20) }, 5],
    ['leaves out a rung whose model is missing', 3, { load: [2.2, 1.6, 1.4, never, 0.6, 0.2] }, 4],
    ['takes the last that can be taken', 3, { load: [9, 8, 7, 6, 5, never] }, 4],
    [
      'takes the first that is light enough, though a later one is heavier',
      3,
      { load: [1, 0.7, 0.9, 0.9, 0.9, 0.9] },
      1,
    ],
    ['stays when there is nothing below', 3, { load: loadsOf(20), rung: 5 }, 5],
    ['takes a load near the limit with a standing queue', 17, { load: loadsOf(0.82), smallestSojournSeconds: 6.1 }, 1],
    ['waits until chance has passed', 16, { load: loadsOf(0.82), smallestSojournSeconds: 6.1 }, 0],
    ['does not mind a wait of three quarters of a chunk', 20, { load: loadsOf(0.82), smallestSojournSeconds: 6 }, 0],
    [
      'does not mind a second with short chunks',
      20,
      { load: loadsOf(0.82), smallestSojournSeconds: 1, chunkSeconds: 1 },
      0,
    ],
    ['minds more with short chunks', 20, { load: loadsOf(0.82), smallestSojournSeconds: 1.1, chunkSeconds: 1 }, 1],
    ['lets a queue fall that a light enough rung works off', 3, { smallestSojournSeconds: 30 }, 0],
    ['does not believe a light load beside a queue that stands', 20, { smallestSojournSeconds: 30 }, 1],
    ['goes at once before a queue is full', 1, { load: loadsOf(0.9), secondsToOverflow: 16 }, 1],
    ['waits when there is time until a queue is full', 1, { load: loadsOf(0.9), secondsToOverflow: 16.1 }, 0],
    ['counts the time to warm a model', 1, { load: loadsOf(2.2), secondsToOverflow: 20 }, 3],
    [
      'counts continuous speech as chunks of 15 s',
      1,
      { load: loadsOf(0.9), secondsToOverflow: 31, chunkSeconds: never },
      0,
    ],
  ])('%s', (_, ticks, seen, rung) => {
    expect(standard.decide(...lasting(ticks, snapshot(seen))).rung).toBe(rung);
  });

  test('counts only ticks since the last step', () => {
    const seen = snapshot({ rung: 1, load: loadsOf(1.5) });
    expect(standard.decide(...lasting(10, seen, [change(998, 0, 1)])).rung).toBe(1);
    expect(standard.decide(...lasting(10, seen, [change(997, 0, 1)])).rung).toBe(3);
  });

  test('does not go on at once for the queue that the last step was for', () => {
    const seen = snapshot({ rung: 1, load: loadsOf(0.9), secondsToOverflow: 5 });
    expect(standard.decide(...lasting(3, seen, [change(993, 0, 1)])).rung).toBe(1);
    expect(standard.decide(...lasting(3, seen, [change(992, 0, 1)])).rung).toBe(2);
  });

  test('lets a standing queue be worked off that falls slowly', () => {
    const climb = new Climb(standard, 1);
    for (let tick = 0; tick < 60; tick += 1) {
      climb.tick({ load: loadsOf(0.99), smallestSojournSeconds: 30 - tick * 0.3 });
    }
    expect(climb.rung).toBe(1);
  });
});

describe('the way up', () => {
  const low = { load: loadsOf(0.6) };

  test.each<[what: string, seen: Partial<LoadSnapshot>, rung: number]>([
    ['goes up one rung', low, 4],
    ['counts the demand that is shed', { load: [2, 1.6, 1.4, 0.8, 0.66, 0.1] }, 5],
    ['stays when every final waits more than a quarter of a chunk', { ...low, smallestSojournSeconds: 2.1 }, 5],
    ['goes up with a wait of a quarter of a chunk', { ...low, smallestSojournSeconds: 2 }, 4],
    ['counts what it costs to warm a model', { load: [1, 1, 1, 1, 0.64, 0.1], switchSeconds: [0, 0, 0, 0, 2, 0] }, 5],
    ['is not kept down by a model that takes long to warm', { ...low, switchSeconds: [99, 99, 99, 99, 99, 99] }, 4],
    ['leaves out a rung whose model is missing', { load: [0.6, 0.5, 0.4, 0.3, never, 0.1] }, 3],
    ['stays when no rung above can be taken', { load: [never, never, never, never, never, 0.1] }, 5],
  ])('%s', (_, seen, rung) => {
    expect(standard.decide(...lasting(3, snapshot({ ...seen, rung: 5 }), [change(900, 4, 5)])).rung).toBe(rung);
  });

  test('waits 20 s, 15 % more or less', () => {
    const waits = Array.from({ length: 200 }, (_, index) => {
      const from = 5000 + index;
      const seconds = Array.from({ length: 60 }, (__, tick) => tick).find(
        (tick) =>
          standard.decide(...lasting(3, snapshot({ ...low, rung: 1, atSeconds: from + tick }), [change(from, 0, 1)]))
            .rung === 0,
      );
      return seconds ?? never;
    });
    // A wait of 17.1 s is over at the 18th tick.
    expect(Math.min(...waits)).toBe(18);
    expect(Math.max(...waits)).toBe(23);
  });

  test.each<[what: string, changes: readonly [at: number, from: number, to: number][], least: number, most: number]>([
    [
      'doubles after a step up that failed',
      [
        [0, 0, 1],
        [100, 1, 0],
        [159, 0, 1],
      ],
      34,
      46,
    ],
    [
      'does not after one that lasted',
      [
        [0, 0, 1],
        [100, 1, 0],
        [161, 0, 1],
      ],
      17,
      23,
    ],
    [
      'doubles once more after another',
      [
        [0, 0, 1],
        [30, 1, 0],
        [40, 0, 1],
        [90, 1, 0],
        [100, 0, 1],
      ],
      54,
      90,
    ],
    [
      'counts a step down of two rungs once',
      [
        [0, 0, 2],
        [30, 2, 1],
        [51, 1, 0],
        [60, 0, 2],
      ],
      34,
      46,
    ],
    [
      'is 240 s at most',
      Array.from({ length: 41 }, (_, index): [number, number, number] => [index * 10, index % 2, 1 - (index % 2)]),
      204,
      276,
    ],
  ])('the wait %s', (_, steps, least, most) => {
    const changes = steps.map(([at, from, to]) => change(at, from, to));
    const last = changes.at(-1);
    const from = last?.atSeconds ?? 0;
    const wait = Array.from({ length: 400 }, (__, tick) => tick).find((tick) => {
      const seen = snapshot({ ...low, rung: last?.to ?? 1, atSeconds: from + tick });
      return standard.decide(...lasting(3, seen, changes)).rung < seen.rung;
    });
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(most);
  });

  test('does not count room that comes and goes', () => {
    const climb = new Climb(standard);
    for (let swing = 0; swing < 20; swing += 1) {
      climb.ticks(30, { load: loadsOf(1) });
      climb.ticks(15, low);
    }
    expect(climb.changes.map(({ from, to }) => [from, to])).toEqual([[0, 1]]);
    climb.ticks(30, low);
    expect(climb.rung).toBe(0);
  });

  test('forgets half of a penalty in five minutes', () => {
    const failed = [change(0, 0, 1), change(100, 1, 0), change(150, 0, 1)];
    // Meanwhile the load was there: the last step down is an old one.
    const wait = (later: number) => {
      const changes = [...failed, change(400, 1, 0), change(later, 0, 1)];
      return Array.from({ length: 200 }, (_, tick) => tick).find(
        (tick) =>
          standard.decide(...lasting(3, snapshot({ ...low, rung: 1, atSeconds: later + tick }), changes)).rung === 0,
      );
    };
    // 20 · 2^0.5 = 28.3 s, and 15 %.
    expect(wait(450)).toBeGreaterThanOrEqual(2 * 17);
    expect(wait(650)).toBeLessThanOrEqual(33);
  });
});

describe('a decision', () => {
  test('says why in a sentence with numbers', () => {
    const down = standard.decide(...lasting(3, snapshot({ load: loadsOf(1.31) })));
    expect(down.reason).toBe("The 12 sources need 2.62 of the 2 slots; with 'smaller model' they need 0.92.");
    expect(down.evidence).toMatchObject({ load: 1.31, capacity: 2, sources: 12 });
    const up = standard.decide(...lasting(3, snapshot({ rung: 1, load: loadsOf(0.5) }), [change(900, 0, 1)]));
    expect(up.reason).toBe(
      "The 12 sources need 1.00 of the 2 slots with 'requested', which left room for 100 s; back to it.",
    );
  });

  test('says which queue is about to be full', () => {
    const { reason } = standard.decide(...lasting(1, snapshot({ load: loadsOf(0.9), secondsToOverflow: 9 })));
    expect(reason).toContain('a queue is full in 9 s');
  });

  test('has only numbers as evidence', () => {
    const seen = snapshot({ load: [Number.NaN], speechShare: Number.NaN, smallestSojournSeconds: Number.NaN });
    expect(Object.values(standard.decide(...lasting(3, seen)).evidence).every(Number.isFinite)).toBe(true);
  });

  test('is the same whether or not the present is in the history', () => {
    const [now, history] = lasting(3, snapshot({ load: loadsOf(0.9) }));
    const earlier = { ...history, snapshots: history.snapshots.slice(0, -1) };
    expect(standard.decide(now, earlier)).toEqual(standard.decide(now, history));
  });

  test('goes by the thresholds that were defined', () => {
    const own = definePolicy({ name: 'own', thresholds: { downLoad: 0.6, targetLoad: 0.5, upLoad: 0.4, ticks: 1 } });
    expect(own.decide(...lasting(10, snapshot({ load: loadsOf(0.61) }))).rung).toBe(1);
    expect(own.decide(...lasting(1, snapshot({ load: loadsOf(1) }))).rung).toBe(3);
  });
});

const load = fc.array(fc.oneof(fc.double({ min: 0, max: 4, noNaN: true }), fc.constantFrom(Number.NaN, never)), {
  minLength: 6,
  maxLength: 6,
});
const anything: fc.Arbitrary<Partial<LoadSnapshot>> = fc.record({
  load,
  smallestSojournSeconds: fc.oneof(fc.double({ min: 0, max: 60, noNaN: true }), fc.constant(Number.NaN)),
  secondsToOverflow: fc.oneof(fc.double({ min: 0, max: 200 }), fc.constant(never)),
  chunkSeconds: fc.constantFrom(1, 4, 8, 15, never),
  capacity: fc.oneof(fc.double({ min: 0.5, max: 8, noNaN: true }), fc.constantFrom(0, Number.NaN)),
});
/** Some minutes, a few seconds of the same at a time. */
const trace = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), anything), { maxLength: 20 });

function climbed(steps: readonly (readonly [number, Partial<LoadSnapshot>])[]): Climb {
  const climb = new Climb(standard);
  for (const [ticks, seen] of steps) climb.ticks(ticks, seen);
  return climb;
}

describe('over any load', () => {
  test('the rung is one of the ladder, and a step is one', () => {
    fc.assert(
      fc.property(trace, (steps) => {
        for (const { from, to, reason } of climbed(steps).changes) {
          expect(to).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThan(standard.rungs.length);
          expect(to).not.toBe(from);
          expect(reason).toMatch(/^The 12 sources need .*\.$/);
        }
      }),
      { numRuns: 1400 },
    );
  });

  test('the same load leads to the same decisions', () => {
    fc.assert(
      fc.property(trace, (steps) => {
        expect(climbed(steps).changes).toEqual(climbed(steps).changes);
      }),
      { numRuns: 500 },
    );
  });

  test('steps are bounded: up after 17 s at least, and never down more often than the ladder is deep for each way up', () => {
    fc.assert(
      fc.property(trace, (steps) => {
        const { changes } = climbed(steps);
        const seconds = steps.reduce((sum, [ticks]) => sum + ticks, 0);
        let before = 0;
        for (const { atSeconds, from, to } of changes) {
          if (to < from) expect(atSeconds - before).toBeGreaterThanOrEqual(17);
          before = atSeconds;
        }
        const ups = changes.filter(({ from, to }) => to < from).length;
        expect(ups).toBeLessThanOrEqual(seconds / 17);
        expect(changes.length).toBeLessThanOrEqual((2 * seconds) / 17 + 10);
      }),
      { numRuns: 1400 },
    );
  });

  test('ten minutes of little load end at rung 0', () => {
    const little = fc.double({ min: 0, max: 0.6, noNaN: true });
    fc.assert(
      fc.property(trace, little, fc.double({ min: 0, max: 30, noNaN: true }), (steps, low, warming) => {
        const climb = climbed(steps);
        climb.ticks(600, {
          load: Array.from({ length: 6 }, () => low),
          switchSeconds: Array.from({ length: 6 }, () => warming),
        });
        expect(climb.rung).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  test('a load that does not change leads to two steps at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 5, noNaN: true }), (steady) => {
        const climb = new Climb(standard);
        climb.ticks(1800, { load: loadsOf(steady) });
        expect(climb.changes.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 100 },
    );
  });
});
