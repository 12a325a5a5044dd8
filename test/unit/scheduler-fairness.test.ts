import { describe, expect, test, vi } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { type Lane, type LaneOptions, Scheduler } from '../../dist/scheduler/scheduler.js';
import type { Priority, Ticket, Work } from '../../dist/scheduler/work.js';
import { ManualClock } from '../manual-clock.js';
import { workNamed } from './scheduler-work.js';
import { noticed, type ScriptedDecode, ScriptedSlots } from './scripted-slots.js';

vi.setConfig({ testTimeout: 20_000 });

const shed = new EngineError('CHUNK_SHED', 'The queue is full.');

const tickSeconds = 0.25;
const decodeSeconds = 0.5;

/** Slots that take half a second for each chunk, on a clock that goes on by itself. */
class Simulation {
  readonly clock = new ManualClock(1000);
  readonly slots: ScriptedSlots;
  readonly scheduler: Scheduler;
  readonly #begunAtSeconds = new Map<ScriptedDecode, number>();

  constructor(slotCount = 1) {
    this.slots = new ScriptedSlots(slotCount, this.clock);
    this.scheduler = new Scheduler(this.slots, this.clock);
  }

  open(options: LaneOptions): Lane {
    return this.scheduler.openLane(options);
  }

  work(name: string, kind: Work['kind'], audioSeconds = 2): Work {
    const dueAtSeconds = kind === 'piece' ? Number.POSITIVE_INFINITY : this.clock.nowSeconds() + 1;
    return workNamed(name, { kind, audioSeconds, dueAtSeconds });
  }

  /** Sees to it that so many finals of a lane wait. */
  fill(lane: Lane, name: string, { waiting = 5, audioSeconds = 2 } = {}): void {
    while (lane.waiting.length < waiting) lane.submit(this.work(name, 'final', audioSeconds));
  }

