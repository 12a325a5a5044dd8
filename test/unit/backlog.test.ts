import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { Scheduler } from '../../dist/scheduler/scheduler.js';
import { Backlog } from '../../dist/session/backlog.js';
import { CountedBuffers, settled } from '../live-world.js';
import { ManualClock } from '../manual-clock.js';
import { ScriptedSpool } from '../scripted-spool.js';
import { english, ScriptedSlots } from './scripted-slots.js';

interface Entry {
  readonly name: string;
  readonly startSample: number;
  readonly endSample: number;
}

function madeBacklog() {
  const clock = new ManualClock(1000);
  const slots = new ScriptedSlots(1, clock);
  const lane = new Scheduler(slots, clock).openLane();
  const buffers = new CountedBuffers();
  const spool = new ScriptedSpool();
  const told: string[] = [];
  const made: Backlog<Entry> = new Backlog<Entry>({
    spool,
    lane,
    buffers,
    work: ({ name }, pcm) => ({
      kind: 'final',
      audioSeconds: 1,
      dueAtSeconds: 0,
      chunk: () => ({ ...english, prompt: name, pcm, speechEndSeconds: 1 }),
    }),
    onBack: ({ name }) => told.push(`${name} back`),
    onDecoded: ({ name }) => {
      told.push(`${name} decoded`);
      // As a source does: whoever is told of one asks for the next.
      queueMicrotask(() => made.catchUp());
    },
    onLost: ({ name }, error, where) => told.push(`${name} lost in ${where}: ${(error as EngineError).code}`),
  });
  const add = (name: string, number: number) => {
    const pcm = buffers.take().subarray(0, 1000).fill(number);
    made.add({ name, startSample: number * 1000, endSample: number * 1000 + 1000 }, pcm);
  };
  const finishAll = async () => {
    await settled();
    for (let [decode] = slots.running; decode; [decode] = slots.running) {
      decode.finish();
      await settled();
    }
  };
  return { backlog: made, slots, lane, buffers, spool, told, add, finishAll };
}

describe('pieces on disk', () => {
  test('come back one after the other, oldest first, with their audio', async () => {
    const { backlog, add, told, slots, finishAll, buffers, spool } = madeBacklog();
    for (const [at, name] of ['a', 'b', 'c'].entries()) add(name, at + 1);
    await settled();
    expect([buffers.out.size, spool.pieces, told]).toEqual([0, 3, []]);
    backlog.catchUp();
    backlog.catchUp();
    await finishAll();
    expect(told).toEqual(['a back', 'a decoded', 'b back', 'b decoded', 'c back', 'c decoded']);
    expect(slots.begun.map(({ chunk }) => [chunk.pcm.length, chunk.pcm[999]])).toEqual([
      [1000, 1],
      [1000, 2],
      [1000, 3],
    ]);
    expect([slots.mostRunning, buffers.out.size, spool.pieces]).toEqual([1, 0, 0]);
  });

  test('are asked for again by whoever is told, without any other event', async () => {
    const { backlog, add, told, finishAll } = madeBacklog();
    add('a', 1);
    add('b', 2);
    backlog.catchUp();
    await finishAll();
    expect(told).toContain('b decoded');
  });

  test('are all waited for, those that others began to bring back, too', async () => {
    const { backlog, add, told, slots, finishAll } = madeBacklog();
    for (const [at, name] of ['a', 'b', 'c'].entries()) add(name, at + 1);
    const drained = { is: false };
    void backlog.drain().then(() => (drained.is = true));
    await settled();
    slots.running[0]?.finish();
    await settled();
    slots.running[0]?.finish();
    await settled();
    expect([drained.is, slots.runningPrompts]).toEqual([false, ['c']]);
    await finishAll();
    expect([drained.is, told.at(-1)]).toEqual([true, 'c decoded']);
  });

  test('that are still being written are waited for', async () => {
    const { backlog, add, told, spool, finishAll, buffers } = madeBacklog();
    spool.answersAtOnce = false;
    add('a', 1);
    backlog.catchUp();
    await settled();
    expect([told, buffers.out.size]).toEqual([[], 2]);
    spool.proceed();
    await settled();
    spool.proceed();
    await finishAll();
    expect([told, buffers.out.size]).toEqual([['a back', 'a decoded'], 0]);
  });

  test('none: to drain is nothing', async () => {
    await madeBacklog().backlog.drain();
  });
});

describe('a piece is lost, and said to be, when it', () => {
  test('cannot be written; the next one is not', async () => {
    const { backlog, add, told, spool, finishAll, buffers } = madeBacklog();
    spool.failures = 1;
    add('a', 1);
    add('b', 2);
    await settled();
    expect(told).toEqual(['a back', 'a lost in spool: DISK_FULL']);
    backlog.catchUp();
    await finishAll();
    expect(told.slice(2)).toEqual(['b back', 'b decoded']);
    expect(buffers.out.size).toBe(0);
  });

  test('cannot be written, after it was asked for', async () => {
    const { backlog, add, told, spool, buffers } = madeBacklog();
    spool.answersAtOnce = false;
    spool.failures = 1;
    add('a', 1);
    backlog.catchUp();
    spool.proceed();
    await settled();
    expect([told, buffers.out.size]).toEqual([['a back', 'a lost in spool: DISK_FULL'], 0]);
  });

  test('cannot be read', async () => {
    const { backlog, add, told, spool, buffers } = madeBacklog();
    add('a', 1);
    await settled();
    spool.failures = 1;
    await backlog.drain();
    expect([told, buffers.out.size]).toEqual([['a back', 'a lost in spool: AUDIO_MISSING'], 0]);
  });

  test('cannot be decoded', async () => {
    const { backlog, add, told, slots, buffers } = madeBacklog();
    add('a', 1);
    backlog.catchUp();
    await settled();
    slots.decodeOf('a').fail(new EngineError('DECODE_FAILED', 'Odd audio.'));
    await settled();
    expect([told, buffers.out.size]).toEqual([['a back', 'a lost in decode: DECODE_FAILED'], 0]);
  });
});

test('to abort gives up what is on disk, and ends when what was under way has ended', async () => {
  const { backlog, add, told, slots, lane, buffers, spool } = madeBacklog();
  for (const [at, name] of ['a', 'b', 'c'].entries()) add(name, at + 1);
  backlog.catchUp();
  await settled();
  lane.stop(new EngineError('ABORTED', 'It was aborted.'));
  const aborted = { is: false };
  void backlog.abort().then(() => (aborted.is = true));
  await settled();
  expect(aborted.is).toBe(false);
  slots.decodeOf('a').finish();
  await settled();
  expect(told).toEqual(['a back', 'b back', 'c back', 'a lost in decode: ABORTED']);
  expect([aborted.is, buffers.out.size, spool.pieces]).toEqual([true, 0, 0]);
});
