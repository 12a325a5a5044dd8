import { describe, expect, test } from 'vitest';
import { definePolicy } from '../../dist/degrade/define-policy.js';
import { policyOption } from '../../dist/degrade/policy-option.js';
import type { LoadSnapshot } from '../../dist/degrade/snapshot.js';
import { EngineError } from '../../dist/errors.js';
import type { Source } from '../../dist/session/source.js';
import { ordinaryPlan, settled } from '../live-world.js';
import { base, ladderWorld } from './ladder-world.js';
import { talk } from './live-source.js';

const requested = { ...ordinaryPlan };

describe('an overload', () => {
  test('is met by a lighter rung, costs no text and nothing critical, and is forgotten when it is over', async () => {
    const { live, ladder, session, models, steps, told, add, second, end } = ladderWorld();
    const critical = add('critical', 'critical');
    const others = [add('one', 'normal'), add('two', 'normal'), add('three', 'background')];
    for (let at = 0; at < 40; at += 1) await second([critical, ...others], 1.3);
    expect(ladder.current.rung).toBeGreaterThan(0);
    expect(steps[0]?.from).toBe(0);
    expect(steps.at(-1)?.to).toBe(ladder.current.rung);
    expect(steps.length).toBeLessThan(4);
    expect(steps[0]?.reason).toMatch(/^The 4 sources need \d/);
    expect(Object.values(steps[0]?.evidence ?? {}).every(Number.isFinite)).toBe(true);
    expect(session.plan).toMatchObject({ partialEverySeconds: undefined, chunkSeconds: Number.POSITIVE_INFINITY });
    expect(told.some((event) => event.kind === 'plan' && event.reason.includes('For this session'))).toBe(true);
    for (const source of others) live.promised('end of source', source.end());
    for (let at = 0; at < 200 && ladder.current.rung > 0; at += 1) await second([critical], 0.1);
    expect(ladder.current).toEqual({ rung: 0, name: 'requested', decided: 0, isPinned: false });
    expect(session.plan).toEqual(requested);
    expect(models.serving.model).toBe('base');
    await end();
    expect(told.filter((event) => event.kind === 'gap' && event.source === 'critical')).toEqual([]);
    expect(critical.ledger).toMatchObject({ imbalanceSamples: 0, gapSeconds: 0, queuedSeconds: 0 });
    expect(told.filter((event) => event.kind === 'final' && event.source === 'critical').length).toBeGreaterThan(5);
    live.expectNothingLeft();
  });

  test('that is none moves nothing', async () => {
    const { ladder, add, second, end } = ladderWorld();
    const source = add('mic', 'normal');
    for (let at = 0; at < 60; at += 1) await second([source], 0.2);
    expect(ladder.history).toEqual([]);
    expect(ladder.current.rung).toBe(0);
    await end();
  });

  test('of a source that is written faster than real time is none: its texts wait because of that', async () => {
    const seen: LoadSnapshot[] = [];
    const decide = (snapshot: LoadSnapshot) => {
      seen.push(snapshot);
      return { rung: 0, reason: 'It stays.', evidence: {} };
    };
    const { add, second, end } = ladderWorld({ policy: definePolicy({ name: 'looks on', decide }) });
    const source = add('file', 'normal');
    await second([source], 0.1, talk(60));
    for (let at = 0; at < 10; at += 1) await second([], 0.1);
    expect(seen.at(-1)).toMatchObject({ secondsToOverflow: Number.POSITIVE_INFINITY, smallestSojournSeconds: 0 });
    await end();
  });
});

