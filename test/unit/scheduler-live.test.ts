import { describe, expect, test, vi } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { type LaneOptions, Scheduler, type SchedulerOptions } from '../../dist/scheduler/scheduler.js';
import type { Ticket, Work } from '../../dist/scheduler/work.js';
import { ManualClock } from '../manual-clock.js';
import { workNamed } from './scheduler-work.js';
import { noticed, ScriptedSlots } from './scripted-slots.js';

vi.setConfig({ testTimeout: 10_000 });

const reason = new EngineError('CHUNK_SHED', 'Nobody wants it.');
const aborted = new EngineError('ABORTED', 'The caller aborted the work.');

function schedulerWith(slotCount: number, options: SchedulerOptions = {}) {
  const clock = new ManualClock(1000);
  const slots = new ScriptedSlots(slotCount, clock);
  const scheduler = new Scheduler(slots, clock, options);
  const open = (priority: LaneOptions['priority'] = 'normal', weight = 1) => scheduler.openLane({ priority, weight });
  const final = (name: string, more: Partial<Work> = {}) =>
    workNamed(name, { kind: 'final', dueAtSeconds: clock.nowSeconds() + 1, ...more });
  const partial = (name: string, more: Partial<Work> = {}) => final(name, { kind: 'partial', ...more });
  const finishAll = async () => {
    for (let [oldest] = slots.running; oldest; [oldest] = slots.running) {
      oldest.finish();
      await noticed();
    }
    return slots.begunPrompts;
  };
  return { clock, slots, scheduler, open, final, partial, finishAll };
}

async function textOf({ outcome }: Ticket): Promise<string> {
  return (await outcome).recognition.segments.map(({ text }) => text.trim()).join();
}

describe('a free slot takes', () => {
  test('finals by priority, then partials by priority, then pieces, in whatever order they came', async () => {
    const { open, final, partial, finishAll } = schedulerWith(1);
    open('batch').submit(workNamed('running'));
    for (const priority of ['batch', 'background', 'normal', 'critical'] as const) {
      const lane = open(priority);
      if (priority === 'batch') lane.submit(workNamed('piece'));
      else for (const work of [partial(`partial ${priority}`), final(`final ${priority}`)]) lane.submit(work);
    }
    expect(await finishAll()).toEqual([
      'running',
      ...['final critical', 'final normal', 'final background'],
      ...['partial critical', 'partial normal', 'partial background'],
      'piece',
    ]);
  });

  test('what is due first, of one rank', async () => {
    const { open, final, finishAll } = schedulerWith(1);
    open('batch').submit(workNamed('running'));
    for (const dueAtSeconds of [1004, 1002, 1003, 1001]) open().submit(final(`${dueAtSeconds}`, { dueAtSeconds }));
    expect(await finishAll()).toEqual(['running', '1001', '1002', '1003', '1004']);
  });

  test('the finals of one lane in order, whenever they are due', async () => {
    const { open, final, finishAll } = schedulerWith(1);
    const lane = open();
    for (const dueAtSeconds of [1009, 1001, 1005]) lane.submit(final(`${dueAtSeconds}`, { dueAtSeconds }));
    expect(await finishAll()).toEqual(['1009', '1001', '1005']);
  });

  test('a final of a lane that had its share long ago as that of any other, when slots had nothing to do since', async () => {
    const { open, final, finishAll, clock, slots } = schedulerWith(1);
    const [flooding, other] = [open(), open()];
    for (let at = 0; at < 20; at += 1) flooding.submit(final(`flood ${at}`, { audioSeconds: 10 }));
    await finishAll();
    clock.advance(1);
    open('batch').submit(workNamed('running'));
    flooding.submit(final('flooding', { dueAtSeconds: 1001.5 }));
    other.submit(final('other', { dueAtSeconds: 1002 }));
    await finishAll();
    expect(slots.begunPrompts.slice(-2)).toEqual(['flooding', 'other']);
  });

  test('what piles up in a lane only after what is due meanwhile in others', async () => {
    const { open, final, finishAll, slots } = schedulerWith(1);
    const [flooding, other] = [open(), open()];
    for (let at = 0; at < 6; at += 1) flooding.submit(final(`flood ${at}`, { audioSeconds: 4 }));
    other.submit(final('other 0', { dueAtSeconds: 1003 }));
    other.submit(final('other 1', { dueAtSeconds: 1010 }));
    await finishAll();
    // The flood is due at 1001, 1005, 1009, 1013 …
    const begun = ['flood 0', 'other 0', 'flood 1', 'flood 2', 'other 1', 'flood 3', 'flood 4', 'flood 5'];
    expect(slots.begunPrompts).toEqual(begun);
  });
});

