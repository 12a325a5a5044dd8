import { describe, expect, test, vi } from 'vitest';
import { policies } from '../../dist/degrade/policies.js';
import type { Policy } from '../../dist/degrade/policy.js';
import { defaultMachine, machineFrom, serviceSeconds } from '../../dist/degrade/simulator/machine.js';
import { simulate } from '../../dist/degrade/simulator/simulate.js';
import type { SimulationResult } from '../../dist/degrade/simulator/simulation-result.js';
import {
  flashCrowd,
  type LoadOptions,
  noisyNeighbour,
  ramp,
  slowLeak,
  squareWave,
  stalls,
  steady,
  step,
  syntheticTraces,
} from '../../dist/degrade/simulator/synthetic-traces.js';
import { slotSecondsPerSpeech } from '../../dist/degrade/simulator/talk.js';
import type { Trace, TraceEvent } from '../../dist/degrade/simulator/trace.js';
import { readTrace, traceLines } from '../../dist/degrade/simulator/trace-lines.js';
import type { EngineError } from '../../dist/errors.js';

vi.setConfig({ testTimeout: 60_000 });

/** Sources that speak nearly all the time: a load that is as steady as its name says. */
const even: LoadOptions = { speechShare: 0.85 };
const short: LoadOptions = { seconds: 120 };

/** Stays where it is told to. */
function pinnedTo(rung: number): Policy {
  return {
    name: `pinned to ${rung}`,
    rungs: policies.standard.rungs,
    decide: () => ({ rung, reason: 'It is pinned.', evidence: {} }),
  };
}

function secondsAtRung0After(result: SimulationResult, atSeconds: number): number {
  const back = result.timeline.find((point) => point.atSeconds > atSeconds && point.rung === 0);
  return (back?.atSeconds ?? Number.POSITIVE_INFINITY) - atSeconds;
}

describe('30 minutes on a machine of two slots', () => {
  interface Wanted {
    readonly transitions: number;
    readonly p95Seconds: number;
    readonly droppedShare: number;
  }
  const loads: readonly (readonly [string, () => Trace, Wanted])[] = [
    ['steady 1.6×', () => steady(1.6), { transitions: 2, p95Seconds: 10, droppedShare: 0 }],
    ['steady 3×', () => steady(3), { transitions: 3, p95Seconds: 10, droppedShare: 0.005 }],
    ['step to 2.5×', () => step({ load: 2.5 }), { transitions: 4, p95Seconds: 10, droppedShare: 0 }],
    ['60 s square wave', () => squareWave({ load: 1.6 }), { transitions: 20, p95Seconds: 10, droppedShare: 0 }],
  ];

  test.each(loads)('%s is served on a lighter rung, and nothing critical is lost', async (_, trace, wanted) => {
    const result = await simulate(policies.standard, trace());
    const { transitions, latency, fates, ledger } = result;
    expect(transitions).toBeLessThanOrEqual(wanted.transitions);
    expect(latency.all.p95).toBeLessThanOrEqual(wanted.p95Seconds);
    expect(fates.all.droppedShare).toBeLessThanOrEqual(wanted.droppedShare);
    expect(fates.critical.droppedShare).toBe(0);
    expect(ledger.imbalanceSamples).toBe(0);

    const thresholds = await simulate(policies.thresholds, trace());
    expect(thresholds.transitions).toBeGreaterThan(10 * transitions);
    expect(thresholds.latency.all.p95).toBeGreaterThan(latency.all.p95);
    expect(thresholds.fates.all.droppedShare).toBeGreaterThan(0);
  });

  test('a step to 2.5× for 5 min is taken in seconds and given back within 6 min of its end', async () => {
    const result = await simulate(policies.standard, step({ load: 2.5 }, even));
    expect(result.transitions).toBeLessThanOrEqual(4);
    expect(result.latency.all.p95).toBeLessThanOrEqual(10);
    expect(result.fates.all.droppedSeconds).toBe(0);
    expect(secondsAtRung0After(result, 600)).toBeLessThanOrEqual(360);
    expect(result.lastRung).toBe(0);
  });

  test.each([1, 4, 11, 15])(
    'steady 3× of sources that speak more than was assumed is seen in time (seed %d)',
    async (seed) => {
      const { transitions, latency, fates } = await simulate(policies.standard, steady(3, { ...even, seed }));
      expect(transitions).toBeLessThanOrEqual(3);
      expect(latency.all.p95).toBeLessThanOrEqual(5);
      expect(fates.all.droppedSeconds).toBe(0);
    },
  );

  test.each([1, 2, 3, 4])(
    'a machine of another speed every second, up to 30 per cent faster or slower, does not move the ladder at 0.8× (seed %d)',
    async (seed) => {
      const { transitions, latency } = await simulate(policies.standard, noisyNeighbour(0.8, 0.3, { ...even, seed }));
      expect(transitions).toBe(0);
      expect(latency.all.p95).toBeLessThan(4);
    },
  );

  test('eight who speak half the time may overlap by chance: then it moves once, and not back and forth', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { transitions } = await simulate(policies.standard, noisyNeighbour(0.8, 0.3, { seed }));
      expect(transitions, `seed ${seed}`).toBeLessThanOrEqual(1);
    }
  });

  test('loads that come and go, and a machine that falters, lose nothing, and move the ladder far less than thresholds do', async () => {
    const traces = [
      squareWave({ load: 2.5 }),
      noisyNeighbour(0.8),
      flashCrowd(3),
      slowLeak(0.6, 3),
      stalls(0.6),
      ramp(0.3, 3),
    ];
    for (const trace of traces) {
      const result = await simulate(policies.standard, trace);
      const thresholds = await simulate(policies.thresholds, trace);
      expect(result.fates.all.droppedSeconds, trace.name).toBe(0);
      expect(result.latency.all.p95, trace.name).toBeLessThanOrEqual(10);
      expect(4 * result.transitions, trace.name).toBeLessThan(thresholds.transitions);
      expect(result.ledger.imbalanceSamples, trace.name).toBe(0);
    }
  });
});

