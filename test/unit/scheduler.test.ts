import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { type Decoded, type Lane, Scheduler } from '../../dist/scheduler/scheduler.js';
import { ManualClock } from '../manual-clock.js';
import { workNamed } from './scheduler-work.js';
import { noticed, ScriptedSlots } from './scripted-slots.js';

// What is wrong with a scheduler shows as a promise that never settles.
vi.setConfig({ testTimeout: 10_000 });

const aborted = new EngineError('ABORTED', 'The caller aborted the work.');
const closed = new EngineError('ENGINE_CLOSED', 'The engine is closed.');

function schedulerWith(slotCount: number) {
  const clock = new ManualClock(1000);
  const slots = new ScriptedSlots(slotCount, clock);
  return { clock, slots, scheduler: new Scheduler(slots, clock) };
}

/** Submits pieces of these names. */
function submitAll(lane: Lane, names: readonly string[]): readonly Promise<Decoded>[] {
  return names.map((name) => lane.submit(workNamed(name)).outcome);
}

/** Finishes decode after decode, always the oldest, and says in which order they were begun. */
async function finishAll(slots: ScriptedSlots): Promise<readonly string[]> {
  for (let [oldest] = slots.running; oldest; [oldest] = slots.running) {
    oldest.finish();
    await noticed();
  }
  return slots.begunPrompts;
}

describe('slots', () => {
  test.each([1, 2, 3, 8])('never decode more than %i at a time, nor less while something waits', async (slotCount) => {
    const { scheduler, slots } = schedulerWith(slotCount);
    void submitAll(scheduler.openLane(), ['a1', 'a2', 'a3', 'a4', 'a5']);
    void submitAll(scheduler.openLane(), ['b1', 'b2', 'b3', 'b4', 'b5']);
    for (let left = 10; left > 0; left -= 1) {
      expect(slots.running).toHaveLength(Math.min(slotCount, left));
      slots.running[0]?.finish();
      await noticed();
    }
    expect(slots.mostRunning).toBe(slotCount);
  });

  test.each<[what: string, lanes: readonly (readonly string[])[], begun: readonly string[]]>([
    ['take the chunks of one lane in order', [['a1', 'a2', 'a3']], ['a1', 'a2', 'a3']],
    [
      'take turns over two lanes',
      [
        ['a1', 'a2', 'a3'],
        ['b1', 'b2', 'b3'],
      ],
      ['a1', 'a2', 'b1', 'a3', 'b2', 'b3'],
    ],
    [
      'take a short file soon, however long the one before',
      [['a1', 'a2', 'a3', 'a4'], ['b1']],
      ['a1', 'a2', 'b1', 'a3', 'a4'],
    ],
    [
      'take turns over three lanes',
      [
        ['a1', 'a2', 'a3'],
        ['b1', 'b2'],
        ['c1', 'c2'],
      ],
      ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'c2'],
    ],
  ])('%s', async (_what, lanes, begun) => {
    const { scheduler, slots } = schedulerWith(1);
    for (const names of lanes) void submitAll(scheduler.openLane(), names);
    expect(await finishAll(slots)).toEqual(begun);
  });
});