describe('a rung that is pinned', () => {
  test.each([1, 2, 3, 4, 5])('%i, and left again, leaves the plan as it was', async (rung) => {
    const plan = { chunkSeconds: 3, beamSize: 4, partialEverySeconds: 0.5, encoderContext: 'full' } as const;
    const { live, ladder, session, models, add, second, end } = ladderWorld({ plan });
    const source = add('mic', 'critical');
    ladder.pin(rung);
    await second([source]);
    expect(ladder.current).toMatchObject({ rung, isPinned: true });
    expect(session.plan).not.toEqual(plan);
    ladder.pin(0);
    await second([source]);
    expect(session.plan).toEqual(plan);
    expect(session.plan).toEqual(session.requestedPlan);
    expect(models.serving.model).toBe('base');
    ladder.release();
    await end();
    live.expectNothingLeft();
  });

  test('drops what it says it drops, and nothing else; no partial of it is asked for', async () => {
    const { live, ladder, session, add, second, told, end } = ladderWorld();
    ladder.pin('background dropped');
    await settled();
    // Partials are off on this rung anyway; here they would be asked for.
    session.follow({ ...requested }, 'For the test.');
    const [background, critical] = [add('late show', 'background'), add('desk', 'critical')];
    for (let at = 0; at < 4; at += 1) await second([background, critical]);
    await second([background, critical], 0.1, talk(0, 1));
    const of = (kind: string, source: string) =>
      told.filter((event) => event.kind === kind && 'source' in event && event.source === source);
    expect(of('gap', 'late show')).toMatchObject([{ reason: 'shed' }]);
    expect(of('partial', 'late show')).toEqual([]);
    expect(of('final', 'late show')).toEqual([]);
    expect(of('partial', 'desk').length).toBeGreaterThan(0);
    expect(of('final', 'desk')).toHaveLength(1);
    await end();
    expect(background.ledger).toMatchObject({ imbalanceSamples: 0, transcribedSeconds: 0 });
    live.expectNothingLeft();
  });

  test('that spools decodes what is on disk while slots have nothing else to do', async () => {
    const { live, ladder, add, second, told, end } = ladderWorld();
    ladder.pin('only critical');
    const [normal, critical] = [add('call', 'normal'), add('desk', 'critical')];
    await settled();
    for (let at = 0; at < 3; at += 1) await second([normal, critical], 0.1, talk(1, 1));
    await second([normal, critical], 0.1, talk(0, 1));
    expect(critical.ledger).toMatchObject({ spooledSeconds: 0, gapSeconds: 0 });
    const finals = () => told.filter((event) => event.kind === 'final').filter(({ source }) => source === 'call');
    const aSecondLater = async () => {
      await second([normal, critical], 0.1, talk(0, 1));
      return finals().map(({ isLate }) => isLate);
    };
    await expect.poll(aSecondLater).toEqual([true, true, true]);
    expect(ladder.current).toMatchObject({ name: 'only critical' });
    expect(normal.ledger).toMatchObject({ imbalanceSamples: 0, gapSeconds: 0, spooledSeconds: 0 });
    await end();
    live.expectNothingLeft();
  });

  test('is in force only when its model serves; until then its plan is', async () => {
    const { ladder, session, models, steps, add, second, end } = ladderWorld();
    const source = add('mic', 'normal');
    models.isWarming = false;
    ladder.pin('smaller model');
    await second([source]);
    expect(ladder.current).toMatchObject({ rung: 0, decided: 3 });
    expect(steps).toEqual([]);
    expect(session.plan.encoderContext).toBe('trimmed');
    models.finishWarming();
    await settled();
    expect(ladder.current).toMatchObject({ rung: 3, decided: 3 });
    expect(steps).toMatchObject([{ from: 0, to: 3 }]);
    models.isWarming = true;
    await end();
  });

  test('and given up while its model is warmed was never there', async () => {
    const { ladder, models, steps, add, second, end } = ladderWorld();
    const source = add('mic', 'normal');
    models.isWarming = false;
    ladder.pin(3);
    await second([source]);
    ladder.pin(0);
    await second([source]);
    expect(ladder.current).toMatchObject({ rung: 0, decided: 0 });
    expect(steps).toEqual([]);
    expect(models.serving.model).toBe('base');
    await end();
  });

  test.each(['nowhere', 17, -1, 1.5])('and is none (%s) is refused', (rung) => {
    const { ladder } = ladderWorld();
    expect(() => ladder.pin(rung)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });

  test('is told to each session once, however often it is applied, and to those that come later', async () => {
    const { live, ladder, told, add, second, end } = ladderWorld();
    add('mic', 'normal');
    ladder.pin(2);
    for (let at = 0; at < 5; at += 1) {
      await second([]);
      ladder.wake();
      ladder.pin(2);
    }
    expect(told.filter(({ kind }) => kind === 'plan')).toHaveLength(1);
    const late = live.open();
    ladder.wake();
    expect(late.plan).toEqual(requested);
    live.clock.advance(0);
    expect(late.plan.encoderContext).toBe('trimmed');
    live.promised('end', late.end());
    await end();
  });
});

describe('without live sources', () => {
  test('nothing is looked at, and nothing waits when the last session has ended', async () => {
    const decide = () => {
      throw new Error('Nobody should ask.');
    };
    const { clock, ladder, errors, end } = ladderWorld({ policy: definePolicy({ name: 'asked', decide }) });
    clock.advance(100);
    await end();
    expect(errors).toEqual([]);
    expect(ladder.history).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('a rung is left after a while, and at once when it is no longer pinned', async () => {
    const { clock, ladder, models, add, second, end } = ladderWorld();
    const source = add('mic', 'normal');
    ladder.pin(3);
    await second([source]);
    await end();
    expect(ladder.current.rung).toBe(3);
    ladder.release();
    await settled();
    expect(ladder.current.rung).toBe(0);
    expect(models.changes).toEqual(['tiny.en', 'base']);
    clock.advance(2);
    expect(clock.pending).toBe(0);
  });
});

test('a dry run decides and does nothing', async () => {
  const { ladder, session, models, steps, add, second, end } = ladderWorld({ isDryRun: true });
  const sources = [1, 2, 3, 4].map((at) => add(`caller ${at}`, 'background'));
  for (let at = 0; at < 20; at += 1) await second(sources, 1.3);
  expect(ladder.history[0]).toMatchObject({ kind: 'dry-run', from: 0 });
  expect(ladder.history.length).toBeLessThan(4);
  expect(ladder.current.rung).toBe(0);
  expect(ladder.current.decided).toBeGreaterThan(0);
  expect(ladder.explain()).toContain('dry run');
  expect(session.plan).toEqual(requested);
  expect([models.changes, steps]).toEqual([[], []]);
  await end();
});

test.each<[what: string, decide: () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('It has no idea.');
    },
  ],
  ['returns nonsense', () => ({ rung: Number.NaN, reason: '', evidence: {} })],
  ['returns nothing', () => undefined],
])('a policy that %s is put aside once, loudly, and the standard one goes on', async (_what, decide) => {
  const policy = definePolicy({ name: 'broken', decide: decide as never });
  const { ladder, errors, logged, add, second, end } = ladderWorld({ policy });
  const sources = [1, 2, 3, 4].map((at) => add(`caller ${at}`, 'normal'));
  for (let at = 0; at < 20; at += 1) await second(sources, 1.3);
  expect(errors).toMatchObject([{ code: 'OPTION_INVALID' }]);
  expect(logged.filter((line) => line.startsWith('error'))).toHaveLength(1);
  expect(ladder.history[0]).toMatchObject({ kind: 'fault' });
  expect(ladder.current.rung).toBeGreaterThan(0);
  await end();
});