describe('a chunk', () => {
  test('is made when a slot takes it, once, and not before', async () => {
    const { open, final, slots } = schedulerWith(1);
    const lane = open();
    lane.submit(final('first'));
    const work = final('second');
    const chunk = vi.fn(() => work.chunk());
    const ticket = lane.submit({ ...work, chunk });
    expect([chunk.mock.calls.length, ticket.state]).toEqual([0, 'waiting']);
    slots.decodeOf('first').finish();
    await noticed();
    expect([chunk.mock.calls.length, ticket.state]).toEqual([1, 'running']);
    const made = slots.decodeOf('second').chunk;
    slots.decodeOf('second').die();
    await noticed();
    expect(slots.decodeOf('second').chunk).toEqual(made);
    slots.decodeOf('second').finish();
    expect(await textOf(ticket)).toBe('second');
    expect([chunk.mock.calls.length, ticket.state]).toEqual([1, 'settled']);
  });

  test('that cannot be made is an error of its own, and the slot goes on', async () => {
    const { open, final, slots, scheduler } = schedulerWith(1);
    const lane = open();
    const running = lane.submit(final('first'));
    const chunk = () => {
      throw reason;
    };
    const broken = [lane.submit(final('broken', { chunk })), lane.submit(final('broken too', { chunk }))];
    const next = lane.submit(final('next'));
    slots.decodeOf('first').finish();
    for (const { outcome } of broken) await expect(outcome).rejects.toBe(reason);
    expect(slots.runningPrompts).toEqual(['next']);
    slots.decodeOf('next').finish();
    expect([await textOf(running), await textOf(next)]).toEqual(['first', 'next']);
    expect(scheduler.busy).toBe(0);
  });

  test('that leads to its own withdrawal is not decoded', async () => {
    const { open, final, slots, scheduler } = schedulerWith(1);
    const lane = open();
    const work = final('unwanted');
    const chunk = () => {
      lane.stop(aborted);
      ticket.withdraw(reason);
      return work.chunk();
    };
    lane.submit(final('first'));
    const ticket = lane.submit({ ...work, chunk });
    slots.decodeOf('first').finish();
    await expect(ticket.outcome).rejects.toMatchObject({ name: 'EngineError' });
    expect([slots.begunPrompts, scheduler.busy]).toEqual([['first'], 0]);
  });

  test('may be made while something else is submitted', async () => {
    const { open, final, slots, finishAll } = schedulerWith(2);
    const [lane, other] = [open(), open()];
    const work = final('first');
    const chunk = () => {
      other.submit(final('meanwhile'));
      return work.chunk();
    };
    lane.submit({ ...work, chunk });
    expect(slots.runningPrompts).toEqual(['meanwhile', 'first']);
    expect(await finishAll()).toHaveLength(2);
  });
});

