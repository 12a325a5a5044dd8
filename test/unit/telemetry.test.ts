import { spawnSync } from 'node:child_process';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../dist/clock.js';
import { contextClass } from '../../dist/telemetry/plan-tally.js';
import { type FinishedDecode, Telemetry } from '../../dist/telemetry/telemetry.js';
import { ManualClock } from '../manual-clock.js';

const decode: FinishedDecode = {
  kind: 'final',
  priority: 'critical',
  model: 'tiny.en',
  variant: 'q8_0',
  encoderContext: 384,
  audioSeconds: 4,
  decodeSeconds: 1,
  queueSeconds: 0.5,
  retried: false,
};

const opened: Telemetry[] = [];
function telemetryOn(clock = new ManualClock(1000)): Telemetry {
  const telemetry = new Telemetry(clock);
  opened.push(telemetry);
  return telemetry;
}
afterEach(() => {
  for (const telemetry of opened.splice(0)) telemetry.close();
});

const nothing = { count: 0, sum: 0 };
const one = (value: number) => ({
  count: 1,
  sum: value,
  recent: { count: 1, p50: value, p95: value, p99: value, max: value },
});

describe('a reading', () => {
  test('of an engine that did nothing has every field, and zeros', () => {
    const noDecodes = { count: 0, audioSeconds: 0, retries: 0, decodeSeconds: nothing };
    expect(telemetryOn().read()).toEqual({
      uptimeSeconds: 0,
      windowSeconds: 0,
      decodes: { final: noDecodes, partial: noDecodes, piece: noDecodes },
      queueSeconds: { critical: nothing, normal: nothing, background: nothing, batch: nothing },
      plans: [],
      finalLatencySeconds: nothing,
      partialLatencySeconds: nothing,
      sheds: {},
      gaps: {},
      restarts: { slot: 0, listener: 0 },
      failures: {},
      sessions: { opened: 0, closed: 0 },
    });
  });

  test('has a decode under its kind, its priority and its plan', () => {
    const telemetry = telemetryOn();
    telemetry.decoded(decode);
    const { decodes, queueSeconds, plans } = telemetry.read();
    expect(decodes.final).toEqual({ count: 1, audioSeconds: 4, retries: 0, decodeSeconds: one(1) });
    expect([decodes.partial.count, decodes.piece.count]).toEqual([0, 0]);
    expect(queueSeconds).toEqual({ critical: one(0.5), normal: nothing, background: nothing, batch: nothing });
    const plan = { model: 'tiny.en', variant: 'q8_0', encoderContext: 384 };
    expect(plans).toEqual([{ ...plan, count: 1, audioSeconds: 4, decodeSeconds: 1, retries: 0, rtf: one(0.25) }]);
  });

  test('adds up decodes of one plan and keeps others apart', () => {
    const telemetry = telemetryOn();
    telemetry.decoded(decode);
    telemetry.decoded({ ...decode, kind: 'partial', retried: true, decodeSeconds: 3 });
    telemetry.decoded({ ...decode, variant: 'f16' });
    telemetry.decoded({ ...decode, model: 'base', kind: 'piece', priority: 'batch' });
    telemetry.decoded({ ...decode, encoderContext: 448 });
    telemetry.decoded({ ...decode, encoderContext: 512 });
    expect(telemetry.read().plans).toMatchObject([
      { model: 'base', variant: 'q8_0', encoderContext: 384, count: 1 },
      { model: 'tiny.en', variant: 'f16', encoderContext: 384, count: 1 },
      { encoderContext: 384, count: 2, audioSeconds: 8, decodeSeconds: 4, retries: 1, rtf: { count: 2, sum: 1 } },
      { encoderContext: 512, count: 2 },
    ]);
  });

  test('counts sheds, gaps, restarts, failures and sessions', () => {
    const telemetry = telemetryOn();
    for (const reason of ['refused', 'dropped', 'dropped']) telemetry.shed(reason);
    telemetry.gap('shed', 1.5);
    telemetry.gap('shed', 2);
    telemetry.gap('suppressed', 0);
    telemetry.restarted('slot');
    telemetry.failed('DECODE_FAILED');
    telemetry.failed('DECODE_FAILED');
    telemetry.sessionOpened();
    telemetry.sessionOpened();
    telemetry.sessionClosed();
    expect(telemetry.read()).toMatchObject({
      sheds: { refused: 1, dropped: 2 },
      gaps: { shed: { count: 2, seconds: 3.5 }, suppressed: { count: 1, seconds: 0 } },
      restarts: { slot: 1, listener: 0 },
      failures: { DECODE_FAILED: 2 },
      sessions: { opened: 2, closed: 1 },
    });
  });

  test('has the latencies apart', () => {
    const telemetry = telemetryOn();
    telemetry.finalLatency(0.5);
    telemetry.partialLatency(0.25);
    expect(telemetry.read()).toMatchObject({ finalLatencySeconds: one(0.5), partialLatencySeconds: one(0.25) });
  });

  test('forgets quantiles after two minutes at most, and totals never', () => {
    const clock = new ManualClock(30);
    const telemetry = telemetryOn(clock);
    telemetry.decoded(decode);
    telemetry.finalLatency(0.5);
    clock.advance(60);
    expect(telemetry.read()).toMatchObject({ uptimeSeconds: 60, windowSeconds: 60, finalLatencySeconds: one(0.5) });
    clock.advance(60);
    const { decodes, plans, queueSeconds, finalLatencySeconds } = telemetry.read();
    const forgotten = { count: 1, sum: 0.5 };
    expect([finalLatencySeconds, queueSeconds.critical]).toEqual([forgotten, forgotten]);
    expect(decodes.final).toEqual({ count: 1, audioSeconds: 4, retries: 0, decodeSeconds: { count: 1, sum: 1 } });
    expect(plans).toMatchObject([{ count: 1, rtf: { count: 1, sum: 0.25 } }]);
    expect(plans[0]?.rtf.recent).toBeUndefined();
  });

  test('is of its own: later records do not change it', () => {
    const telemetry = telemetryOn();
    const record = () => {
      telemetry.decoded(decode);
      telemetry.shed('dropped');
      telemetry.gap('shed', 1);
      telemetry.restarted('slot');
      telemetry.sessionOpened();
    };
    record();
    const first = telemetry.read();
    const kept = structuredClone(first);
    record();
    expect(first).toEqual(kept);
    expect(telemetry.read()).not.toEqual(kept);
  });

  test('survives JSON', () => {
    const telemetry = telemetryOn();
    telemetry.decoded(decode);
    telemetry.decoded({ ...decode, audioSeconds: 0, decodeSeconds: Number.NaN });
    telemetry.gap('__proto__', 1);
    telemetry.shed('constructor');
    const reading = telemetry.read();
    expect(JSON.parse(JSON.stringify(reading))).toEqual(reading);
    expect(Object.entries(reading.sheds)).toEqual([['constructor', 1]]);
    expect(Object.entries(reading.gaps)).toEqual([['__proto__', { count: 1, seconds: 1 }]]);
  });
});

