import { Scheduler } from '../../scheduler/scheduler.js';
import type { LanePriority, Priority, Work } from '../../scheduler/work.js';
import { sumOf } from '../../session/ledger.js';
import { Meter } from '../meter.js';
import type { History, Policy } from '../policy.js';
import { safely } from '../safely.js';
import type { LoadSnapshot } from '../snapshot.js';
import { assumedShare } from '../source-watch.js';
import { defaultMachine, type SimulatedMachine } from './machine.js';
import { SeededChance } from './seeded-chance.js';
import { SimulatedLadder } from './simulated-ladder.js';
import { SimulatedSlots } from './simulated-slots.js';
import { SimulatedSource } from './simulated-source.js';
import { SimulationBooks } from './simulation-books.js';
import type { SimulatedChange, SimulationResult, TimelinePoint } from './simulation-result.js';
import type { Trace, TraceEvent } from './trace.js';
import { VirtualClock } from './virtual-clock.js';

/** What a policy may remember. */
const historySeconds = 600;
/** A text is wanted this long after it was asked for, as in a session. */
const dueSeconds = 1;

/**
 * Tries a policy out on a load, with the engine's own scheduler, meter and books, on a clock that takes no time. Only
 * the slots and the speakers are made up. The same trace, policy and machine give the same result.
 * @throws EngineError `OPTION_INVALID`
 */
export async function simulate(
  policy: Policy,
  trace: Trace,
  machine: SimulatedMachine = defaultMachine,
): Promise<SimulationResult> {
  return new Simulation(policy, trace, machine).run();
}

class Simulation {
  readonly #policy: Policy;
  readonly #trace: Trace;
  readonly #machine: SimulatedMachine;
  readonly #clock = new VirtualClock();
  readonly #slots: SimulatedSlots;
  readonly #scheduler: Scheduler;
  readonly #ladder: SimulatedLadder;
  readonly #meter: Meter;
  readonly #books = new SimulationBooks();
  /** By name, those that have not left. */
  readonly #open = new Map<string, SimulatedSource>();
  readonly #sources: SimulatedSource[] = [];
  /** What a work was decoded with. */
  readonly #keys = new WeakMap<Work, string>();
  readonly #decodes = { final: 0, partial: 0 };
  #snapshots: LoadSnapshot[] = [];
  readonly #changes: SimulatedChange[] = [];
  readonly #timeline: TimelinePoint[] = [];
  readonly #faults: string[] = [];
  readonly #rungSeconds: number[];
  #nextEvent = 0;