describe('a model that cannot be had', () => {
  test('is said so in the log, its rung is skipped, and those after it do without', async () => {
    const { ladder, models, logged, add, second, end } = ladderWorld();
    models.isMissing = true;
    const source = add('mic', 'critical');
    ladder.pin('smaller model');
    await second([source]);
    expect(ladder.current).toMatchObject({ rung: 2, decided: 2 });
    expect(logged.some((line) => line.startsWith('warn') && line.includes("'smaller model'"))).toBe(true);
    expect(ladder.history.some(({ kind }) => kind === 'skipped')).toBe(true);
    expect(ladder.explain()).toContain("3 'smaller model': cannot be taken");
    ladder.pin('only critical');
    await second([source]);
    expect(ladder.current.rung).toBe(5);
    expect(models.changes).toEqual([]);
    await end();
  });

  test('any more when it is wanted leaves the ladder on the rung before', async () => {
    const { ladder, models, add, second, end } = ladderWorld();
    const source = add('mic', 'critical');
    await second([source]);
    models.isMissing = true;
    ladder.pin(3);
    await second([source]);
    expect(ladder.current).toMatchObject({ rung: 2, decided: 2 });
    await end();
  });

  test('again, of those that was asked for, is tried again', async () => {
    const { ladder, models, add, second, end } = ladderWorld();
    const source = add('mic', 'critical');
    ladder.pin(3);
    await second([source]);
    models.isMissing = true;
    ladder.pin(0);
    for (let at = 0; at < 5; at += 1) await second([source]);
    expect(ladder.current).toMatchObject({ rung: 3, decided: 0 });
    models.isMissing = false;
    for (let at = 0; at < 40; at += 1) await second([source]);
    expect(ladder.current).toMatchObject({ rung: 0, decided: 0 });
    expect(models.changes).toEqual(['tiny.en', 'base', 'base']);
    await end();
  });
});

