import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import type { LiveFormat } from '../../dist/provider/stream-format.js';
import type { ShedPolicy } from '../../dist/scheduler/shed-policy.js';
import type { Ticket } from '../../dist/scheduler/work.js';
import { settled } from '../live-world.js';
import { ScriptedSpool } from '../scripted-spool.js';
import { liveSource, talk, talkIn, telephone } from './live-source.js';

/** The reason of a promise that was rejected. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'none',
    (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
  );
}

describe('a single write of 100 MB', () => {
  test('comes in as there is room, and is told to the last sample', async () => {
    const { live, source, end } = liveSource({ slots: 2 });
    const bytes = talkIn({ encoding: 's16le', sampleRate: 48_000 }, 0).length;
    expect(bytes).toBe(0);
    const studio: LiveFormat = { encoding: 'f32le', sampleRate: 48_000, channels: 4 };
    const hundredMegabytes = talkIn(studio, 6, 1, 6, 1, 116);
    expect(hundredMegabytes.length).toBeGreaterThan(99e6);
    const session = live.open({ partialEverySeconds: undefined });
    const long = session.addSource('long', { format: studio, queue: { seconds: 30 } });
    live.promised('write', long.write(hundredMegabytes));
    await settled(400);
    expect(long.queuedSeconds).toBeLessThanOrEqual(30);
    live.promised('end', session.end());
    await end();
    expect(long.ledger).toMatchObject({ heardSeconds: 130, imbalanceSamples: 0, gapSeconds: 0, queuedSeconds: 0 });
    expect(long.ledger.transcribedSeconds).toBeGreaterThan(128);
    expect(source.hasEnded).toBe(true);
    live.expectNothingLeft();
  });

  test('at once finds no room, and nothing is given up for it', async () => {
    const { source, write, told } = liveSource({ options: { shed: 'dropOldest', queue: { seconds: 25 } } });
    await write(talk(2, 1, 2, 1));
    expect(source.tryWrite(talk(120))).toBe(false);
    expect(told()).toEqual([]);
  });
});

describe('a source that floods', () => {
  test('at 50 times real time is held back when it refuses, and loses nothing', async () => {
    const { source, live, write, end } = liveSource({ options: { queue: { seconds: 25 } } });
    for (let second = 0; second < 50; second += 1) await write(talk(0.8, 0.2));
    expect(source.queuedSeconds).toBeLessThanOrEqual(25);
    expect(live.pending.length).toBeGreaterThan(20);
    await end();
    expect(source.ledger).toMatchObject({ heardSeconds: 50, gapSeconds: 0, imbalanceSamples: 0 });
    live.expectNothingLeft();
  });

  test('keeps up with the present when it drops the oldest, and says what it dropped', async () => {
    const { source, live, write, end, told } = liveSource({ options: { shed: 'dropOldest', queue: { seconds: 25 } } });
    for (let turn = 0; turn < 20; turn += 1) await write(talk(3, 1));
    expect(live.pending).toEqual([]);
    expect(told().filter((line) => line.startsWith('gap shed')).length).toBeGreaterThan(10);
    await end();
    const { heardSeconds, gapSeconds, transcribedSeconds, silentSeconds } = source.ledger;
    expect(heardSeconds).toBe(80);
    expect(gapSeconds + transcribedSeconds + silentSeconds).toBeCloseTo(80, 9);
    expect(told().at(-3)).toMatch(/^final 75\.\d/);
    live.expectNothingLeft();
  });

  test('gives up partials and then waits, when it drops only those', async () => {
    const { write, end, told, live, source } = liveSource({
      plan: { partialEverySeconds: 1 },
      options: { shed: 'dropOldestPartial', queue: { chunks: 1 } },
    });
    for (let turn = 0; turn < 6; turn += 1) await write(talk(3, 1));
    await end();
    expect(told().some((line) => line.startsWith('gap'))).toBe(false);
    expect(source.ledger.heardSeconds).toBe(24);
    live.expectNothingLeft();
  });

  test('puts the oldest on disk, catches up when there is time, and marks what is late', async () => {
    const spool = new ScriptedSpool();
    const { source, live, write, told, slots, end } = liveSource({
      spool,
      options: { shed: 'spool', queue: { seconds: 25 } },
    });
    for (let turn = 0; turn < 10; turn += 1) await write(talk(3, 1));
    expect(source.ledger.spooledSeconds).toBeGreaterThan(10);
    expect(spool.pieces).toBeGreaterThan(3);
    const onDisk = spool.pieces;
    // No more audio comes: what there is goes on by itself.
    for (let turn = 0; turn < 20; turn += 1) {
      slots.finishAll();
      await settled(400);
    }
    expect(told().filter((line) => line.startsWith('final late'))).toHaveLength(onDisk);
    expect(spool.pieces).toBe(0);
    await end();
    expect(source.ledger).toMatchObject({ heardSeconds: 40, gapSeconds: 0, spooledSeconds: 0, imbalanceSamples: 0 });
    const [summary] = source.summaries;
    expect(summary?.segments.map(({ startSeconds }) => startSeconds)).toEqual(
      summary?.segments.map(({ startSeconds }) => startSeconds).toSorted((one, other) => one - other),
    );
    live.expectNothingLeft();
  });

  test('says what a disk that fails has lost', async () => {
    const spool = new ScriptedSpool();
    spool.failures = 2;
    const { live, write, told, end, source } = liveSource({
      spool,
      options: { shed: 'spool', queue: { seconds: 25 } },
    });
    for (let turn = 0; turn < 10; turn += 1) await write(talk(3, 1));
    await end();
    expect(told().filter((line) => line.startsWith('gap spool-failed'))).toHaveLength(2);
    expect(source.ledger.imbalanceSamples).toBe(0);
    live.expectNothingLeft();
  });

  test.each<[what: string, choose: ShedPolicy['choose']]>([
    [
      'names the same ticket again and again',
      (() => {
        let first: Ticket | undefined;
        return (waiting) => {
          first ??= waiting[0];
          return first ? { kind: 'drop', ticket: first } : { kind: 'refuse' };
        };
      })(),
    ],
    [
      'throws an error',
      () => {
        throw new Error('Mine.');
      },
    ],
    ['names what is not there', () => ({ kind: 'drop', ticket: undefined as unknown as Ticket })],
  ])('is held back by a policy of its own that %s', async (_what, choose) => {
    const { live, write, end } = liveSource({ options: { shed: { name: 'own', choose }, queue: { seconds: 25 } } });
    for (let turn = 0; turn < 10; turn += 1) await write(talk(3, 1));
    await end();
    live.expectNothingLeft();
  });
});

describe('a full queue', () => {
  test('accepts a write when there is room again, and refuses one that will not wait', async () => {
    const { source, write, slots, clock, end } = liveSource({ options: { queue: { seconds: 25 } } });
    await write(talk(3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1));
    const impatient = codeOf(source.write(talk(8), { waitSeconds: 1 }));
    const patient = codeOf(source.write(talk(0.3), { waitSeconds: 30 }));
    expect(source.tryWrite(talk(0.1))).toBe(false);
    clock.advance(1);
    expect(await impatient).toBe('QUEUE_FULL');
    slots.finishAll();
    await settled(400);
    expect(await patient).toBe('none');
    await end();
  });

  test('of one waiting partial opens when that is decoded, without any other event', async () => {
    const { live, source, session, write, slots } = liveSource({
      plan: { partialEverySeconds: 1 },
      options: { queue: { chunks: 1 } },
    });
    const other = session.addSource('other', { format: telephone, priority: 'critical' });
    live.promised('write', other.write(talk(2, 1)));
    await settled(400);
    await write(talk(2));
    const written = codeOf(source.write(talk(0.1)));
    for (let turn = 0; turn < 3; turn += 1) {
      slots.finishAll();
      await settled(400);
    }
    expect(await Promise.race([written, setImmediate('waiting')])).toBe('none');
  });

  test('whose last write gives up waiting lets the source end', async () => {
    const { live, source, write, clock, slots, told } = liveSource({ options: { queue: { seconds: 25 } } });
    await write(talk(3, 21.9));
    slots.finishAll();
    await settled(400);
    await write(talk(14.9));
    const written = codeOf(source.write(talk(8), { waitSeconds: 1 }));
    await settled(400);
    live.promised('end', source.end());
    clock.advance(1);
    await live.finishEverything(() => settled(400));
    expect(await written).toBeOneOf(['QUEUE_FULL', 'none']);
    expect(live.pending).toEqual([]);
    expect(told().at(-1)).toBe('end of source');
  });

  test('is never so full that only more audio could empty it', async () => {
    const { live, source, write, end } = liveSource({
      plan: { chunkSeconds: Number.POSITIVE_INFINITY },
      options: { queue: { seconds: 24 }, vad: { hangoverSeconds: 5, preRollSeconds: 1 } },
    });
    for (const [index, seconds] of [14.4, 4.9, 0.2, 4.9, 3, 6, 14.6, 5.5].entries()) {
      await write(index % 2 === 0 ? talk(seconds) : talk(0, seconds));
    }
    live.promised('end', source.end());
    await live.finishEverything(() => settled(400));
    expect(live.pending).toEqual([]);
    await end();
  });
});