describe('a simulation', () => {
  test('comes out the same again, to the last decision and sample', async () => {
    const trace = step({ load: 3, atSeconds: 20, forSeconds: 60 }, { seconds: 180 });
    const first = await simulate(policies.standard, trace);
    expect(first.decisions.length).toBeGreaterThan(0);
    expect(await simulate(policies.standard, trace)).toEqual(first);
    expect(await simulate(policies.standard, readTrace(traceLines(trace), 'again'))).toEqual(first);
  });

  test('keeps up with its load below 1, and falls behind above, when the ladder may not help', async () => {
    const below = await simulate(pinnedTo(0), steady(0.7, { seconds: 600, ...even }));
    expect(below.latency.all.p95).toBeLessThan(4);
    expect(below.fates.all.droppedSeconds).toBe(0);
    const above = await simulate(pinnedTo(0), steady(1.5, { seconds: 600, ...even }));
    expect(above.latency.all.p95).toBeGreaterThan(30);
    expect(above.fates.all.droppedShare).toBeGreaterThan(0.1);
    // Whoever is critical does not notice.
    expect(above.fates.critical.droppedShare).toBe(0);
    expect(above.latency.critical.p95).toBeLessThan(4);
  });

  test('the load of every rung that the meter reads is what that rung then needs', async () => {
    const trace = steady(0.5, { seconds: 600, ...even });
    const readings = await Promise.all(
      [0, 3].map(async (pin) => {
        const loads: (readonly number[])[] = [];
        const policy = pinnedTo(pin);
        const watched: Policy = {
          ...policy,
          decide: (snapshot, history) => {
            loads.push(snapshot.load);
            return policy.decide(snapshot, history);
          },
        };
        await simulate(watched, trace);
        const later = loads.slice(-300);
        return [0, 3].map((rung) => later.reduce((sum, load) => sum + (load[rung] ?? 0), 0) / later.length);
      }),
    );
    const [there = [], elsewhere = []] = readings;
    expect(there[0]).toBeGreaterThan(0.35);
    expect(there[0]).toBeLessThan(0.6);
    expect((elsewhere[1] ?? 0) / (there[1] ?? 1)).toBeGreaterThan(0.75);
    expect((elsewhere[1] ?? 0) / (there[1] ?? 1)).toBeLessThan(1.33);
  });

  test('what is shed to disk is decoded when there is room again, one after the other without a rest', async () => {
    const lastRung = policies.standard.rungs.length - 1;
    const policy: Policy = {
      name: 'to disk for most of the time',
      rungs: policies.standard.rungs,
      decide: ({ atSeconds }) => ({ rung: atSeconds < 270 ? lastRung : 0, reason: 'By the clock.', evidence: {} }),
    };
    const models = defaultMachine.models.map((model) => ({ ...model, perSecondSeconds: 0, perFrameSeconds: 0.0001 }));
    const machine = machineFrom({ models });
    const { fates, ledger } = await simulate(policy, steady(0.05, { ...even, seconds: 300, machine }), machine);
    // Some 50 utterances of each source, in the 30 s that are left.
    expect(fates.all.spooledSeconds).toBeGreaterThan(100);
    expect(fates.all.lateSeconds).toBeCloseTo(fates.all.spooledSeconds, 6);
    expect(fates.critical.spooledSeconds).toBe(0);
    expect(ledger).toMatchObject({ spooledSeconds: 0, imbalanceSamples: 0 });
  });

  test('partial texts are decoded on rung 0 and on no lighter one', async () => {
    const talk = steady(0.3, short);
    expect((await simulate(pinnedTo(0), talk)).decodes.partial).toBeGreaterThan(50);
    // The first tick comes after a second.
    expect((await simulate(pinnedTo(1), talk)).decodes.partial).toBeLessThan(10);
  });

  test('a policy that throws is replaced by the standard rule, and the result says so', async () => {
    const broken: Policy = {
      name: 'broken',
      rungs: policies.standard.rungs,
      decide: () => {
        throw new Error('I know no more');
      },
    };
    const { faults, transitions, lastRung } = await simulate(broken, steady(3, short));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('I know no more');
    expect({ transitions, isLighter: lastRung > 0 }).toEqual({
      transitions: expect.any(Number) as number,
      isLighter: true,
    });
  });

  test('a machine without a lighter model is never sent to one', async () => {
    const [base] = defaultMachine.models;
    const machine = machineFrom({ models: [base] });
    const result = await simulate(policies.standard, steady(3, { ...short, machine }), machine);
    expect(result.rungs[3]?.seconds).toBe(0);
    expect(result.ledger.imbalanceSamples).toBe(0);
  });

  test('nobody there is no load', async () => {
    const result = await simulate(policies.standard, { name: 'nobody', seconds: 60, events: [] });
    expect(result).toMatchObject({ transitions: 0, lastRung: 0, latency: { all: { count: 0 } } });
    expect(result.timeline).toHaveLength(60);
  });

  test('a stall holds every decode up, and nothing is lost by it', async () => {
    const calm = await simulate(pinnedTo(0), steady(0.4, short));
    const stalled = steady(0.4, short);
    const events: readonly TraceEvent[] = [...stalled.events, { kind: 'stall', atSeconds: 60, seconds: 9 }];
    const held = await simulate(pinnedTo(0), readTrace(traceLines({ ...stalled, events }), 'stalled'));
    expect(held.latency.all.max).toBeGreaterThan(calm.latency.all.max + 5);
    expect(held.fates.all.droppedSeconds).toBe(0);
  });
});