describe('the next lighter model', () => {
  const [light, heavy] = [0.05, 1.5];
  const policy = definePolicy({
    name: 'stays',
    decide: ({ rung }) => ({ rung, reason: 'It stays.', evidence: {} }),
  });
  /** Two sources that speak all the time, for so long, on two slots; at `heavy` the load is above 0.6 after 20 s. */
  const talking = async (count: number, cost: number, setting: Parameters<typeof ladderWorld>[0] = {}) => {
    const world = ladderWorld({ policy, ...setting });
    const sources = [world.add('one', 'critical'), world.add('two', 'critical')];
    const seconds = async (more: number, each: number) => {
      for (let at = 0; at < more; at += 1) await world.second(sources, each);
    };
    await seconds(count, cost);
    return { ...world, seconds };
  };

  test('is warm before it is needed, and then costs no time', async () => {
    const { ladder, models, end } = await talking(40, heavy);
    expect(ladder.current).toMatchObject({ rung: 0, decided: 0 });
    expect(models.changes).toEqual(['(tiny.en)']);
    models.isWarming = false;
    for (const rung of [3, 0]) {
      ladder.pin(rung);
      await settled();
      expect(ladder.current).toMatchObject({ rung, decided: rung });
    }
    expect(models.changes).toEqual(['(tiny.en)', 'tiny.en', 'base']);
    await end();
  });

  test.each<[when: string, cost: number, setting: Parameters<typeof ladderWorld>[0]]>([
    ['there is room', light, {}],
    ['it is a dry run', heavy, { isDryRun: true }],
  ])('is left alone when %s', async (_when, cost, setting) => {
    const { models, end } = await talking(40, cost, setting);
    expect(models.changes).toEqual([]);
    await end();
  });

  test('is warmed when memory is no longer short, and given back when it is', async () => {
    const { models, seconds, end } = await talking(1, light);
    models.isMemoryShort = true;
    await seconds(60, heavy);
    models.isMemoryShort = false;
    await seconds(29, heavy);
    expect(models.changes).toEqual([]);
    await seconds(1, heavy);
    expect(models.ahead?.model).toBe('tiny.en');
    models.isMemoryShort = true;
    await seconds(1, heavy);
    expect(models.ahead).toBeUndefined();
    await end();
  });

  test('is given back after five minutes without need', async () => {
    const { models, seconds, end } = await talking(40, heavy);
    await seconds(299, light);
    expect(models.ahead?.model).toBe('tiny.en');
    await seconds(100, light);
    expect([models.ahead, models.changes]).toEqual([undefined, ['(tiny.en)']]);
    await end();
  });

  test('is given back when there was no live source for a while, though nothing else is left to do', async () => {
    const { live, clock, models, session } = await talking(40, heavy);
    live.promised('end', session.end());
    await live.finishEverything(settled);
    expect(models.ahead?.model).toBe('tiny.en');
    clock.advance(31);
    expect([models.ahead, clock.pending]).toEqual([undefined, 0]);
  });

  test('that cannot be warmed for want of memory is tried again later, and its rung stays', async () => {
    const { ladder, models, seconds, end } = await talking(1, light);
    models.refusal = new EngineError('PLAN_IMPOSSIBLE', 'It needs more than may be used.');
    await seconds(45, heavy);
    expect(models.changes).toEqual(['(tiny.en)', '(tiny.en)']);
    expect([ladder.history, ladder.reading.rungs[3]?.load]).toEqual([[], expect.any(Number)]);
    await end();
  });

  test('that is gone when it is to be warmed is said so, and its rung is skipped from then on', async () => {
    const { ladder, models, seconds, end } = await talking(1, light);
    models.refusal = new EngineError('MODEL_MISSING', 'It is there no longer.');
    await seconds(45, heavy);
    expect(ladder.history).toMatchObject([{ kind: 'skipped', from: 0, to: 0 }]);
    expect(ladder.reading.rungs[3]).toEqual({ name: 'smaller model', load: null });
    expect(models.changes).toEqual(['(tiny.en)']);
    await end();
  });

  test('is given back when the service chooses another model, and with the engine', async () => {
    const { ladder, models, end } = await talking(40, heavy);
    ladder.modelChosen();
    expect(models.ahead).toBeUndefined();
    ladder.close();
    expect(models.isClosed).toBe(true);
    await end();
  });
});

