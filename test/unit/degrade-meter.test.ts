import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DecodeReading, Meter, type SourceReading } from '../../dist/degrade/meter.js';
import type { RungCost } from '../../dist/degrade/rung-cost.js';
import { ServiceTimes } from '../../dist/degrade/service-time.js';
import type { LoadSnapshot } from '../../dist/degrade/snapshot.js';
import { UtteranceLengths } from '../../dist/degrade/utterance-lengths.js';
import type { Priority } from '../../dist/scheduler/work.js';
import { ManualClock } from '../manual-clock.js';

const base = 'base|q8_0|sized|1|1';
const tiny = 'tiny|q8_0|sized|1|1';
const all: readonly Priority[] = ['critical', 'normal', 'background'];
/** What pieces are long under a limit, when none was heard. */
const usual = (chunkSeconds: number) => new UtteranceLengths().under(chunkSeconds);
const rungs: readonly RungCost[] = [
  { key: base, chunkSeconds: 4, switchSeconds: 0, serves: all },
  { key: base, chunkSeconds: 8, switchSeconds: 0, serves: all },
  { key: tiny, chunkSeconds: 8, switchSeconds: 3, serves: all },
  { key: tiny, chunkSeconds: 8, switchSeconds: 3, serves: ['critical', 'normal'] },
];

function source(changes: Partial<SourceReading> = {}): SourceReading {
  return { priority: 'normal', speechShare: 0.5, queuedSeconds: 0, limitSeconds: 120, isShed: false, ...changes };
}

/** A meter with its clock. Base takes 0.2 + 0.1·L seconds. */
class Bench {
  readonly clock = new ManualClock(1000);
  readonly meter: Meter;

  constructor({
    slots = 2,
    ...options
  }: { slots?: number; parallelEfficiency?: number; minuteOfDay?: () => number } = {}) {
    const serviceTimes = new ServiceTimes();
    for (let index = 0; index < 40; index += 1) {
      const audioSeconds = 2 + (index % 7);
      serviceTimes.add({ key: base, audioSeconds, decodeSeconds: 0.2 + 0.1 * audioSeconds });
      serviceTimes.add({ key: tiny, audioSeconds, decodeSeconds: 0.1 + 0.05 * audioSeconds });
    }
    this.meter = new Meter({ clock: this.clock, slots, serviceTimes, ...options });
  }

  decoded(changes: Partial<DecodeReading> = {}): void {
    const atSeconds = this.clock.nowSeconds();
    this.meter.decoded({
      key: base,
      kind: 'final',
      audioSeconds: 4,
      decodeSeconds: 0.6,
      queueSeconds: 0,
      atSeconds,
      ...changes,
    });
  }

  tick(sources: readonly SourceReading[], rung = 0, seconds = 1): LoadSnapshot {
    this.clock.advance(seconds);
    return this.meter.tick({ rung, rungs, sources });
  }
}

