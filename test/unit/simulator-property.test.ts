import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { definePolicy } from '../../dist/degrade/define-policy.js';
import { policies } from '../../dist/degrade/policies.js';
import type { Policy } from '../../dist/degrade/policy.js';
import { defaultMachine } from '../../dist/degrade/simulator/machine.js';
import { simulate } from '../../dist/degrade/simulator/simulate.js';
import { steady } from '../../dist/degrade/simulator/synthetic-traces.js';
import { TalkCutter } from '../../dist/degrade/simulator/talk-cutter.js';
import type { Trace, TraceEvent } from '../../dist/degrade/simulator/trace.js';
import { VirtualClock } from '../../dist/degrade/simulator/virtual-clock.js';

vi.setConfig({ testTimeout: 60_000 });

/** Queues that are soon full, so that everything that can happen does. */
const machine = {
  ...defaultMachine,
  queues: {
    critical: { chunks: 30, seconds: 40 },
    normal: { chunks: 4, seconds: 20 },
    background: { chunks: 3, seconds: 20 },
  },
};

/** Any load, of so many seconds and so many events. */
function tracesOf(seconds: number, maxLength: number): fc.Arbitrary<Trace> {
  const atSeconds = fc.double({ min: 0, max: seconds, noNaN: true });
  const source = fc.nat({ max: 11 }).map((number) => `source ${number}`);
  const priority = fc.constantFrom('critical' as const, 'normal' as const, 'background' as const);
  const of = (max: number, min = 0) => fc.double({ min, max, noNaN: true });
  const event: fc.Arbitrary<TraceEvent> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), atSeconds, source, priority }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), atSeconds, source }) },
    { weight: 30, arbitrary: fc.record({ kind: fc.constant('speech' as const), atSeconds, source, seconds: of(30) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('slowdown' as const), atSeconds, factor: of(8, 0.2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stall' as const), atSeconds, seconds: of(20) }) },
  );
  return fc.array(event, { maxLength }).map((events) => ({
    name: 'random',
    seconds,
    events: events.toSorted((one, other) => one.atSeconds - other.atSeconds),
  }));
}

const short = tracesOf(40, 40);
const long = tracesOf(120, 150);
const anyTrace = fc.oneof({ weight: 9, arbitrary: short }, { weight: 1, arbitrary: long });

/** Goes to any rung at any time. */
const restless: Policy = definePolicy({
  name: 'restless',
  decide: ({ atSeconds, load }) => ({
    rung: Math.floor(atSeconds / 7) % load.length,
    reason: 'It is time.',
    evidence: {},
  }),
});

test('whatever happens, the books balance, the rung is one of the ladder, and the same comes out again', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyTrace,
      fc.constantFrom(policies.standard, policies.thresholds, policies.echo, restless),
      async (trace, policy) => {
        const result = await simulate(policy, trace, machine);
        const { ledger, timeline, fates, decisions } = result;
        expect(ledger.imbalanceSamples).toBe(0);
        const { heardSeconds, transcribedSeconds, silentSeconds, gapSeconds, queuedSeconds, spooledSeconds } = ledger;
        expect(transcribedSeconds + silentSeconds + gapSeconds + queuedSeconds + spooledSeconds).toBeCloseTo(
          heardSeconds,
          3,
        );
        expect(fates.all.droppedSeconds).toBeCloseTo(gapSeconds, 3);
        expect(fates.all.decodedSeconds + fates.all.lateSeconds).toBeCloseTo(transcribedSeconds, 3);
        expect(timeline.every(({ rung }) => policy.rungs[rung] !== undefined)).toBe(true);
        const again = await simulate(policy, trace, machine);
        expect(again.decisions).toEqual(decisions);
        expect(again.ledger).toEqual(ledger);
      },
    ),
    { numRuns: 600 },
  );
});

/** Of the standard rule: 20 s, and 15 % less at most. */
const shortestDwellSeconds = 17;

test('the standard policy sheds nothing critical while anything else is served, and gives nothing back before the dwell', async () => {
  await fc.assert(
    fc.asyncProperty(anyTrace, async (trace) => {
      // Queues as they are: what is critical is dropped only when its own queue of two minutes is full.
      const { fates, faults, decisions } = await simulate(policies.standard, trace);
      expect(faults).toEqual([]);
      expect(fates.critical.spooledSeconds).toBe(0);
      expect(fates.critical.droppedSeconds).toBe(0);
      let changedAtSeconds = 0;
      for (const { atSeconds, from, to } of decisions) {
        if (to < from) {
          expect(to).toBe(from - 1);
          expect(atSeconds - changedAtSeconds).toBeGreaterThanOrEqual(shortestDwellSeconds);
        }
        changedAtSeconds = atSeconds;
      }
    }),
    { numRuns: 800 },
  );
});