test('a model that the service chooses while the ladder changes it ends that change, which begins again from there', async () => {
  const { ladder, models, add, second, end } = ladderWorld();
  const source = add('mic', 'normal');
  await second([source]);
  models.isWarming = false;
  ladder.pin(3);
  await settled();
  models.requested = { model: 'small', variant: 'q8_0', path: '/models/small' };
  models.isWarming = true;
  ladder.modelChosen();
  await settled();
  expect(models.changes).toEqual(['tiny.en', 'tiny.en']);
  expect(ladder.current).toMatchObject({ rung: 3, decided: 3 });
  await end();
});

test('a rung that is pinned before a model is loaded waits for it', async () => {
  const { ladder, models, add, second, end } = ladderWorld();
  const source = add('mic', 'normal');
  models.requested = undefined;
  ladder.pin(3);
  await second([source]);
  expect([ladder.current.rung, models.changes, ladder.history.length]).toEqual([0, [], 1]);
  models.requested = base;
  await second([source]);
  expect(ladder.current).toMatchObject({ rung: 3, decided: 3 });
  await end();
});

describe('a clock that jumps', () => {
  test.each([3600, -3600])('by %i s moves nothing, whether there is load or not', async (seconds) => {
    const { live, ladder, errors, jump, add, second, end } = ladderWorld();
    const critical = add('one', 'critical');
    const others = [add('two', 'critical'), add('three', 'critical')];
    const sources = [critical, ...others];
    for (let at = 0; at < 10; at += 1) await second(sources, 0.1);
    jump(seconds);
    for (let at = 0; at < 30; at += 1) await second(sources, 0.1);
    expect(ladder.history).toEqual([]);
    for (let at = 0; at < 60; at += 1) await second(sources, 1.3);
    const steps = ladder.history.length;
    const { rung } = ladder.current;
    expect(rung).toBeGreaterThan(0);
    jump(seconds);
    for (let at = 0; at < 40; at += 1) await second(sources, 1.3);
    expect([ladder.current.rung, ladder.history.length]).toEqual([rung, steps]);
    expect(errors).toEqual([]);
    for (const source of others) live.promised('end of source', source.end());
    for (let at = 0; at < 300 && ladder.current.rung > 0; at += 1) await second([critical], 0.1);
    expect(ladder.current.rung).toBe(0);
    await end();
  });
});