describe('replace()', () => {
  test('puts newer work in the place of what waits', async () => {
    const { open, partial, finishAll, clock, slots } = schedulerWith(1);
    const lane = open();
    lane.submit(partial('running'));
    const ticket = lane.submit(partial('old'));
    lane.submit(partial('after'));
    clock.advance(2);
    const newer = partial('new', { audioSeconds: 3 });
    expect(ticket.replace(newer)).toBe(true);
    expect([ticket.work, ticket.state, lane.waitingSeconds]).toEqual([newer, 'waiting', 4]);
    clock.advance(3);
    slots.decodeOf('running').finish();
    await noticed();
    slots.decodeOf('new').finish();
    // What it waited for is counted from when the newer work came.
    expect(await ticket.outcome).toMatchObject({ queueSeconds: 3 });
    expect(await finishAll()).toEqual(['running', 'new', 'after']);
  });

  test.each([
    ['keeps the earlier deadline, so that it is due in the end', 1003, 1001, 'replaced'],
    ['takes over an earlier deadline', 1001, 1003, 'replaced'],
    ['is not due before either', 1004, 1003, 'other'],
  ])('%s', async (_what, newDue, oldDue, first) => {
    const { open, partial, finishAll } = schedulerWith(1);
    open('batch').submit(workNamed('running'));
    open().submit(partial('other', { dueAtSeconds: 1002 }));
    const ticket = open().submit(partial('old', { dueAtSeconds: oldDue }));
    ticket.replace(partial('replaced', { dueAtSeconds: newDue }));
    expect((await finishAll())[1]).toBe(first);
  });

  test('by a final gives the rank and the deadline of a final, and keeps the place in the lane', async () => {
    const { open, partial, final, finishAll } = schedulerWith(1);
    open('batch').submit(workNamed('running'));
    const lane = open();
    const ticket = lane.submit(partial('growing', { dueAtSeconds: 0 }));
    lane.submit(final('next', { dueAtSeconds: 1001 }));
    open().submit(final('other', { dueAtSeconds: 1001.5 }));
    expect(ticket.replace(final('grown', { dueAtSeconds: 1003 }))).toBe(true);
    expect(lane.waiting.map(({ work }) => work.kind)).toEqual(['final', 'final']);
    expect(lane.waiting[0]).toBe(ticket);
    expect(await finishAll()).toEqual(['running', 'other', 'grown', 'next']);
  });

  test('is too late when a slot has it, or had it', async () => {
    const { open, final, slots } = schedulerWith(1);
    const ticket = open().submit(final('first'));
    expect(ticket.replace(final('other'))).toBe(false);
    open('critical').submit(final('urgent'));
    slots.decodeOf('first').die();
    await noticed();
    expect(slots.runningPrompts).toEqual(['urgent']);
    // Its chunk is made: it waits to be tried again.
    expect([ticket.state, ticket.replace(final('other'))]).toEqual(['waiting', false]);
    slots.decodeOf('urgent').finish();
    await noticed();
    slots.decodeOf('first').finish();
    expect(await textOf(ticket)).toBe('first');
    expect(ticket.replace(final('other'))).toBe(false);
  });

  test('is too late when it is withdrawn', () => {
    const { open, final } = schedulerWith(0);
    const ticket = open().submit(final('first'));
    ticket.withdraw(reason);
    expect(ticket.replace(final('other'))).toBe(false);
  });
});

describe('withdraw()', () => {
  test('takes out what waits, at once', async () => {
    const { open, final, finishAll } = schedulerWith(1);
    const lane = open();
    lane.submit(final('running'));
    const ticket = lane.submit(final('unwanted'));
    const next = lane.submit(final('next'));
    ticket.withdraw(reason);
    expect([ticket.state, lane.waiting]).toEqual(['settled', [next]]);
    await expect(ticket.outcome).rejects.toBe(reason);
    expect(await finishAll()).toEqual(['running', 'next']);
  });

  test.each(['finish', 'die'] as const)('stops what runs, and waits for its slot, which may %s', async (end) => {
    const { open, final, slots } = schedulerWith(1);
    const ticket = open().submit(final('unwanted'));
    ticket.withdraw(reason);
    ticket.withdraw(aborted);
    expect([slots.decodeOf('unwanted').isStopped, ticket.state]).toEqual([true, 'running']);
    slots.decodeOf('unwanted')[end]();
    await expect(ticket.outcome).rejects.toBe(reason);
    expect([slots.begunPrompts, ticket.state]).toEqual([['unwanted'], 'settled']);
  });

  test('takes out what waits to be tried again', async () => {
    const { open, final, finishAll, slots } = schedulerWith(1);
    const ticket = open().submit(final('first'));
    open('critical').submit(final('urgent'));
    slots.decodeOf('first').die();
    await noticed();
    ticket.withdraw(reason);
    await expect(ticket.outcome).rejects.toBe(reason);
    expect(await finishAll()).toEqual(['first', 'urgent']);
  });

  test('does nothing to what is settled', async () => {
    const { open, final, slots } = schedulerWith(1);
    const ticket = open().submit(final('first'));
    slots.decodeOf('first').finish();
    await noticed();
    ticket.withdraw(reason);
    expect(await textOf(ticket)).toBe('first');
  });
});