test('ten minutes of little load end at rung 0, whatever was before', async () => {
  await fc.assert(
    fc.asyncProperty(short, fc.double({ min: 0, max: 0.5, noNaN: true }), fc.nat(), async (before, load, seed) => {
      const after = steady(load, { seconds: 600, seed, speechShare: 0.85 });
      const later = after.events.map((event) => ({
        ...event,
        atSeconds: event.atSeconds + before.seconds,
        ...('source' in event && { source: `later ${event.source}` }),
      }));
      const atSeconds = before.seconds;
      const leaving = new Set(before.events.flatMap((event) => ('source' in event ? [event.source] : [])));
      const between: TraceEvent[] = [...leaving].map((source) => ({ kind: 'leave', atSeconds, source }));
      const events = [...before.events, ...between, { kind: 'slowdown' as const, atSeconds, factor: 1 }, ...later];
      const { lastRung } = await simulate(policies.standard, { name: 'then calm', seconds: atSeconds + 600, events });
      expect(lastRung).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test('alarms go off in the order of their times, each at its own, and what was cleared does not', async () => {
  const delays = fc.array(fc.tuple(fc.double({ min: 0, max: 50, noNaN: true }), fc.boolean()), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(delays, async (alarms) => {
      const clock = new VirtualClock();
      const rung: number[] = [];
      for (const [delay, isCleared] of alarms) {
        const clear = clock.after(delay, () => {
          expect(clock.nowSeconds()).toBe(delay);
          rung.push(delay);
        });
        if (isCleared) clear();
      }
      await clock.runUntil(40);
      const kept = alarms.filter(([delay, isCleared]) => !isCleared && delay <= 40).map(([delay]) => delay);
      expect(rung).toEqual(kept.toSorted((one, other) => one - other));
      expect(clock.nowSeconds()).toBe(40);
    }),
    { numRuns: 200 },
  );
});

test('utterances hold all speech once, in order, and none is longer than its limit', () => {
  const spurts = fc.array(
    fc.record({ pause: fc.integer({ min: 1, max: 50_000 }), speech: fc.integer({ min: 100, max: 400_000 }) }),
    { minLength: 1, maxLength: 12 },
  );
  const settings = fc.record({
    chunkSeconds: fc.constantFrom(1, 2, 4.5, 8, Number.POSITIVE_INFINITY),
    partialEverySeconds: fc.constantFrom(undefined, 0.5, 1),
  });
  fc.assert(
    fc.property(spurts, settings, fc.double({ min: 0.5, max: 1, noNaN: true }), (said, plan, place) => {
      const cutter = new TalkCutter(() => place);
      const cuts: { readonly startSample: number; readonly endSample: number; readonly spoken: number }[] = [];
      let [now, spoken] = [0, 0];
      const goTo = (sample: number) => {
        for (let next = cutter.nextSample(plan); next <= sample; next = cutter.nextSample(plan)) {
          const cut = cutter.cut(Math.ceil(next), plan);
          if (cut?.kind !== 'utterance') continue;
          const { startSample, endSample, speech } = cut.piece;
          cuts.push({
            startSample,
            endSample,
            spoken: speech.reduce((sum, part) => sum + part.endSample - part.startSample, 0),
          });
        }
        now = sample;
      };
      for (const { pause, speech } of said) {
        goTo(now + pause);
        cutter.speak(now);
        goTo(now + speech);
        cutter.fallSilent(now);
        spoken += speech;
      }
      goTo(now + 20_000);
      expect(cuts.reduce((sum, cut) => sum + cut.spoken, 0)).toBe(spoken);
      let lastSample = 0;
      for (const { startSample, endSample } of cuts) {
        expect(startSample).toBeGreaterThanOrEqual(lastSample);
        expect(endSample).toBeGreaterThan(startSample);
        // The hangover's silence may be in it.
        expect(endSample - startSample).toBeLessThanOrEqual(Math.min(plan.chunkSeconds, 15) * 16_000 + 0.6 * 16_000);
        lastSample = endSample;
      }
    }),
    { numRuns: 300 },
  );
});