describe('made-up traces', () => {
  test.each(Object.entries(syntheticTraces))('%s is in order, and everybody joins before they speak', (_, make) => {
    const { events, seconds } = make();
    expect(seconds).toBe(1800);
    const there = new Set<string>();
    let lastSeconds = 0;
    for (const event of events) {
      expect(event.atSeconds).toBeGreaterThanOrEqual(lastSeconds);
      lastSeconds = event.atSeconds;
      if (event.kind === 'join') there.add(event.source);
      if (event.kind === 'speech') expect(there.has(event.source)).toBe(true);
      if (event.kind === 'leave') there.delete(event.source);
    }
    expect(there.size).toBe(0);
  });

  test.each([0.5, 1, 1.6, 3])('steady %s× brings as much speech as that', (load) => {
    const { events } = steady(load);
    const speech = events.reduce((sum, event) => sum + (event.kind === 'speech' ? event.seconds : 0), 0) / 1800;
    expect((speech * slotSecondsPerSpeech(defaultMachine)) / defaultMachine.slots / load).toBeCloseTo(1, 1);
  });

  test('another seed is another trace of the same load', () => {
    expect(steady(1, { seed: 2 }).events).not.toEqual(steady(1).events);
    expect(steady(1, { seed: 2 }).events).toEqual(steady(1, { seed: 2 }).events);
  });
});

