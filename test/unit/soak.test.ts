import { describe, expect, test } from 'vitest';
import { Floor } from '../../bench/soak/floor.mjs';
import { Lows } from '../../bench/soak/lows.mjs';
import { schedule } from '../../bench/soak/schedule.mjs';
import { Series } from '../../bench/soak/series.mjs';
import { growth, theilSen } from '../../bench/soak/slope.mjs';
import { seededRandom } from '../../bench/spread.mjs';

/** A reading every ten seconds. */
function readings(count: number, valueAt: (minutes: number, at: number) => number) {
  return Array.from({ length: count }, (_, at) => ({ atSeconds: 10 * at, value: valueAt(at / 6, at) }));
}

describe('a slope by Theil–Sen', () => {
  test('is that of a line', () => {
    expect(theilSen([readings(30, (minutes) => 500 + 3 * minutes)])).toBeCloseTo(3, 10);
  });

  test('is hardly moved by noise and by a fifth of readings that are far off', () => {
    const random = seededRandom(1);
    const noisy = readings(120, (minutes, at) => (at % 5 === 0 ? 90 : 500 + 2 * minutes + 4 * (random() - 0.5)));
    expect(theilSen([noisy])).toBeCloseTo(2, 0);
  });

  test('compares only readings of one group', () => {
    const small = readings(30, () => 100);
    const large = readings(30, () => 400).map(({ atSeconds, value }) => ({ atSeconds: atSeconds + 300, value }));
    expect(theilSen([small, large])).toBe(0);
    expect(theilSen([[...small, ...large]])).toBeGreaterThan(10);
  });

  test.each([[[]], [[[]]], [[[{ atSeconds: 1, value: 2 }]]]])('of %j cannot be told', (groups) => {
    expect(theilSen(groups)).toBeNaN();
  });
});

describe('growth that lasts', () => {
  test.each([
    ['of a leak is that of the leak', (minutes: number) => 500 + 5 * minutes, 5],
    ['of what warms up for a third of the time is none', (minutes: number) => 500 + 9 * Math.min(minutes, 7), 0],
    ['of a saw is none', (minutes: number) => 500 + 20 * (minutes % 2), 0],
  ])('%s', (_what, valueAt, expected) => {
    expect(growth([readings(120, valueAt)]).lasting).toBeCloseTo(expected, 0);
  });

  test('of a leak that begins late is seen over the later half', () => {
    const { whole, later } = growth([readings(120, (minutes) => 500 + 6 * Math.max(0, minutes - 10))]);
    expect(later).toBeGreaterThan(5);
    expect(whole).toBeGreaterThan(1);
  });
});

describe('a series', () => {
  test('keeps a bounded number of points, which are the means of neighbours', () => {
    const series = new Series(8);
    for (let at = 0; at < 1000; at += 1) series.add(at, 10 + 2 * at);
    expect(series.points.length).toBeLessThan(8);
    expect(series.points.length).toBeGreaterThanOrEqual(4);
    for (const { atSeconds, value } of series.points) expect(value).toBeCloseTo(10 + 2 * atSeconds, 6);
    expect(series.points.map(({ atSeconds }) => atSeconds)).toEqual(
      series.points.map(({ atSeconds }) => atSeconds).toSorted((a, b) => a - b),
    );
  });
});

describe('a floor', () => {
  test('is the least of the first two minutes and of the last two', () => {
    const floor = new Floor();
    for (let at = 330; at < 3600; at += 1) floor.add(at, at < 600 ? 20 + (at % 3) : 25 + (at % 3));
    expect(floor.first).toBe(20);
    expect(floor.last).toBe(25);
  });
});

describe('lows', () => {
  test('are the least of each minute that is over, and when it was', () => {
    const lows = new Lows();
    for (const [atSeconds, value] of [
      [5, 9],
      [20, 3],
      [59, 7],
      [60, 8],
      [190, 2],
      [230, 6],
      [245, 1],
    ] as const) {
      lows.add(atSeconds, value);
    }
    expect(lows.points).toEqual([
      { atSeconds: 20, value: 3 },
      { atSeconds: 60, value: 8 },
      { atSeconds: 190, value: 2 },
    ]);
  });
});

describe('what a soak does', () => {
  function acts(seed: number, slots: number, seconds: number) {
    const taken = [];
    for (const act of schedule({ seed, slots, burstSources: 50 })) {
      if (act.atSeconds > seconds) return taken;
      taken.push(act);
    }
    return taken;
  }

  test('is the same for the same seed, and another for another', () => {
    expect(acts(7, 2, 1200)).toEqual(acts(7, 2, 1200));
    expect(acts(7, 2, 1200)).not.toEqual(acts(8, 2, 1200));
  });

  test('comes in the order of time', () => {
    const times = acts(3, 4, 1200).map(({ atSeconds }) => atSeconds);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test.each([1, 2, 3])('has everything in it within 20 minutes, seed %d', (seed) => {
    const all = acts(seed, 2, 1200);
    const kinds = new Set(all.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['visit', 'file', 'long-file', 'bad-input', 'crash', 'switch', 'health']));
    const visits = all.flatMap((act) => (act.kind === 'visit' ? [act] : []));
    expect(visits.some(({ isBurst }) => isBurst)).toBe(true);
    expect(new Set(visits.map(({ visit }) => visit.leaving))).toEqual(
      new Set(['end', 'abort', 'abort-source', 'resume', 'expire']),
    );
    expect(new Set(visits.map(({ visit }) => visit.reading))).toEqual(new Set(['none', 'quick', 'slow']));
  });

  test('never aborts a critical source, and gives up none of its audio by a policy', () => {
    for (const act of acts(5, 8, 1200)) {
      if (act.kind !== 'visit') continue;
      const critical = act.visit.sources.filter(({ priority }) => priority === 'critical');
      expect(critical.every(({ shed }) => shed === 'refuse')).toBe(true);
      if (critical.length > 0) expect(['end', 'resume', 'expire']).toContain(act.visit.leaving);
    }
  });

  test('is some 1.2 sources a slot between bursts', () => {
    const calm = acts(11, 4, 36_000).flatMap((act) => (act.kind === 'visit' && !act.isBurst ? [act.visit] : []));
    const spoken = calm.reduce((sum, { seconds, sources }) => sum + seconds * sources.length, 0);
    expect(spoken / 36_000 / 4).toBeCloseTo(1.2, 1);
  });
});
