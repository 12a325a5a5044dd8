import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { type Decoded, type Lane, type LaneOptions, Scheduler } from '../../dist/scheduler/scheduler.js';
import type { Ticket, Work } from '../../dist/scheduler/work.js';
import { ManualClock } from '../manual-clock.js';
import { workNamed } from './scheduler-work.js';
import { noticed, ScriptedSlots } from './scripted-slots.js';

vi.setConfig({ testTimeout: 20_000 });

const laneOptions: readonly LaneOptions[] = [
  { priority: 'critical' },
  { priority: 'normal', weight: 3 },
  { priority: 'normal' },
  { priority: 'background' },
  {},
];

interface WorkStep {
  readonly work: Work['kind'];
  readonly audioSeconds: number;
  readonly dueInSeconds: number;
  readonly isBroken: boolean;
}

type Step =
  | ({ readonly kind: 'submit'; readonly lane: number } & WorkStep)
  | ({ readonly kind: 'replace'; readonly ticket: number } & WorkStep)
  | { readonly kind: 'withdraw'; readonly ticket: number }
  | { readonly kind: 'stop'; readonly lane: number }
  | { readonly kind: 'finish' | 'die' | 'fail'; readonly decode: number }
  | { readonly kind: 'advance'; readonly seconds: number };

const workStep = {
  work: fc.constantFrom<Work['kind'][]>('final', 'partial', 'piece'),
  audioSeconds: fc.nat({ max: 15 }),
  dueInSeconds: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constant(Number.POSITIVE_INFINITY)),
  isBroken: fc.nat({ max: 9 }).map((at) => at === 0),
};
const lane = fc.nat({ max: laneOptions.length - 1 });
const ticket = fc.nat({ max: 40 });

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('submit' as const), lane, ...workStep }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('replace' as const), ticket, ...workStep }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), ticket }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), lane }) },
    {
      weight: 7,
      arbitrary: fc.record({
        kind: fc.constantFrom('finish' as const, 'finish' as const, 'die' as const, 'fail' as const),
        decode: fc.nat({ max: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), seconds: fc.nat({ max: 12 }) }) },
  ),
  { maxLength: 80 },
);

interface Submitted {
  readonly ticket: Ticket;
  outcome: Decoded | EngineError | undefined;
}

const broken = new EngineError('AUDIO_INVALID', 'The chunk could not be made.');
const withdrawn = new EngineError('SOURCE_ENDED', 'Nobody wants it.');
const stopped = new EngineError('ABORTED', 'The caller aborted the work.');

class Run {
  readonly clock = new ManualClock(1000);
  readonly slots: ScriptedSlots;
  readonly scheduler: Scheduler;
  readonly lanes: readonly Lane[];
  readonly submitted: Submitted[] = [];
  /** How often each chunk was made, how often it died, and what happened to whom. */
  readonly made = new Map<string, number>();
  readonly deaths = new Map<string, number>();
  readonly superseded = new Set<string>();
  readonly names = new Map<Work, string>();
  readonly told: Work[] = [];