test('zero sources in an open session are no load, and no fault', async () => {
  const { ladder, errors, second, end } = ladderWorld();
  for (let at = 0; at < 40; at += 1) await second([]);
  ladder.pin(1);
  expect(ladder.current.rung).toBe(1);
  expect(ladder.reading.rungs.every(({ load }) => load === 0)).toBe(true);
  ladder.release();
  expect([ladder.current.rung, errors]).toEqual([0, []]);
  await end();
});

describe('the reading', () => {
  test('says where the ladder stands, why, and the load of every rung that can be taken', async () => {
    const { ladder, models, add, second, end } = ladderWorld();
    expect(ladder.reading).toMatchObject({ rung: 0, decided: 0, reason: 'Nothing has changed yet.' });
    expect(ladder.reading.rungs).toHaveLength(6);
    expect(ladder.reading.rungs.every(({ load }) => load === null)).toBe(true);
    const source = add('mic', 'normal');
    await second([source]);
    models.isMissing = true;
    ladder.pin(3);
    await settled();
    ladder.pin(1);
    for (let at = 0; at < 5; at += 1) await second([source]);
    const { reading } = ladder;
    expect(reading).toMatchObject({ rung: 1, name: 'longer chunks', decided: 1, isPinned: true });
    expect(reading.reason).toContain('pinned');
    expect(reading.rungs.map(({ load }) => load !== null && load > 0)).toEqual([true, true, true, false, true, false]);
    expect(reading.rungs[3]?.load).toBeNull();
    expect(JSON.parse(JSON.stringify(reading))).toEqual(reading);
    await end();
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('numbers that are none (%d) move nothing', async (none) => {
  const { ladder, errors, add, second, end } = ladderWorld();
  const source = add('mic', 'normal');
  const nonsense = { heardSeconds: none, silentSeconds: none, unheardSeconds: none, queuedSeconds: none };
  const broken = Object.create(source, { intake: { value: nonsense } }) as Source;
  ladder.told(broken, {
    startSeconds: none,
    endSeconds: 1,
    timings: { queueSeconds: none, decodeSeconds: none },
  } as never);
  for (let at = 0; at < 10; at += 1) await second([source], none);
  expect(errors).toEqual([]);
  expect(ladder.current.rung).toBe(0);
  await end();
});

test('a listener that throws is a warning, and the others hear the step', async () => {
  const { ladder, events, steps, add, end } = ladderWorld();
  const warned = new Promise((resolve) => {
    process.once('warning', resolve);
  });
  const broken = () => {
    throw new Error('It is broken.');
  };
  events.on('plan', broken);
  events.on('plan', (step) => steps.push(step));
  add('mic', 'normal');
  ladder.pin(1);
  expect(steps).toHaveLength(2);
  expect(await warned).toMatchObject({ message: expect.stringContaining("'plan'") });
  await end();
});

test('the history is bounded, and comes as JSON lines', () => {
  const { ladder } = ladderWorld();
  for (let at = 0; at < 1200; at += 1) ladder.pin(at % 2 === 0 ? 1 : 0);
  expect(ladder.history).toHaveLength(1000);
  const lines = ladder.toJsonLines().trimEnd().split('\n');
  expect(lines).toHaveLength(1000);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'step', from: 1, to: 0 });
});

describe('the option', () => {
  test('is a policy, the name of one, or false', () => {
    const own = definePolicy({ name: 'own' });
    expect(policyOption(undefined)).toBe(policyOption('standard'));
    expect(policyOption('standard').name).toBe('standard');
    expect(policyOption('echo').name).toBe('echo');
    expect(policyOption(own)).toBe(own);
    expect(policyOption(false).rungs).toHaveLength(1);
  });

  test.each([true, 'fast', {}, { name: 'x', rungs: [], decide: () => undefined }, null])('refuses %j', (option) => {
    expect(() => policyOption(option as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});
