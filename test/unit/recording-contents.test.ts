import { describe, expect, test } from 'vitest';
import { definePolicy } from '../../dist/degrade/define-policy.js';
import { policies } from '../../dist/degrade/policies.js';
import { policyOption } from '../../dist/degrade/policy-option.js';
import { readLines } from '../../dist/degrade/recording-lines.js';
import { replay } from '../../dist/degrade/replay.js';
import { defaultMachine, serviceSeconds } from '../../dist/degrade/simulator/machine.js';
import { recordedMachine } from '../../dist/degrade/simulator/recorded-machine.js';
import { simulate } from '../../dist/degrade/simulator/simulate.js';
import { readTrace } from '../../dist/degrade/simulator/trace-lines.js';
import { ordinaryPlan } from '../live-world.js';
import { ladderWorld } from './ladder-world.js';
import { talk, talkIn, telephone } from './live-source.js';

type World = ReturnType<typeof ladderWorld>;

/** Each second of the world a source says so much, and then is silent for the rest of it. */
async function say(world: World, name: Parameters<World['second']>[0], ...parts: readonly number[]) {
  for (const part of parts) await world.second(name, 0.1, part > 0 ? talk(part, 1 - part) : talk(0, 1));
}

function headOf(recording: string) {
  return readLines(recording)[0]?.fields;
}

const speech = (source: string, atSeconds: number, seconds: number) => ({
  kind: 'speech',
  source,
  atSeconds: expect.closeTo(atSeconds, 0),
  seconds: expect.closeTo(seconds, 1),
});

describe('a recording', () => {
  test('has who joins and leaves, and when they speak, by number', async () => {
    const world = ladderWorld();
    const { live, ladder, add, second, end } = world;
    const recording = ladder.recordings.start();
    const doctor = add('Dr. Jekyll', 'critical');
    await say(world, [doctor], 1, 1, 0.5, 0, 0);
    const other = add('Mr. Hyde', 'background');
    await second([doctor, other], 0.1, talk(0, 1));
    live.promised('end of source', doctor.end());
    await say(world, [other], 0, 0, 1, 0, 0);
    const text = recording.stop();
    await end();
    expect(text).not.toMatch(/Jekyll|Hyde/u);
    const { events, seconds } = readTrace(text, 'a run');
    expect(seconds).toBeCloseTo(11, 6);
    expect(events).toEqual([
      { kind: 'join', atSeconds: 0, source: 'source 1', priority: 'critical' },
      speech('source 1', 0, 2.5),
      { kind: 'join', atSeconds: expect.closeTo(5, 0), source: 'source 2', priority: 'background' },
      { kind: 'leave', atSeconds: expect.closeTo(7, 0), source: 'source 1' },
      speech('source 2', 8, 1),
    ]);
  });

  test('has speech that was cut at its longest as one, whatever became of it', async () => {
    const world = ladderWorld({ plan: { chunkSeconds: 2 } });
    const { ladder, add, end } = world;
    ladder.pin('background dropped');
    const recording = ladder.recordings.start();
    await say(world, [add('late show', 'background')], 1, 1, 1, 1, 1, 1, 0, 1, 0, 0);
    const { events } = readTrace(recording.stop(), 'a run');
    await end();
    expect(events.slice(1)).toEqual([speech('source 1', 0, 6), speech('source 1', 7, 1)]);
  });

  test('has each channel that is split as a source', async () => {
    const world = ladderWorld();
    const { ladder, session, end } = world;
    const recording = ladder.recordings.start();
    const format = { ...telephone, channels: 2, channelMode: 'split' } as const;
    const call = session.addSource('call', { format });
    await world.second([call], 0.1, talkIn(format, 1));
    await world.second([call], 0.1, talkIn(format, 0, 2));
    const { events } = readTrace(recording.stop(), 'a run');
    await end();
    expect(events.map(({ kind }) => kind)).toEqual(['join', 'join', 'speech', 'speech']);
    expect(new Set(events.map((event) => 'source' in event && event.source))).toEqual(
      new Set(['source 1', 'source 2']),
    );
  });

  test('has the speech of a file that is written at once as if it were live', async () => {
    const { ladder, add, second, end } = ladderWorld();
    const recording = ladder.recordings.start();
    await second([], 0.1);
    await second([add('mic', 'normal')], 0.1, talk(0, 1));
    await second([add('file', 'normal')], 0.1, talk(3, 2, 3, 2));
    for (let at = 0; at < 10; at += 1) await second([], 0.1);
    const { events } = readTrace(recording.stop(), 'a run');
    await end();
    expect(events.slice(1)).toEqual([
      { kind: 'join', atSeconds: expect.closeTo(1, 0), source: 'source 2', priority: 'normal' },
      speech('source 2', 1, 3),
      speech('source 2', 6, 3),
    ]);
  });

  test('of a source that speaks already has what it says from now on', async () => {
    const world = ladderWorld();
    const { ladder, add, end } = world;
    const source = add('mic', 'normal');
    await say(world, [source], 1, 1);
    const recording = ladder.recordings.start();
    await say(world, [source], 1, 1, 0, 0);
    const { events } = readTrace(recording.stop(), 'a run');
    await end();
    expect(events).toEqual([
      { kind: 'join', atSeconds: 0, source: 'source 1', priority: 'normal' },
      speech('source 1', 0, 2),
    ]);
  });

  test('ends by itself at its limit, and says so', async () => {
    const world = ladderWorld();
    const { ladder, add, end } = world;
    const recording = ladder.recordings.start({ limitSeconds: 3 });
    const whole = ladder.recordings.start();
    const source = add('mic', 'normal');
    await say(world, [source], 1, 1, 1, 1, 1);
    expect([recording.hasEnded, whole.hasEnded]).toEqual([true, false]);
    const [text, wholeText] = [recording.stop(), whole.stop()];
    await end();
    expect(recording.stop()).toBe(text);
    expect(whole.hasEnded).toBe(true);
    expect(headOf(text)).toMatchObject({ end: 'limit', policy: 'standard' });
    expect(headOf(wholeText)).toMatchObject({ end: 'stopped' });
    expect(replay(policies.standard, text).ticks).toHaveLength(3);
    expect(replay(policies.standard, wholeText).ticks).toHaveLength(5);
  });

  test('without sources is a trace in which nothing happens', async () => {
    const { ladder, end } = ladderWorld();
    using recording = ladder.recordings.start();
    const text = recording.stop();
    expect(readTrace(text, 'nobody')).toEqual({ name: 'nobody', seconds: 0, events: [] });
    expect(recordedMachine(text)).toBeUndefined();
    expect(replay(policies.standard, text)).toMatchObject({ ticks: [], differences: [] });
    await end();
  });

  test.each<[what: string, limitSeconds: unknown]>([
    ['of no length', 0],
    ['of a word', 'an hour'],
  ])('%s is refused', async (_, limitSeconds) => {
    const { ladder, end } = ladderWorld();
    expect(() => ladder.recordings.start({ limitSeconds: limitSeconds as number })).toThrow(/limitSeconds/u);
    await end();
  });

  test('is refused where the ladder is off', async () => {
    const { ladder, end } = ladderWorld({ policy: policyOption(false) });
    expect(() => ladder.recordings.start()).toThrow(/degradeDryRun/u);
    await end();
  });
});

