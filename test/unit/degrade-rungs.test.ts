import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlanAction } from '../../dist/degrade/plan-action.js';
import type { Rung } from '../../dist/degrade/rung.js';
import { rungCosts } from '../../dist/degrade/rung-cost.js';
import { standardRungs } from '../../dist/degrade/standard-rungs.js';
import { planAt, serviceAt, standingOn } from '../../dist/degrade/standing.js';
import type { Priority } from '../../dist/scheduler/work.js';
import type { LivePlan } from '../../dist/session/live-plan.js';

const anyPlan: fc.Arbitrary<LivePlan> = fc.record({
  chunkSeconds: fc.constantFrom(1, 4, 8, 15, Number.POSITIVE_INFINITY),
  partialEverySeconds: fc.constantFrom(undefined, 0.5, 1, 3),
  encoderContext: fc.constantFrom('full' as const, 'sized' as const, 'trimmed' as const),
  beamSize: fc.integer({ min: 1, max: 8 }),
});

/** A session without audio. */
class Led {
  readonly sources = [];
  plan: LivePlan;

  constructor(readonly requestedPlan: LivePlan) {
    this.plan = requestedPlan;
  }

  follow(plan: LivePlan): void {
    this.plan = plan;
  }
}

const requested: LivePlan = { chunkSeconds: 4, partialEverySeconds: 1, encoderContext: 'sized', beamSize: 5 };
const plan = (rung: number, wanted = requested, rungs = standardRungs) => planAt(standingOn(rungs, rung), wanted);

describe('the plan on a rung', () => {
  test('0 is the one requested', () => {
    expect(plan(0)).toEqual(requested);
  });

  test('1 has longer chunks, no beam and no partials', () => {
    const chunkSeconds = Number.POSITIVE_INFINITY;
    expect(plan(1)).toEqual({ chunkSeconds, partialEverySeconds: undefined, encoderContext: 'sized', beamSize: 1 });
  });

  test('adds to the rungs before it', () => {
    expect(plan(2)).toEqual({ ...plan(1), encoderContext: 'trimmed' });
    expect(plan(5)).toEqual(plan(2));
  });

  test.each<[what: string, wanted: Partial<LivePlan>]>([
    ['continuous speech', { chunkSeconds: Number.POSITIVE_INFINITY }],
    ['missing partials', { partialEverySeconds: undefined }],
    ['a greedy search', { beamSize: 1 }],
    ['a trimmed context', { encoderContext: 'trimmed' }],
  ])('leaves %s as requested where they are as light already', (_, wanted) => {
    expect(plan(2, { ...requested, ...wanted })).toMatchObject(wanted);
  });

  test('grows chunks by what each rung adds', () => {
    const rungs: readonly Rung[] = [
      { name: 'requested', plan: {} },
      { name: 'a', plan: {}, addedChunkSeconds: 0.5 },
      { name: 'b', plan: {}, addedChunkSeconds: 0.5 },
    ];
    expect([0, 1, 2].map((rung) => plan(rung, requested, rungs).chunkSeconds)).toEqual([4, 4.5, 5]);
  });

  test('is never heavier further down', () => {
    const order = ['trimmed', 'sized', 'full'];
    const rungPlan = fc.record(
      {
        chunkSeconds: fc.integer({ min: 1, max: 20 }),
        partialEverySeconds: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        encoderContext: fc.constantFrom<LivePlan['encoderContext'][]>('trimmed', 'sized', 'full'),
        beamSize: fc.integer({ min: 1, max: 8 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(rungPlan, { maxLength: 5 }), (plans) => {
        const rungs = plans.map((each, index): Rung => ({ name: `${index}`, plan: each }));
        for (let rung = 1; rung < rungs.length; rung += 1) {
          const [above, below] = [plan(rung - 1, requested, rungs), plan(rung, requested, rungs)];
          expect(below.chunkSeconds).toBeGreaterThanOrEqual(above.chunkSeconds);
          expect(below.beamSize).toBeLessThanOrEqual(above.beamSize);
          expect(order.indexOf(below.encoderContext)).toBeLessThanOrEqual(order.indexOf(above.encoderContext));
          expect(below.partialEverySeconds ?? 99).toBeGreaterThanOrEqual(above.partialEverySeconds ?? 99);
        }
      }),
    );
  });
});

test.each<[rung: number, Record<Priority, string>]>([
  [3, { critical: 'decoded', normal: 'decoded', background: 'decoded' }],
  [4, { critical: 'decoded', normal: 'decoded', background: 'dropped' }],
  [5, { critical: 'decoded', normal: 'spooled', background: 'spooled' }],
])('on rung %d, sources are served by their priority', (rung, wanted) => {
  const standing = standingOn(standardRungs, rung);
  const served = (['critical', 'normal', 'background'] as const).map((each) => [each, serviceAt(standing, each)]);
  expect(Object.fromEntries(served)).toEqual(wanted);
});

test('what a rung costs follows from its plan, its model and whom it serves', () => {
  const costs = rungCosts(
    standardRungs.map((_, rung) => standingOn(standardRungs, rung)),
    requested,
    (wish) => (wish === undefined ? { model: 'base', variant: 'q8_0', threads: 1, switchSeconds: 0 } : undefined),
  );
  expect(costs.map(({ key }) => key)).toEqual([
    'base|q8_0|sized|1|5',
    'base|q8_0|sized|1|1',
    'base|q8_0|trimmed|1|1',
    undefined,
    undefined,
    undefined,
  ]);
  const chunkSeconds = Number.POSITIVE_INFINITY;
  expect(costs[5]).toEqual({ key: undefined, chunkSeconds, switchSeconds: 0, serves: ['critical'] });
});

test('whatever rungs were taken in whatever order, and whenever a session came, on rung 0 each has what it asked for', () => {
  const rungs = fc.array(
    fc.record(
      {
        chunkSeconds: fc.constantFrom(2, 8, Number.POSITIVE_INFINITY),
        partialEverySeconds: fc.constantFrom(undefined, 2),
        encoderContext: fc.constantFrom('sized' as const, 'trimmed' as const),
        beamSize: fc.integer({ min: 1, max: 4 }),
      },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 5 },
  );
  const steps = fc.array(fc.oneof(fc.nat({ max: 6 }), anyPlan), { maxLength: 20 });
  fc.assert(
    fc.property(rungs, steps, (plans, taken) => {
      const ladder: readonly Rung[] = plans.map((each, index) => ({ name: `${index}`, plan: index === 0 ? {} : each }));
      const action = new PlanAction();
      const sessions: Led[] = [];
      const apply = (rung: number) => action.apply(sessions, standingOn(ladder, rung), 'It is time.');
      for (const step of taken) {
        if (typeof step === 'number') apply(step % ladder.length);
        else sessions.push(new Led({ ...step }));
      }
      apply(0);
      for (const session of sessions) expect(session.plan).toStrictEqual(session.requestedPlan);
    }),
    { numRuns: 1500 },
  );
});