describe('the load', () => {
  test('of each rung is the time for all speech of those that it serves, over what the slots have', () => {
    const sources = [
      source({ priority: 'critical', speechShare: 1 }),
      source({ speechShare: 0.5 }),
      source({ speechShare: 0.3 }),
      source({ priority: 'background', speechShare: 0.6 }),
    ];
    const bench = new Bench();
    const { load, capacity, speechShare, sources: counts } = bench.tick(sources);
    expect(capacity).toBe(2);
    expect(counts).toEqual({ critical: 1, normal: 2, background: 1 });
    expect(speechShare).toBeCloseTo(0.6, 10);
    const perSecond = (seconds: number, key: string) => bench.meter.serviceTimes.predict(key, seconds) / seconds;
    expect(load[0]).toBeCloseTo((2.4 * perSecond(usual(4), base)) / 2, 10);
    expect(load[1]).toBeCloseTo((2.4 * perSecond(usual(8), base)) / 2, 10);
    expect(load[2]).toBeCloseTo((2.4 * perSecond(usual(8), tiny)) / 2, 10);
    expect(load[3]).toBeCloseTo((1.8 * perSecond(usual(8), tiny)) / 2, 10);
    // Decodes of 4 s take 0.6 s, and pieces are not quite as long as their limit.
    expect(load[0]).toBeGreaterThan((2.4 * 0.6) / 4 / 2);
    expect(load[0]).toBeLessThan((1.5 * (2.4 * 0.6)) / 4 / 2);
  });

  test('counts sources that are shed on the rungs that would serve them', () => {
    const sources = [source(), source({ priority: 'background', isShed: true })];
    const there = new Bench().tick(sources, 3).load;
    expect(there).toEqual(new Bench().tick([source(), source({ priority: 'background' })], 3).load);
    expect(there[2]).toBeCloseTo(2 * (there[3] ?? 0), 10);
  });

  test('of no sources is 0', () => {
    expect(new Bench().tick([])).toMatchObject({
      load: [0, 0, 0, 0],
      speechShare: 0,
      secondsToOverflow: Number.POSITIVE_INFINITY,
    });
  });

  test('of a rung without its model is Infinity', () => {
    const bench = new Bench();
    const { load } = bench.meter.tick({
      rung: 0,
      rungs: [rungs[0], { ...rungs[1], key: undefined }] as RungCost[],
      sources: [source()],
    });
    expect(load[1]).toBe(Number.POSITIVE_INFINITY);
  });

  test('of continuous speech is that of chunks of 15 s', () => {
    const bench = new Bench();
    const endless = [{ ...rungs[0], chunkSeconds: Number.POSITIVE_INFINITY }] as RungCost[];
    const { load, chunkSeconds } = bench.meter.tick({ rung: 0, rungs: endless, sources: [source({ speechShare: 1 })] });
    expect(chunkSeconds).toBe(15);
    expect(load[0]).toBeCloseTo(bench.meter.serviceTimes.predict(base, usual(15)) / usual(15) / 2, 10);
  });

  test('counts at once who comes and goes', () => {
    const bench = new Bench();
    const loadOf = (count: number) => bench.tick(Array.from({ length: count }, () => source())).load[0] ?? 0;
    const one = loadOf(1);
    expect(loadOf(5)).toBeCloseTo(5 * one, 10);
    expect(loadOf(2)).toBeCloseTo(2 * one, 10);
    expect(loadOf(0)).toBe(0);
  });

  test('averages over minutes what chance makes of the shares of speech', () => {
    const bench = new Bench();
    const shares = Array.from({ length: 600 }, (_, tick) => {
      const speechShare = 0.5 + 0.15 * Math.sin(tick / 5);
      return bench.tick(Array.from({ length: 8 }, () => source({ speechShare }))).speechShare;
    });
    const later = shares.slice(120);
    expect(Math.min(...later)).toBeGreaterThan(0.48);
    expect(Math.max(...later)).toBeLessThan(0.52);
  });

  test('does not keep what was assumed at first, even where chance could have made the difference', () => {
    const bench = new Bench();
    const all = (speechShare: number) =>
      bench.tick(Array.from({ length: 8 }, () => source({ speechShare }))).speechShare;
    expect(all(0.5)).toBeCloseTo(0.5, 9);
    const shares = Array.from({ length: 60 }, () => all(0.7));
    expect(shares[0]).toBeCloseTo(0.6, 9);
    expect(shares.at(-1)).toBeGreaterThan(0.69);
  });

  test('follows in some seconds when all begin to speak', () => {
    const bench = new Bench();
    const all = (speechShare: number) =>
      bench.tick(Array.from({ length: 8 }, () => source({ speechShare }))).speechShare;
    for (let tick = 0; tick < 60; tick += 1) all(0.2);
    const shares = Array.from({ length: 15 }, () => all(0.9));
    expect(shares.at(-1)).toBeGreaterThan(0.6);
  });

  test('does not mind a share that is no number', () => {
    const bench = new Bench();
    expect(bench.tick([source(), source({ speechShare: Number.NaN })]).speechShare).toBe(0.5);
  });

  test('gains less from longer chunks when pauses end the utterances before', () => {
    const gainAfter = (lengths: readonly number[]) => {
      const bench = new Bench();
      bench.tick([], 1);
      for (let index = 0; index < 400; index += 1) {
        const audioSeconds = lengths[index % lengths.length] ?? 1;
        bench.decoded({ audioSeconds, decodeSeconds: 0.2 + 0.1 * audioSeconds });
      }
      const { load } = bench.tick([source()], 1);
      return (load[0] ?? 0) / (load[1] ?? 1);
    };
    expect(gainAfter([1.2, 2.2, 3.2])).toBeLessThan(1.1);
    expect(gainAfter([7, 7.5, 8])).toBeGreaterThan(1.15);
  });
});