describe('a replay', () => {
  test('of another policy says where it would have done something else', async () => {
    const world = ladderWorld();
    const { ladder, add, second, end } = world;
    const recording = ladder.recordings.start();
    const sources = [add('one', 'critical'), add('two', 'normal'), add('three', 'background')];
    for (let at = 0; at < 20; at += 1) await second(sources, 1.5);
    const text = recording.stop();
    await end();
    const calm = definePolicy({ name: 'calm', decide: ({ rung }) => ({ rung, reason: 'It stays.', evidence: {} }) });
    const { policy, ticks, differences } = replay(calm, text);
    expect(policy).toBe('calm');
    const stepped = ticks.find(({ recorded }) => recorded.rung > 0);
    expect(differences[0]).toBe(stepped);
    expect(stepped?.replayed).toMatchObject({ rung: 0, reason: 'It stays.' });
    const broken = definePolicy({ name: 'broken', decide: () => ({ rung: 99, reason: 'Down.', evidence: {} }) });
    expect(replay(broken, text)).toMatchObject({ differences: [], faults: [expect.stringContaining('rung 99')] });
  });

  test.each([
    '{"kind":"tick"}',
    '{"kind":"tick","snapshot":{}}',
    '{"kind":"tick","snapshot":{"load":[]},"decision":{}}',
    '{"kind":"tick","snapshot":{"load":[]},"changes":1}',
    '[',
  ])('refuses %s, with its line', (line) => {
    expect(() => replay(policies.standard, `{"kind":"trace"}\n${line}\n`)).toThrow(/^Line 2 /u);
  });
});

describe('the recorded machine', () => {
  test('takes as long as the real one did, and gives the load that was seen', async () => {
    const world = ladderWorld();
    const { ladder, add, second, end } = world;
    const recording = ladder.recordings.start();
    const sources = [add('one', 'critical'), add('two', 'normal'), add('three', 'normal')];
    for (let at = 0; at < 60; at += 1) await second(sources, 0.5, talk(0.8, 0.2));
    const text = recording.stop();
    await end();
    const machine = recordedMachine(text);
    expect(machine).toMatchObject({
      slots: 2,
      plan: { chunkSeconds: 8, partialEverySeconds: 1, encoderContext: 'sized', beamSize: 1 },
      models: [{ name: 'base' }, { name: 'tiny.en' }],
    });
    // In this world a second of audio costs half a second, however long the chunk is.
    const seconds = serviceSeconds(machine ?? defaultMachine, 0, ordinaryPlan, 8);
    expect(seconds / 4).toBeGreaterThan(0.7);
    expect(seconds / 4).toBeLessThan(1.4);
    const real = replay(policies.standard, text);
    const { timeline, ledger } = await simulate(policies.standard, readTrace(text, 'a run'), machine);
    const seen = real.ticks.at(20)?.recorded.evidence['load'] ?? Number.NaN;
    expect((timeline[20]?.loadHere ?? 0) / seen).toBeGreaterThan(0.5);
    expect((timeline[20]?.loadHere ?? 0) / seen).toBeLessThan(2);
    expect(ledger.imbalanceSamples).toBe(0);
  });

  test.each(['{"kind":"machine"}', '{"kind":"machine","slots":2,"capacity":2,"plan":{},"costs":[],"audioSeconds":[]}'])(
    'that is %s is refused, with its line',
    (line) => {
      expect(() => recordedMachine(`{"kind":"trace"}\n${line}\n`)).toThrow(/^Line 2 .*'machine'/u);
    },
  );
});