describe('what is no measure', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])(
    '%d leaves the sums as they were',
    (bad) => {
      const telemetry = telemetryOn();
      telemetry.decoded({ ...decode, audioSeconds: bad, decodeSeconds: bad, queueSeconds: bad });
      telemetry.finalLatency(bad);
      telemetry.partialLatency(bad);
      telemetry.gap('shed', bad);
      const { decodes, plans, queueSeconds, finalLatencySeconds, partialLatencySeconds, gaps } = telemetry.read();
      // The decode took place, whatever its numbers say.
      expect(decodes.final).toEqual({ count: 1, audioSeconds: 0, retries: 0, decodeSeconds: nothing });
      expect(plans).toMatchObject([{ count: 1, audioSeconds: 0, decodeSeconds: 0 }]);
      expect([queueSeconds.critical, finalLatencySeconds, partialLatencySeconds]).toEqual([nothing, nothing, nothing]);
      expect(gaps).toEqual({});
    },
  );

  test('no audio has no RTF', () => {
    const telemetry = telemetryOn();
    telemetry.decoded({ ...decode, audioSeconds: 0 });
    telemetry.decoded({ ...decode, audioSeconds: 0, decodeSeconds: 0 });
    expect(telemetry.read().plans).toMatchObject([{ count: 2, rtf: nothing }]);
  });
});