  constructor(policy: Policy, trace: Trace, machine: SimulatedMachine) {
    this.#policy = safely(policy, ({ error }) => this.#faults.push(error.message));
    this.#trace = trace;
    this.#machine = machine;
    this.#slots = new SimulatedSlots(machine, this.#clock, new SeededChance(7));
    this.#scheduler = new Scheduler(this.#slots, this.#clock, {
      onDecoded: (work, { recognition, queueSeconds }, priority) =>
        this.#decoded(work, recognition.decodeSeconds, queueSeconds, priority),
    });
    this.#ladder = new SimulatedLadder(policy.rungs, machine, this.#clock);
    this.#meter = new Meter({ clock: this.#clock, slots: machine.slots });
    this.#rungSeconds = policy.rungs.map(() => 0);
  }

  async run(): Promise<SimulationResult> {
    this.#waitForEvent();
    this.#clock.after(1, () => this.#tick());
    await this.#clock.runUntil(this.#trace.seconds);
    return this.#result();
  }

  #waitForEvent(): void {
    const next = this.#trace.events[this.#nextEvent];
    if (!next) return;
    this.#nextEvent += 1;
    this.#clock.after(next.atSeconds - this.#clock.nowSeconds(), () => {
      this.#happens(next);
      this.#waitForEvent();
    });
  }

  #happens(event: TraceEvent): void {
    switch (event.kind) {
      case 'join':
        this.#join(event.source, event.priority);
        break;
      case 'leave':
        this.#open.get(event.source)?.leave();
        this.#open.delete(event.source);
        break;
      case 'speech':
        // Who was never said to join is there from its first word on.
        (this.#open.get(event.source) ?? this.#join(event.source, 'normal')).speak(event.seconds);
        break;
      case 'slowdown':
        this.#slots.slowDown(event.factor);
        break;
      case 'stall':
        this.#slots.stall(event.seconds);
        break;
      default:
        event satisfies never;
    }
  }

  #join(name: string, priority: Priority): SimulatedSource {
    this.#open.get(name)?.leave();
    const chance = new SeededChance(this.#sources.length + 1);
    const source = new SimulatedSource({
      name,
      priority,
      clock: this.#clock,
      lane: this.#scheduler.openLane({ priority }),
      lateLane: this.#scheduler.openLane({ priority: 'batch' }),
      limits: this.#machine.queues[priority],
      plan: () => this.#ladder.plan,
      service: () => this.#ladder.serviceOf(priority),
      work: (kind, audioSeconds) => this.#work(kind, audioSeconds),
      placeToCut: () => chance.between(0.5, 1),
      tell: (told) => this.#books.add(priority, told),
    });
    this.#open.set(name, source);
    this.#sources.push(source);
    return source;
  }

  #work(kind: Work['kind'], audioSeconds: number): Work {
    const work: Work = {
      kind,
      audioSeconds,
      dueAtSeconds: this.#clock.nowSeconds() + dueSeconds,
      chunk: () => {
        const { plan, model } = this.#ladder;
        this.#keys.set(work, this.#ladder.keyOf(model, plan));
        return this.#slots.chunkOf({ audioSeconds, plan, model });
      },
    };
    return work;
  }

  #decoded(work: Work, decodeSeconds: number, queueSeconds: number, priority: LanePriority): void {
    const { kind, audioSeconds } = work;
    if (kind !== 'piece') this.#decodes[kind] += 1;
    this.#meter.decoded({
      key: this.#keys.get(work) ?? '',
      kind,
      ...(priority !== 'batch' && { priority }),
      audioSeconds,
      decodeSeconds,
      queueSeconds,
      atSeconds: this.#clock.nowSeconds(),
    });
  }

  #tick(): void {
    const usual = this.#usualShare();
    const snapshot = this.#meter.tick({
      rung: this.#ladder.rung,
      rungs: this.#ladder.costs(),
      sources: [...this.#open.values()].map((source) => ({
        priority: source.priority,
        speechShare: source.speechShare(usual),
        queuedSeconds: source.queuedSeconds,
        limitSeconds: this.#machine.queues[source.priority].seconds,
        isShed: this.#ladder.serviceOf(source.priority) !== 'decoded',
      })),
    });
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > historySeconds) this.#snapshots = this.#snapshots.slice(-historySeconds);
    this.#note(snapshot);
    this.#decide(snapshot, { snapshots: this.#snapshots, changes: this.#changes });
    for (const source of this.#sources) source.catchUp();
    this.#clock.after(1, () => this.#tick());
  }

  /** How much sources speak: the mean of those that have been there for a while. */
  #usualShare(): number {
    const shares = [...this.#open.values()].filter(({ isKnown }) => isKnown).map((source) => source.speechShare(0));
    return shares.length === 0 ? assumedShare : shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }

  #decide(snapshot: LoadSnapshot, history: History): void {
    const { rung, reason, evidence } = this.#policy.decide(snapshot, history);
    const from = this.#ladder.rung;
    if (rung === from || !this.#ladder.take(rung)) return;
    this.#changes.push({ atSeconds: this.#clock.nowSeconds(), from, to: rung, reason, evidence });
    for (const source of this.#open.values()) source.follow();
  }

  #note({ load, rung }: LoadSnapshot): void {
    this.#rungSeconds[rung] = (this.#rungSeconds[rung] ?? 0) + 1;
    this.#timeline.push({
      atSeconds: this.#clock.nowSeconds(),
      load: load[0] ?? 0,
      loadHere: load[rung] ?? 0,
      rung,
      queuedSeconds: this.#scheduler.queues().final.waitingSeconds,
      ...this.#books.takeSecond(),
      sources: this.#open.size,
    });
  }

  #result(): SimulationResult {
    const { latency, fates } = this.#books;
    return {
      policy: this.#policy.name,
      trace: this.#trace.name,
      machine: this.#machine.name,
      seconds: this.#trace.seconds,
      transitions: this.#changes.length,
      lastRung: this.#ladder.rung,
      latency,
      fates,
      rungs: this.#policy.rungs.map(({ name }, rung) => ({ name, seconds: this.#rungSeconds[rung] ?? 0 })),
      decisions: this.#changes,
      faults: this.#faults,
      timeline: this.#timeline,
      ledger: sumOf(this.#sources.map(({ ledger }) => ledger.read())),
      decodes: this.#decodes,
    };
  }
}