describe('the capacity', () => {
  /** Rounds of decodes: side by side on all slots, and one alone. */
  function run(bench: Bench, slots: number, togetherSeconds: number): void {
    for (let round = 0; round < 200; round += 1) {
      bench.clock.advance(1);
      for (let slot = 0; slot < slots; slot += 1) bench.decoded({ decodeSeconds: togetherSeconds });
      bench.clock.advance(1);
      bench.decoded({ decodeSeconds: 0.6 });
    }
  }

  test.each([
    [2, 0.6, 2],
    [2, 0.9, 1.78],
    [4, 0.6, 4],
    [4, 1.2, 3.6],
  ])('of %d slots that take %d s side by side, and 0.6 s alone, is about %d', (slots, togetherSeconds, capacity) => {
    const bench = new Bench({ slots });
    run(bench, slots, togetherSeconds);
    expect(bench.tick([]).capacity).toBeGreaterThan(capacity * 0.9);
    expect(bench.tick([]).capacity).toBeLessThanOrEqual(Math.min(capacity * 1.1, slots));
  });

  test('is what is known beforehand until it was measured', () => {
    expect(new Bench({ parallelEfficiency: 0.8 }).tick([]).capacity).toBeCloseTo(1.6, 10);
  });

  test('of one slot is one slot', () => {
    const bench = new Bench({ slots: 1 });
    run(bench, 1, 3);
    expect(bench.tick([]).capacity).toBe(1);
  });
});

describe('the smallest sojourn', () => {
  test.each<
    [
      what: string,
      waits: readonly (readonly [before: number, seconds: number, Partial<DecodeReading>?])[],
      wanted: number,
    ]
  >([
    ['is 0 when nothing was decoded', [], 0],
    [
      'is the shortest wait',
      [
        [3, 5],
        [2, 3],
        [1, 4],
      ],
      3,
    ],
    [
      'forgets what is older than 8 s',
      [
        [9, 1],
        [7, 6],
      ],
      6,
    ],
    [
      'counts finals only',
      [
        [3, 5],
        [2, 0, { kind: 'partial' }],
        [1, 0, { kind: 'piece' }],
      ],
      5,
    ],
    [
      'is that of the priority that waits longer',
      [
        [3, 0, { priority: 'critical' }],
        [2, 7],
        [1, 8],
      ],
      7,
    ],
    [
      'leaves out what is meant to wait',
      [
        [3, 1, { priority: 'critical' }],
        [2, 50, { priority: 'background' }],
      ],
      1,
    ],
    ['counts background when that is all', [[2, 50, { priority: 'background' }]], 50],
    ['takes a wait that is no number for none', [[2, Number.NaN]], 0],
  ])('%s', (_, waits, wanted) => {
    const bench = new Bench();
    bench.tick([]);
    let at = 10;
    for (const [before, queueSeconds, changes] of waits) {
      bench.clock.advance(at - before);
      at = before;
      bench.decoded({ queueSeconds, ...changes });
    }
    expect(bench.tick([], 0, at).smallestSojournSeconds).toBe(wanted);
  });

  test('stays while a queue stands and nothing is decoded, and goes with the queue', () => {
    const bench = new Bench();
    bench.decoded({ queueSeconds: 6 });
    const sojourn = (queuedSeconds: number, seconds: number) =>
      bench.tick([source({ queuedSeconds })], 0, seconds).smallestSojournSeconds;
    expect(sojourn(20, 1)).toBe(6);
    expect(sojourn(20, 60)).toBe(6);
    expect(sojourn(4, 1)).toBe(0);
  });
});