describe('a final that finds every slot busy', () => {
  test('makes the partial of another lane end that began last', async () => {
    const { open, partial, final, slots } = schedulerWith(3);
    open().submit(partial('first'));
    const last = open().submit(partial('last'));
    open('batch').submit(workNamed('piece'));
    const ticket = open('background').submit(final('final'));
    expect(slots.running.map(({ isStopped }) => isStopped)).toEqual([false, true, false]);
    slots.decodeOf('last').fail(aborted);
    await expect(last.outcome).rejects.toMatchObject({ code: 'CHUNK_SHED' });
    expect(ticket.state).toBe('running');
  });

  test('makes none end twice, and one for each final', () => {
    const { open, partial, final, slots } = schedulerWith(3);
    for (const name of ['a', 'b', 'c']) open().submit(partial(name));
    const lane = open();
    lane.submit(final('first'));
    expect(slots.running.map(({ isStopped }) => isStopped)).toEqual([false, false, true]);
    lane.submit(final('second'));
    expect(slots.running.map(({ isStopped }) => isStopped)).toEqual([false, true, true]);
  });

  test('is content with a slot that is about to be free anyway', () => {
    const { open, partial, final, slots } = schedulerWith(2);
    open().submit(partial('a'));
    const withdrawn = open().submit(partial('b'));
    withdrawn.withdraw(reason);
    open().submit(final('final'));
    expect(slots.decodeOf('a').isStopped).toBe(false);
  });

  test('does so too when it was a partial while it waited', () => {
    const { open, partial, final, slots } = schedulerWith(1);
    open().submit(partial('other'));
    const ticket = open().submit(partial('growing'));
    expect(slots.decodeOf('other').isStopped).toBe(false);
    ticket.replace(final('grown'));
    expect(slots.decodeOf('other').isStopped).toBe(true);
  });

  test('leaves partials of its own lane, finals and pieces alone', () => {
    const { open, partial, final, slots } = schedulerWith(3);
    const lane = open('critical');
    lane.submit(partial('own'));
    open('background').submit(final('final'));
    open('batch').submit(workNamed('piece'));
    lane.submit(final('urgent'));
    expect(slots.running.some(({ isStopped }) => isStopped)).toBe(false);
  });

  test('is not given way by a partial, a piece or the work of a file', () => {
    const { open, partial, final, slots } = schedulerWith(1);
    open().submit(partial('running'));
    open('critical').submit(partial('partial'));
    open('batch').submit(workNamed('piece'));
    open('batch').submit(final('spooled'));
    expect(slots.decodeOf('running').isStopped).toBe(false);
  });

  test('takes nothing from a partial that is decoded all the same', async () => {
    const { open, partial, final, slots } = schedulerWith(1);
    const ticket = open().submit(partial('quick'));
    open().submit(final('final'));
    slots.decodeOf('quick').finish();
    expect(await textOf(ticket)).toBe('quick');
  });

  test('does not try a partial again that loses its slot when it was given up', async () => {
    const { open, partial, final, slots } = schedulerWith(1);
    const ticket = open().submit(partial('quick'));
    open().submit(final('final'));
    slots.decodeOf('quick').die();
    await expect(ticket.outcome).rejects.toMatchObject({ code: 'CHUNK_SHED' });
  });

  test('spares the next partial of a lane that gave one up, until one was decoded', async () => {
    const { open, partial, final, slots } = schedulerWith(1);
    const [lane, other] = [open(), open()];
    const giveWay = async (name: string) => {
      lane.submit(partial(name));
      other.submit(final(`after ${name}`));
      const { isStopped } = slots.decodeOf(name);
      if (isStopped) slots.decodeOf(name).fail(aborted);
      else slots.decodeOf(name).finish();
      await noticed();
      slots.decodeOf(`after ${name}`).finish();
      await noticed();
      return isStopped;
    };
    expect([await giveWay('a'), await giveWay('b'), await giveWay('c')]).toEqual([true, false, true]);
  });

  test('has the reason of the withdrawal when its partial was given up before', async () => {
    const { open, partial, final, slots } = schedulerWith(1);
    const lane = open();
    const ticket = lane.submit(partial('partial'));
    open().submit(final('final'));
    lane.stop(aborted);
    slots.decodeOf('partial').finish();
    await expect(ticket.outcome).rejects.toBe(aborted);
  });
});