  /** @param feed - called at each tick, with the seconds from the start */
  async run(seconds: number, feed: (atSeconds: number) => void): Promise<void> {
    for (let atSeconds = 0; atSeconds < seconds; atSeconds += tickSeconds) {
      feed(atSeconds);
      const nowSeconds = this.clock.nowSeconds();
      for (const decode of [...this.slots.running]) {
        const begunAtSeconds = this.#begunAtSeconds.get(decode) ?? nowSeconds;
        this.#begunAtSeconds.set(decode, begunAtSeconds);
        if (decode.isStopped) decode.fail(new Error('Stopped.'));
        else if (nowSeconds - begunAtSeconds >= decodeSeconds) decode.finish();
      }
      await noticed();
      for (const decode of this.slots.running) {
        if (!this.#begunAtSeconds.has(decode)) this.#begunAtSeconds.set(decode, nowSeconds);
      }
      this.clock.advance(tickSeconds);
    }
  }

  /** Part of the hand-outs that went to work of this name. */
  share(name: string): number {
    return this.slots.begunPrompts.filter((prompt) => prompt === name).length / this.slots.begun.length;
  }
}

const priorities: readonly Priority[] = ['critical', 'normal', 'background'];

describe('lanes that all have more than the slots can do', () => {
  test.each<[priority: Priority, weights: readonly number[]]>([
    ['critical', [1, 1]],
    ['critical', [3, 1]],
    ['normal', [1, 2, 4]],
    ['background', [0.5, 1, 0.5]],
    ['background', [5, 1]],
  ])('of priority %s and weights %j have slots by weight', async (priority, weights) => {
    const simulation = new Simulation();
    const lanes = weights.map((weight) => simulation.open({ priority, weight }));
    await simulation.run(400, () => {
      for (const [at, lane] of lanes.entries()) simulation.fill(lane, `${at}`);
    });
    const sum = weights.reduce((all, weight) => all + weight);
    for (const [at, weight] of weights.entries()) expect(simulation.share(`${at}`)).toBeCloseTo(weight / sum, 1);
  });

  test.each(priorities)('have equal seconds of audio, however long their utterances are, at %s', async (priority) => {
    const simulation = new Simulation();
    const [short, long] = [simulation.open({ priority }), simulation.open({ priority })];
    await simulation.run(400, () => {
      simulation.fill(short, 'short', { audioSeconds: 2 });
      simulation.fill(long, 'long', { audioSeconds: 8 });
    });
    expect(simulation.share('short')).toBeCloseTo(0.8, 1);
  });

  test('share what a higher priority leaves over', async () => {
    const simulation = new Simulation();
    const [one, other] = [simulation.open({ priority: 'normal', weight: 3 }), simulation.open({ priority: 'normal' })];
    const critical = simulation.open({ priority: 'critical' });
    await simulation.run(400, (atSeconds) => {
      if (atSeconds % 1 === 0) critical.submit(simulation.work('critical', 'final'));
      simulation.fill(one, 'one');
      simulation.fill(other, 'other');
    });
    expect(simulation.share('critical')).toBeCloseTo(0.5, 1);
    expect(simulation.share('one') / simulation.share('other')).toBeGreaterThan(2.4);
    expect(simulation.share('one') / simulation.share('other')).toBeLessThan(3.6);
  });
});

describe('sources that speak twice as much as the slots can do', () => {
  /** Lanes that have a final of 2 s each 2 s, while the slot can do 8 s in that time. */
  async function overload(weights: readonly number[], flood?: Lane, simulation = new Simulation()) {
    const lanes = weights.map((weight) => simulation.open({ priority: 'normal', weight }));
    await simulation.run(600, (atSeconds) => {
      if (flood) simulation.fill(flood, 'flood', { waiting: 30 });
      if (atSeconds % 2 !== 0) return;
      for (const [at, lane] of lanes.entries()) {
        if (lane.waiting.length >= 20) lane.waiting[0]?.withdraw(shed);
        lane.submit(simulation.work(`${at}`, 'final'));
      }
    });
    return simulation;
  }

  test('have slots by weight, but not more than they need', async () => {
    const simulation = await overload([4, 1, 1, 1, 1, 1, 4, 1]);
    for (const at of [0, 6]) expect(simulation.share(`${at}`)).toBeCloseTo(1 / 4, 1);
    for (const at of [1, 2, 3, 4, 5, 7]) expect(simulation.share(`${at}`)).toBeCloseTo(1 / 12, 1.5);
  });

  test('lose no more to one that floods than to each other', async () => {
    const simulation = new Simulation();
    const flood = simulation.open({ priority: 'normal' });
    await overload([1, 1, 1, 1, 1, 1, 1], flood, simulation);
    for (const name of ['0', '3', '6', 'flood']) expect(simulation.share(name)).toBeCloseTo(1 / 8, 1.5);
  });
});

describe('a source that sends 50 times faster than real time', () => {
  test.each(priorities.flatMap((priority) => [1, 2, 100].map((waiting) => [priority, waiting] as const)))(
    'at %s, with %i waiting, delays no other by more than the chunk that runs',
    async (priority, waiting) => {
      const simulation = new Simulation();
      const [flooding, steady] = [simulation.open({ priority }), simulation.open({ priority })];
      const waits: number[] = [];
      await simulation.run(300, (atSeconds) => {
        simulation.fill(flooding, 'flood', { waiting });
        if (atSeconds % 2 !== 0 || atSeconds < 10) return;
        void steady
          .submit(simulation.work('steady', 'final'))
          .outcome.then(({ queueSeconds }) => waits.push(queueSeconds));
      });
      expect(waits.length).toBeGreaterThan(140);
      expect(Math.max(...waits)).toBeLessThanOrEqual(decodeSeconds + tickSeconds);
      expect(simulation.share('flood')).toBeGreaterThan(0.6);
    },
  );
});

describe('with critical finals that never cease', () => {
  interface Hungry {
    readonly what: string;
    readonly options: LaneOptions;
    readonly kind: Work['kind'];
    /** Superseded each second while it waits. */
    readonly isSuperseded?: boolean;
  }

  const hungry: readonly Hungry[] = [
    ...priorities.flatMap((priority): readonly Hungry[] => [
      { what: `a final of ${priority}`, options: { priority }, kind: 'final' },
      { what: `a partial of ${priority}`, options: { priority }, kind: 'partial' },
      { what: `a superseded partial of ${priority}`, options: { priority }, kind: 'partial', isSuperseded: true },
    ]),
    { what: 'a piece', options: {}, kind: 'piece' },
  ];

  /** Four critical lanes that always wait, and others in which one of each kind waits again when it was decoded. */
  async function starve(slotCount: number, seconds: number, others: readonly Hungry[]) {
    const simulation = new Simulation(slotCount);
    const flooding = Array.from({ length: 4 }, () => simulation.open({ priority: 'critical' }));
    const lanes = others.map(({ options }) => simulation.open(options));
    const tickets: Ticket[] = [];
    await simulation.run(seconds, (atSeconds) => {
      for (const lane of flooding) simulation.fill(lane, 'flood');
      for (const [at, { what, kind, isSuperseded }] of others.entries()) {
        const ticket = tickets[at];
        if (!ticket || ticket.state === 'settled') {
          const submitted = lanes[at]?.submit(simulation.work(what, kind));
          if (submitted) tickets[at] = submitted;
        } else if (isSuperseded && atSeconds % 1 === 0) ticket.replace(simulation.work(what, kind));
      }
    });
    return simulation;
  }

  test.each(hungry)('$what is decoded in the end, again and again', async (other) => {
    const { slots } = await starve(1, 400, [other]);
    const begun = slots.begunPrompts.filter((name) => name === other.what).length;
    expect(begun).toBeGreaterThanOrEqual(9);
  });

  test('everything together is decoded, and critical finals still have nine slots in ten', async () => {
    const others = [...hungry.filter(({ options }) => options.priority !== 'critical'), ...hungry.slice(-1)];
    const simulation = await starve(2, 400, others);
    for (const { what } of others)
      expect(simulation.slots.begunPrompts.filter((name) => name === what).length).toBeGreaterThan(1);
    expect(simulation.share('flood')).toBeGreaterThanOrEqual(0.9);
  });

  test('a partial that had to wait for its turn does not make way', async () => {
    const simulation = new Simulation();
    const flooding = simulation.open({ priority: 'critical' });
    const ticket = simulation.open({ priority: 'background' }).submit(simulation.work('partial', 'partial'));
    // The slot was free: it has it at once, and gives it up for the first final.
    await simulation.run(1, () => simulation.fill(flooding, 'flood'));
    await expect(ticket.outcome).rejects.toMatchObject({ code: 'CHUNK_SHED' });
    const next = simulation.open({ priority: 'background' }).submit(simulation.work('partial', 'partial'));
    // A new one comes at every tick, also while the partial runs.
    await simulation.run(60, () => void flooding.submit(simulation.work('flood', 'final')));
    await expect(next.outcome).resolves.toBeDefined();
  });

  test('the partial of a lane that has finals without end itself is decoded', async () => {
    const simulation = new Simulation();
    const lane = simulation.open({ priority: 'critical' });
    simulation.fill(lane, 'flood');
    const ticket = lane.submit(simulation.work('partial', 'partial'));
    await simulation.run(60, () => simulation.fill(lane, 'flood'));
    await expect(ticket.outcome).resolves.toBeDefined();
  });

  test('every file has its turn', async () => {
    const simulation = new Simulation();
    const flooding = simulation.open({ priority: 'critical' });
    simulation.fill(flooding, 'flood');
    const files = ['a', 'b', 'c'];
    for (const name of files) {
      const lane = simulation.open({});
      for (let at = 0; at < 3; at += 1) lane.submit(simulation.work(name, 'piece'));
    }
    await simulation.run(200, () => simulation.fill(flooding, 'flood'));
    const begun = simulation.slots.begunPrompts.filter((name) => files.includes(name));
    expect(begun.slice(0, 6)).toEqual([...files, ...files]);
  });
});