describe('plans', () => {
  test.each([
    [0, 384],
    [384, 384],
    [385, 512],
    [512, 512],
    [768, 768],
    [769, 1024],
    [1025, 1500],
    [1500, 1500],
    [Number.NaN, 1500],
  ])('an encoder window of %d frames is of the class %d', (frames, limit) => {
    expect(contextClass(frames)).toBe(limit);
  });

  test('are 32 at most: the one that decoded longest ago is forgotten', () => {
    const telemetry = telemetryOn();
    const decodeWith = (index: number) =>
      telemetry.decoded({ ...decode, model: `model ${String(index).padStart(2, '0')}` });
    for (let index = 0; index < 32; index += 1) decodeWith(index);
    decodeWith(0);
    decodeWith(32);
    const { plans, decodes } = telemetry.read();
    expect(plans).toHaveLength(32);
    const models = plans.map(({ model }) => model);
    expect([models.includes('model 00'), models.includes('model 01')]).toEqual([true, false]);
    expect(plans[0]?.count).toBe(2);
    expect(decodes.final.count).toBe(34);
  });
});

describe('the event loop', () => {
  /** Turns the loop until a reading tells of it. */
  async function delayOf(telemetry: Telemetry, isEnough: (maxSeconds: number) => boolean = () => true) {
    for (;;) {
      const { eventLoopDelaySeconds } = telemetry.read();
      if (eventLoopDelaySeconds && isEnough(eventLoopDelaySeconds.max)) return eventLoopDelaySeconds;
      await loopTurn();
    }
  }

  test('is watched from the first reading on', async () => {
    const telemetry = telemetryOn();
    expect(telemetry.read().eventLoopDelaySeconds).toBeUndefined();
    const { count, p50, p95, p99, max } = await delayOf(telemetry);
    expect(count).toBeGreaterThan(0);
    expect([p50, p95, p99, max].toSorted((a, b) => a - b)).toEqual([p50, p95, p99, max]);
  });

  test('shows what blocked it for as long as it did, then forgets it', async () => {
    const clock = new ManualClock();
    const telemetry = telemetryOn(clock);
    await delayOf(telemetry);
    const blockedSeconds = 0.2;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedSeconds * 1000);
    // Part of it may have been before the first look.
    const isSeen = (maxSeconds: number) => maxSeconds >= blockedSeconds - 0.05;
    await delayOf(telemetry, isSeen);
    clock.advance(60);
    expect(telemetry.read().eventLoopDelaySeconds?.max).toSatisfy(isSeen);
    clock.advance(60);
    expect(telemetry.read().eventLoopDelaySeconds).toBeUndefined();
  });

  test('keeps what came between two readings, however long that was', async () => {
    const clock = new ManualClock();
    const telemetry = telemetryOn(clock);
    await delayOf(telemetry);
    clock.advance(10_000);
    expect(telemetry.read().eventLoopDelaySeconds).toBeDefined();
  });

  test('is not watched any more after the end, and the rest can still be read', async () => {
    const telemetry = telemetryOn();
    telemetry.shed('dropped');
    await delayOf(telemetry);
    telemetry.close();
    telemetry.close();
    expect(telemetry.read().eventLoopDelaySeconds).toBeUndefined();
    expect(telemetry.read().sheds).toEqual({ dropped: 1 });
  });

  test('is no reason for a process to stay', () => {
    const [telemetryUrl, clockUrl] = ['telemetry/telemetry.js', 'clock.js'].map(
      (name) => new URL(`../../dist/${name}`, import.meta.url).href,
    );
    const program = `
      import { Telemetry } from ${JSON.stringify(telemetryUrl)};
      import { systemClock } from ${JSON.stringify(clockUrl)};
      new Telemetry(systemClock).read();
    `;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 60_000 });
    expect(status).toBe(0);
  });
});

test('on the real clock, time passes', () => {
  const telemetry = new Telemetry(systemClock);
  const first = telemetry.read().uptimeSeconds;
  expect(telemetry.read().uptimeSeconds).toBeGreaterThanOrEqual(first);
  telemetry.close();
});