describe('a chunk', () => {
  test('is decoded at once when a slot is free', () => {
    const { scheduler, slots } = schedulerWith(1);
    void submitAll(scheduler.openLane(), ['a1']);
    expect(slots.runningPrompts).toEqual(['a1']);
  });

  test('comes back with its text and the time it waited', async () => {
    const { scheduler, slots, clock } = schedulerWith(1);
    const [first, second] = submitAll(scheduler.openLane(), ['a1', 'a2']);
    clock.advance(3);
    slots.decodeOf('a1').finish();
    await noticed();
    clock.advance(4);
    slots.decodeOf('a2').finish();
    expect(await first).toMatchObject({ queueSeconds: 0, recognition: { segments: [{ text: ' a1' }] } });
    expect(await second).toMatchObject({ queueSeconds: 3, recognition: { segments: [{ text: ' a2' }] } });
  });

  test('that cannot be decoded fails alone', async () => {
    const { scheduler, slots } = schedulerWith(1);
    const [first, second] = submitAll(scheduler.openLane(), ['a1', 'a2']);
    const failure = new EngineError('DECODE_FAILED', 'Odd audio.');
    slots.decodeOf('a1').fail(failure);
    await expect(first).rejects.toBe(failure);
    slots.decodeOf('a2').finish();
    await expect(second).resolves.toBeDefined();
    expect(slots.begunPrompts).toEqual(['a1', 'a2']);
  });

  test('that lost its slot is decoded once more, before what came after it', async () => {
    const { scheduler, slots, clock } = schedulerWith(1);
    const [first] = submitAll(scheduler.openLane(), ['a1', 'a2']);
    void submitAll(scheduler.openLane(), ['b1']);
    clock.advance(2);
    slots.decodeOf('a1').die();
    await noticed();
    expect(slots.runningPrompts).toEqual(['a1']);
    slots.decodeOf('a1').finish();
    // The wait for the slot that died counts.
    expect(await first).toMatchObject({ queueSeconds: 2 });
  });

  test('that lost its slot goes before the lanes that wait', async () => {
    const { scheduler, slots } = schedulerWith(1);
    void submitAll(scheduler.openLane(), ['a1']);
    void submitAll(scheduler.openLane(), ['b1']);
    slots.decodeOf('a1').die();
    await noticed();
    expect(await finishAll(slots)).toEqual(['a1', 'a1', 'b1']);
  });

  test('that loses two slots is set aside, and the next one goes on', async () => {
    const { scheduler, slots } = schedulerWith(1);
    const [first, second] = submitAll(scheduler.openLane(), ['a1', 'a2']);
    slots.decodeOf('a1').die();
    await noticed();
    slots.decodeOf('a1').die();
    await expect(first).rejects.toMatchObject({ code: 'CHUNK_SET_ASIDE', cause: { code: 'WORKER_DIED' } });
    slots.decodeOf('a2').finish();
    await expect(second).resolves.toBeDefined();
    expect(slots.begunPrompts).toEqual(['a1', 'a1', 'a2']);
  });

  test('that lost its slot and then fails otherwise gives that error', async () => {
    const { scheduler, slots } = schedulerWith(1);
    const [first] = submitAll(scheduler.openLane(), ['a1']);
    slots.decodeOf('a1').die();
    await noticed();
    slots.decodeOf('a1').fail(new EngineError('DEADLINE_EXCEEDED', 'Late.'));
    await expect(first).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe('a lane that is stopped', () => {
  test('rejects what waits at once and what runs when its slot lets go, both with the reason', async () => {
    const { scheduler, slots } = schedulerWith(1);
    const lane = scheduler.openLane();
    const [running, waiting] = submitAll(lane, ['a1', 'a2']);
    lane.stop(aborted);
    await expect(waiting).rejects.toBe(aborted);
    expect(slots.decodeOf('a1').isStopped).toBe(true);
    slots.decodeOf('a1').fail(new EngineError('ABORTED', 'The decode was aborted.'));
    await expect(running).rejects.toBe(aborted);
    expect(slots.begunPrompts).toEqual(['a1']);
  });

  test.each<[what: string, end: 'finish' | 'die']>([
    ['finishes all the same', 'finish'],
    ['loses its slot', 'die'],
  ])('rejects a chunk that %s', async (_what, end) => {
    const { scheduler, slots } = schedulerWith(1);
    const lane = scheduler.openLane();
    const [running] = submitAll(lane, ['a1']);
    lane.stop(aborted);
    slots.decodeOf('a1')[end]();
    await expect(running).rejects.toBe(aborted);
    expect(slots.begunPrompts).toEqual(['a1']);
  });

  test('takes nothing more', async () => {
    const { scheduler, slots } = schedulerWith(1);
    const lane = scheduler.openLane();
    lane.stop(aborted);
    await expect(lane.submit(workNamed('a1')).outcome).rejects.toBe(aborted);
    expect(slots.begun).toEqual([]);
  });

  test('keeps its first reason', async () => {
    const { scheduler } = schedulerWith(1);
    const lane = scheduler.openLane();
    lane.stop(aborted);
    lane.stop(closed);
    await expect(lane.submit(workNamed('a1')).outcome).rejects.toBe(aborted);
  });

  test('leaves the other lanes alone', async () => {
    const { scheduler, slots } = schedulerWith(2);
    const lane = scheduler.openLane();
    void submitAll(lane, ['a1', 'a2', 'a3']);
    const others = submitAll(scheduler.openLane(), ['b1', 'b2']);
    lane.stop(aborted);
    for (const decode of [...slots.running]) decode.fail(new EngineError('ABORTED', 'The decode was aborted.'));
    await noticed();
    expect(slots.runningPrompts).toEqual(['b1', 'b2']);
    expect(slots.running.some(({ isStopped }) => isStopped)).toBe(false);
    await finishAll(slots);
    await expect(Promise.all(others)).resolves.toHaveLength(2);
  });
});

describe('a lane is idle', () => {
  const watch = (lane: Lane) => {
    const watched = { isIdle: false };
    void lane.idle().then(() => {
      watched.isIdle = true;
    });
    return watched;
  };

  test('at once when nothing runs', async () => {
    const { scheduler } = schedulerWith(1);
    void submitAll(scheduler.openLane(), ['a1']);
    await scheduler.openLane().idle();
  });

  test('when the last slot has let go after a stop, not before', async () => {
    const { scheduler, slots } = schedulerWith(2);
    const lane = scheduler.openLane();
    void submitAll(lane, ['a1', 'a2', 'a3']);
    lane.stop(aborted);
    const watched = watch(lane);
    slots.decodeOf('a2').finish();
    await noticed();
    expect(watched.isIdle).toBe(false);
    slots.decodeOf('a1').die();
    await noticed();
    expect(watched.isIdle).toBe(true);
  });

  test('when it has gone through all that waited and what was tried again', async () => {
    const { scheduler, slots } = schedulerWith(1);
    const lane = scheduler.openLane();
    void submitAll(lane, ['a1', 'a2']);
    const watched = watch(lane);
    for (const end of ['die', 'finish', 'finish'] as const) {
      await noticed();
      expect(watched.isIdle).toBe(false);
      slots.running[0]?.[end]();
    }
    await noticed();
    expect(slots.begunPrompts).toEqual(['a1', 'a1', 'a2']);
    expect(watched.isIdle).toBe(true);
  });
});

type Step =
  | { readonly kind: 'submit' | 'stop'; readonly lane: number }
  | { readonly kind: 'finish' | 'die' | 'fail'; readonly decode: number }
  | { readonly kind: 'advance'; readonly seconds: number };

const lanes = 3;
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('submit' as const), lane: fc.nat({ max: lanes - 1 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('finish' as const, 'finish' as const, 'die' as const, 'fail' as const),
        decode: fc.nat({ max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), lane: fc.nat({ max: lanes - 1 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.nat({ max: 9 }) }) },
  ),
  { maxLength: 60 },
);

interface Submitted {
  readonly name: string;
  readonly lane: number;
  readonly atSeconds: number;
  outcome: Decoded | EngineError | undefined;
}

class Interleaving {
  readonly clock = new ManualClock(1000);
  readonly slots: ScriptedSlots;
  readonly submitted: Submitted[] = [];
  readonly stopped = new Set<number>();
  readonly #lanes: readonly Lane[];

  constructor(slotCount: number) {
    this.slots = new ScriptedSlots(slotCount, this.clock);
    const scheduler = new Scheduler(this.slots, this.clock);
    this.#lanes = Array.from({ length: lanes }, () => scheduler.openLane());
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'submit':
        this.#submit(step.lane);
        break;
      case 'stop':
        this.stopped.add(step.lane);
        this.#lanes[step.lane]?.stop(aborted);
        break;
      case 'finish':
        this.slots.running[step.decode]?.finish();
        break;
      case 'die':
        this.slots.running[step.decode]?.die();
        break;
      case 'fail':
        this.slots.running[step.decode]?.fail(new EngineError('DECODE_FAILED', 'Odd audio.'));
        break;
      case 'advance':
        this.clock.advance(step.seconds);
        break;
      default:
        step satisfies never;
    }
  }

  /** Lanes with a chunk that no slot has. */
  waitingLanes(): readonly number[] {
    const open = this.submitted.filter(({ outcome }) => outcome === undefined);
    const waiting = open.filter(({ name }) => !this.slots.runningPrompts.includes(name));
    return [...new Set(waiting.map(({ lane }) => lane))];
  }

  #submit(lane: number): void {
    const name = `${lane}-${this.submitted.length}`;
    const chunk: Submitted = { name, lane, atSeconds: this.clock.nowSeconds(), outcome: undefined };
    this.submitted.push(chunk);
    this.#lanes[lane]?.submit(workNamed(name)).outcome.then(
      (decoded) => {
        chunk.outcome = decoded;
      },
      (error: unknown) => {
        chunk.outcome = error as EngineError;
      },
    );
  }
}

/** Runs random steps and looks at each of them, and at the end. */
async function everyInterleaving(watch: (run: Interleaving) => (step: Step | 'end') => void): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), steps, async (slotCount, taken) => {
      const run = new Interleaving(slotCount);
      const look = watch(run);
      for (const step of taken) {
        run.take(step);
        await noticed();
        look(step);
      }
      await finishAll(run.slots);
      look('end');
    }),
    { numRuns: 100 },
  );
}