describe('the time to overflow', () => {
  const secondsAfter = (queues: readonly (readonly SourceReading[])[]) => {
    const bench = new Bench();
    return queues.map((sources) => bench.tick(sources)).at(-1)?.secondsToOverflow;
  };
  const growing = (by: number, changes: Partial<SourceReading> = {}, from = 20) =>
    Array.from({ length: 6 }, (_, tick) => [source({ queuedSeconds: from + by * tick, ...changes })]);

  test.each<[what: string, queues: readonly (readonly SourceReading[])[], wanted: number]>([
    ['is that of its growth', growing(2), 45],
    ['is Infinity when it falls', growing(-2), Number.POSITIVE_INFINITY],
    ['is Infinity when it stands', growing(0), Number.POSITIVE_INFINITY],
    ['does not take one utterance that is spoken for growth', growing(0.5, {}, 1), Number.POSITIVE_INFINITY],
    ['is 0 when it is full and grew', growing(20), 0],
    ['does not count background', growing(2, { priority: 'background' }), Number.POSITIVE_INFINITY],
    ['does not count what is shed', growing(2, { isShed: true }), Number.POSITIVE_INFINITY],
    [
      'does not count a queue without limit',
      growing(2, { limitSeconds: Number.POSITIVE_INFINITY }),
      Number.POSITIVE_INFINITY,
    ],
    [
      'is that of the fullest',
      growing(2, {}, 22).map((growth, tick) => [source({ queuedSeconds: 19 - tick }), ...growth]),
      44,
    ],
    ['needs three ticks', growing(2).slice(0, 2), Number.POSITIVE_INFINITY],
  ])('%s', (_, queues, wanted) => {
    expect(secondsAfter(queues)).toBeCloseTo(wanted, 6);
  });

  test('does not take another chunk length for growth', () => {
    const bench = new Bench();
    for (let tick = 0; tick < 5; tick += 1) bench.tick([source({ queuedSeconds: 30 })], 1);
    expect(bench.tick([source({ queuedSeconds: 30 })], 0).secondsToOverflow).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('RTFs', () => {
  test('are of the last minute, turnarounds of the last ten seconds', () => {
    const bench = new Bench();
    for (const decodeSeconds of [0.4, 0.8, 1.2]) bench.decoded({ decodeSeconds, queueSeconds: 2 });
    expect(bench.tick([]).rtf.mean).toBeCloseTo(0.2, 10);
    expect(bench.tick([]).rtf).toMatchObject({ p50: 0.2, p95: 0.3 });
    expect(bench.tick([]).turnaroundRtf).toBeCloseTo(0.7, 10);
    expect(bench.tick([], 0, 10).turnaroundRtf).toBe(0);
    expect(bench.tick([], 0, 60).rtf).toEqual({ mean: 0, p50: 0, p95: 0 });
  });

  test('of what nobody waits for are no turnarounds', () => {
    const bench = new Bench();
    bench.decoded({ kind: 'piece', queueSeconds: 100 });
    bench.decoded({ kind: 'partial', queueSeconds: 100 });
    expect(bench.tick([]).turnaroundRtf).toBe(0);
  });
});

test("the time of day is the engine's, or the clock's", () => {
  expect(new Bench({ minuteOfDay: () => 77 }).tick([]).minuteOfDay).toBe(77);
  expect(new Bench().tick([], 0, 100_000).minuteOfDay).toBe(Math.floor(101_000 / 60) % 1440);
});

test('whatever comes in, numbers come out', () => {
  const number = fc.oneof(
    fc.double(),
    fc.double({ min: 0, max: 100 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0),
  );
  const decode = fc.record({
    key: fc.constantFrom(base, tiny, 'x'),
    kind: fc.constantFrom<DecodeReading['kind'][]>('final', 'partial', 'piece'),
    priority: fc.constantFrom<Priority[]>(...all),
    audioSeconds: number,
    decodeSeconds: number,
    queueSeconds: number,
    atSeconds: number,
  });
  const reading = fc.record({
    priority: fc.constantFrom<Priority[]>(...all),
    speechShare: number,
    queuedSeconds: number,
    limitSeconds: number,
    isShed: fc.boolean(),
  });
  const step = fc.tuple(
    fc.array(decode, { maxLength: 5 }),
    fc.array(reading, { maxLength: 4 }),
    fc.integer({ min: 0, max: 3 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const bench = new Bench();
      for (const [decodes, sources, rung] of steps) {
        for (const each of decodes) bench.meter.decoded(each);
        const { secondsToOverflow, load, rtf, ...rest } = bench.tick(sources, rung);
        expect(secondsToOverflow).toBeGreaterThanOrEqual(0);
        const numbers = [
          ...load,
          ...Object.values(rtf),
          rest.capacity,
          rest.smallestSojournSeconds,
          rest.speechShare,
          rest.turnaroundRtf,
        ];
        for (const each of numbers) expect(each).toBeGreaterThanOrEqual(0);
        expect(numbers.every(Number.isFinite)).toBe(true);
        expect(rest.capacity).toBeGreaterThan(0);
      }
    }),
    { numRuns: 300 },
  );
});