  constructor(slotCount: number) {
    this.slots = new ScriptedSlots(slotCount, this.clock);
    this.scheduler = new Scheduler(this.slots, this.clock, {
      onDecoded: (work) => this.told.push(work),
      onFailed: (work) => this.told.push(work),
    });
    this.lanes = laneOptions.map((options) => this.scheduler.openLane(options));
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'submit':
        this.#submit(step);
        break;
      case 'replace': {
        const known = this.submitted[step.ticket];
        if (!known) break;
        const { work, state } = known.ticket;
        const earlier = this.nameOf(work);
        const isReplaced = known.ticket.replace(this.#work(step));
        if (isReplaced) this.superseded.add(earlier);
        expect(isReplaced).toBe(state === 'waiting' && !this.made.has(earlier));
        break;
      }
      case 'withdraw':
        this.submitted[step.ticket]?.ticket.withdraw(withdrawn);
        break;
      case 'stop':
        this.lanes[step.lane]?.stop(stopped);
        break;
      case 'die': {
        const decode = this.slots.running[step.decode];
        const name = decode?.chunk.prompt ?? '';
        this.deaths.set(name, (this.deaths.get(name) ?? 0) + 1);
        decode?.die();
        break;
      }
      case 'finish':
        this.slots.running[step.decode]?.finish();
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

  nameOf(work: Work): string {
    return this.names.get(work) ?? 'unknown';
  }

  look(): void {
    const { scheduler, slots, lanes, submitted } = this;
    const waiting = lanes.flatMap(({ waiting }) => waiting);
    expect(slots.mostRunning).toBeLessThanOrEqual(slots.slots);
    expect(scheduler.busy).toBe(slots.running.length);
    if (waiting.length > 0) expect(slots.running).toHaveLength(slots.slots);
    const states = (state: Ticket['state']) => submitted.filter(({ ticket }) => ticket.state === state);
    expect(states('waiting').map(({ ticket }) => ticket)).toEqual(
      waiting.toSorted((one, other) => this.#at(one) - this.#at(other)),
    );
    expect(states('running')).toHaveLength(slots.running.length);
    expect(states('settled')).toEqual(submitted.filter(({ outcome }) => outcome !== undefined));
    const queues = Object.values(scheduler.queues());
    expect(queues.reduce((sum, queue) => sum + queue.waiting, 0)).toBe(waiting.length);
    expect(queues.reduce((sum, queue) => sum + queue.waitingSeconds, 0)).toBe(
      lanes.reduce((sum, { waitingSeconds }) => sum + waitingSeconds, 0),
    );
    for (const { waiting } of lanes) {
      expect(waiting).toEqual(waiting.toSorted((one, other) => this.#at(one) - this.#at(other)));
    }
  }

  lookBack(): void {
    expect(this.scheduler.busy).toBe(0);
    expect(this.submitted.filter(({ outcome }) => outcome === undefined)).toEqual([]);
    for (const [name, times] of this.made) expect([name, times, this.superseded.has(name)]).toEqual([name, 1, false]);
    for (const name of new Set(this.slots.begunPrompts)) {
      const begun = this.slots.begunPrompts.filter((prompt) => prompt === name).length;
      expect(begun).toBeLessThanOrEqual(Math.min(2, 1 + (this.deaths.get(name) ?? 0)));
    }
    for (const { ticket, outcome } of this.submitted) {
      const name = this.nameOf(ticket.work);
      if (!(outcome instanceof EngineError)) {
        expect(outcome?.recognition.segments[0]?.text).toBe(` ${name}`);
        expect(outcome?.queueSeconds).toBeGreaterThanOrEqual(0);
      } else if (outcome.code === 'CHUNK_SET_ASIDE') expect(this.deaths.get(name)).toBe(2);
      else if (outcome.code === 'CHUNK_SHED') expect(ticket.work.kind).toBe('partial');
      else expect(outcome.code).toBeOneOf(['ABORTED', 'DECODE_FAILED', 'AUDIO_INVALID', 'SOURCE_ENDED']);
    }
    const works = this.submitted.map(({ ticket }) => ticket.work);
    expect(new Set(this.told)).toEqual(new Set(works));
    expect(this.told).toHaveLength(works.length);
  }

  #at(ticket: Ticket): number {
    return this.submitted.findIndex((known) => known.ticket === ticket);
  }

  #work({ work: kind, audioSeconds, dueInSeconds, isBroken }: WorkStep): Work {
    const name = `${this.names.size}`;
    const dueAtSeconds = this.clock.nowSeconds() + dueInSeconds;
    const named = workNamed(name, { kind, audioSeconds, dueAtSeconds });
    const chunk = () => {
      this.made.set(name, (this.made.get(name) ?? 0) + 1);
      if (isBroken) throw broken;
      return named.chunk();
    };
    const work = { ...named, chunk };
    this.names.set(work, name);
    return work;
  }

  #submit(step: WorkStep & { readonly lane: number }): void {
    const known = this.lanes[step.lane]?.submit(this.#work(step));
    if (!known) return;
    const submitted: Submitted = { ticket: known, outcome: undefined };
    this.submitted.push(submitted);
    known.outcome.then(
      (decoded) => {
        submitted.outcome = decoded;
      },
      (error: unknown) => {
        submitted.outcome = error as EngineError;
      },
    );
  }
}

test('whatever is asked in whatever order, slots are used and not over-used, and everything settles once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), steps, async (slotCount, taken) => {
      const run = new Run(slotCount);
      for (const step of taken) {
        run.take(step);
        await noticed();
        run.look();
      }
      for (let [oldest] = run.slots.running; oldest; [oldest] = run.slots.running) {
        oldest.finish();
        await noticed();
      }
      await Promise.all(run.lanes.map((each) => each.idle()));
      run.look();
      run.lookBack();
    }),
    { numRuns: 300 },
  );
});