describe('whatever happens', () => {
  test('no slot is idle while something waits, and none has two decodes', async () => {
    await everyInterleaving(({ slots, submitted }) => () => {
      const open = submitted.filter(({ outcome }) => outcome === undefined).length;
      expect(slots.running.length).toBe(Math.min(slots.slots, open));
      expect(slots.mostRunning).toBeLessThanOrEqual(slots.slots);
    });
  });

  test('every promise settles: with the text, the reason of the stop, or what went wrong', async () => {
    await everyInterleaving((run) => (step) => {
      if (step !== 'end') return;
      for (const { outcome, name, lane, atSeconds } of run.submitted) {
        if (outcome instanceof EngineError) {
          expect(outcome.code).toBeOneOf(['ABORTED', 'DECODE_FAILED', 'CHUNK_SET_ASIDE']);
          if (outcome.code === 'ABORTED') expect(run.stopped).toContain(lane);
        } else {
          expect(outcome?.recognition.segments[0]?.text).toBe(` ${name}`);
          expect(outcome?.queueSeconds).toBeGreaterThanOrEqual(0);
          expect(outcome?.queueSeconds).toBeLessThanOrEqual(run.clock.nowSeconds() - atSeconds);
        }
      }
    });
  });

  test('chunks of a lane begin in the order in which they were submitted', async () => {
    await everyInterleaving((run) => (step) => {
      if (step !== 'end') return;
      for (let lane = 0; lane < lanes; lane += 1) {
        const submitted = run.submitted.filter((chunk) => chunk.lane === lane).map(({ name }) => name);
        const begun = [...new Set(run.slots.begunPrompts.filter((name) => name.startsWith(`${lane}-`)))];
        expect(begun).toEqual(submitted.filter((name) => begun.includes(name)));
      }
    });
  });

  test('a chunk takes down two slots at the most, and only then is set aside', async () => {
    await everyInterleaving((run) => (step) => {
      if (step !== 'end') return;
      for (const { outcome, name } of run.submitted) {
        const beginnings = run.slots.begunPrompts.filter((begun) => begun === name).length;
        expect(beginnings).toBeLessThanOrEqual(2);
        if (outcome instanceof EngineError && outcome.code === 'CHUNK_SET_ASIDE') expect(beginnings).toBe(2);
      }
    });
  });

  test('no lane is passed over twice by another, but for what is tried again', async () => {
    await everyInterleaving((run) => {
      /** For a lane that waits, those that have had a turn since. */
      const passedBy = new Map<number, number[]>();
      let begun: readonly string[] = [];
      return () => {
        for (const name of run.slots.begunPrompts.slice(begun.length)) {
          const lane = Number(name.split('-')[0]);
          passedBy.delete(lane);
          if (!begun.includes(name)) for (const turns of passedBy.values()) turns.push(lane);
          begun = [...begun, name];
        }
        const waiting = run.waitingLanes();
        for (const lane of passedBy.keys()) if (!waiting.includes(lane)) passedBy.delete(lane);
        for (const lane of waiting) if (!passedBy.has(lane)) passedBy.set(lane, []);
        for (const turns of passedBy.values()) expect(new Set(turns).size).toBe(turns.length);
      };
    });
  });
});