describe('a trace as JSON lines', () => {
  test('comes back as it was', () => {
    const trace = noisyNeighbour(0.5, 0.3, short);
    expect(readTrace(traceLines(trace), 'file')).toEqual(trace);
  });

  test('is put in order, may lack its head, and kinds of later versions are left out', () => {
    const lines = [
      '{"kind":"speech","atSeconds":3,"source":"a","seconds":2}',
      '',
      '{"kind":"weather","atSeconds":1}',
      '{"kind":"join","atSeconds":1,"source":"a","priority":"critical"}',
    ].join('\n');
    expect(readTrace(lines, 'file')).toMatchObject({
      name: 'file',
      seconds: 3,
      events: [{ kind: 'join' }, { kind: 'speech' }],
    });
  });

  test.each([
    ['{"kind":"join"', 'no JSON'],
    ['7', 'no object'],
    ['{"kind":"join","atSeconds":0,"source":"a","priority":"urgent"}', "no sound 'join'"],
    ['{"kind":"speech","atSeconds":-1,"source":"a","seconds":1}', "no sound 'speech'"],
    ['{"kind":"speech","atSeconds":1,"source":"","seconds":1}', "no sound 'speech'"],
    ['{"kind":"slowdown","atSeconds":1,"factor":0}', "no sound 'slowdown'"],
    ['{"kind":"stall","atSeconds":1}', "no sound 'stall'"],
  ])('%s is refused with its line', (line, why) => {
    expect(() => readTrace(`{"kind":"trace","name":"x","seconds":5}\n${line}\n`, 'file')).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(why) as string,
      }) as EngineError,
    );
    expect(() => readTrace(`\n${line}`, 'file')).toThrow(/Line 2/u);
  });
});

describe('the description of a machine', () => {
  test.each([
    [2, 0.59],
    [4, 0.63],
    [8, 1.2],
    [10, 1.3],
  ])('base takes about as long for %s s of audio as was measured', (audioSeconds, measuredSeconds) => {
    const seconds = serviceSeconds(defaultMachine, 0, defaultMachine.plan, audioSeconds);
    expect(seconds / measuredSeconds).toBeGreaterThan(0.85);
    expect(seconds / measuredSeconds).toBeLessThan(1.15);
  });

  test('is filled up with what is usual; null stands for what JSON has not', () => {
    const machine = machineFrom({ slots: 8, plan: { chunkSeconds: null, partialEverySeconds: null } });
    expect(machine).toEqual({
      ...defaultMachine,
      name: 'described',
      slots: 8,
      plan: { ...defaultMachine.plan, chunkSeconds: Number.POSITIVE_INFINITY, partialEverySeconds: undefined },
    });
  });

  test.each([
    [null, 'no object'],
    [{ slots: 0 }, '`slots`'],
    [{ noise: -1 }, '`noise`'],
    [{ models: [] }, '`models`'],
    [{ models: [{ name: 'slow' }] }, "'slow'"],
    [{ plan: { chunkSeconds: 0.1 } }, '`plan.chunkSeconds`'],
    [{ plan: { partialEverySeconds: 0 } }, '`plan.partialEverySeconds`'],
  ])('%j is refused', (description, why) => {
    expect(() => machineFrom(description)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(why) as string,
      }) as EngineError,
    );
  });
});