describe('a reading', () => {
  test('of a lane says what waits, how much of it, and for how long', async () => {
    const { open, final, partial, clock, finishAll } = schedulerWith(1);
    const lane = open();
    const read = () => [lane.waiting.map(({ work }) => work.kind), lane.waitingSeconds, lane.oldestWaitSeconds];
    expect(read()).toEqual([[], 0, 0]);
    lane.submit(final('running'));
    expect(read()).toEqual([[], 0, 0]);
    lane.submit(partial('partial', { audioSeconds: 2 }));
    clock.advance(3);
    lane.submit(final('final', { audioSeconds: 4 }));
    clock.advance(1);
    expect(read()).toEqual([['partial', 'final'], 6, 4]);
    await finishAll();
    expect(read()).toEqual([[], 0, 0]);
  });

  test('of all lanes says it for each kind', async () => {
    const { open, final, partial, clock, scheduler, finishAll } = schedulerWith(1);
    open('batch').submit(workNamed('running'));
    open('batch').submit(workNamed('piece'));
    clock.advance(1);
    for (const priority of ['critical', 'background'] as const) open(priority).submit(final(priority));
    clock.advance(1);
    open().submit(partial('partial', { audioSeconds: 3 }));
    expect([scheduler.busy, scheduler.slots]).toEqual([1, 1]);
    expect(scheduler.queues()).toEqual({
      final: { waiting: 2, waitingSeconds: 2, oldestWaitSeconds: 1 },
      partial: { waiting: 1, waitingSeconds: 3, oldestWaitSeconds: 0 },
      piece: { waiting: 1, waitingSeconds: 1, oldestWaitSeconds: 2 },
    });
    await finishAll();
    const nothing = { waiting: 0, waitingSeconds: 0, oldestWaitSeconds: 0 };
    expect(scheduler.queues()).toEqual({ final: nothing, partial: nothing, piece: nothing });
    expect(scheduler.busy).toBe(0);
  });
});

test('whoever watches is told of every work once, and of every death', async () => {
  const told: unknown[] = [];
  const { open, final, slots } = schedulerWith(1, {
    onDecoded: (work, { queueSeconds }) => told.push(['decoded', work.audioSeconds, queueSeconds]),
    onFailed: (work, error) => told.push(['failed', work.audioSeconds, (error as EngineError).code]),
    onDeath: (work) => told.push(['death', work.audioSeconds]),
  });
  const lane = open();
  for (const audioSeconds of [1, 2, 3, 4]) lane.submit(final(`${audioSeconds}`, { audioSeconds }));
  lane.waiting[2]?.withdraw(reason);
  for (const end of ['finish', 'die', 'finish', 'die', 'die'] as const) {
    slots.running[0]?.[end]();
    await noticed();
  }
  lane.stop(aborted);
  lane.submit(final('late', { audioSeconds: 5 }));
  expect(told).toEqual([
    ['failed', 4, 'CHUNK_SHED'],
    ['decoded', 1, 0],
    ['death', 2],
    ['decoded', 2, 0],
    ['death', 3],
    ['death', 3],
    ['failed', 3, 'CHUNK_SET_ASIDE'],
    ['failed', 5, 'ABORTED'],
  ]);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a lane of weight %d is refused', (weight) => {
  const { open } = schedulerWith(1);
  expect(() => open('normal', weight)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});
