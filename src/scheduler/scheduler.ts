import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Decode } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import { type Lane, type LaneHost, type LaneOptions, OpenLane } from './lane.js';
import type { Line } from './line.js';
import type { Ended, OpenTicket, WorkHooks } from './ticket.js';
import { WaitingLines } from './waiting-lines.js';
import type { Work } from './work.js';

export type { Lane, LaneOptions } from './lane.js';
export type { Decoded } from './work.js';

/** What decodes: the slot pool, or something scripted in a test. */
export interface Slots {
  readonly slots: number;
  decode(chunk: Chunk): Decode;
}

export interface SchedulerOptions extends WorkHooks {
  /** Work that waits rises one rank in this time. @defaultValue 5 */
  readonly ageingSeconds?: number | undefined;
}

/** What waits, of one kind, over all lanes. */
export interface QueueReading {
  readonly waiting: number;
  /** Seconds of audio. */
  readonly waitingSeconds: number;
  readonly oldestWaitSeconds: number;
}

/**
 * Hands one chunk to one free slot; order.ts says which. When every slot has one and a final comes, a partial of another
 * lane makes way; pieces of files do not, they are short.
 */
export class Scheduler {
  readonly #slots: Slots;
  readonly #host: LaneHost;
  /** In the order in which they began. */
  readonly #running = new Set<OpenTicket<OpenLane>>();
  /** Slots that decode, or for which a chunk is just being made. */
  #busy = 0;

  constructor(slots: Slots, clock: Clock, { ageingSeconds = 5, ...hooks }: SchedulerOptions = {}) {
    this.#slots = slots;
    const wake = (ticket: OpenTicket<OpenLane>) => this.#wake(ticket);
    this.#host = { clock, hooks, lines: new WaitingLines(ageingSeconds), wake };
  }

  get slots(): number {
    return this.#slots.slots;
  }

  /** Slots that have a chunk. */
  get busy(): number {
    return this.#busy;
  }

  /** What waits now. Looks at every ticket: a millisecond for 500 lanes that are full. */
  queues(): Readonly<Record<Work['kind'], QueueReading>> {
    const { all } = this.#host.lines;
    const queue = (wanted: Work['kind']) => this.#queue(all.filter(({ kind }) => kind === wanted));
    return { final: queue('final'), partial: queue('partial'), piece: queue('piece') };
  }

  /** @throws EngineError `OPTION_INVALID` */
  openLane(options: LaneOptions = {}): Lane {
    return new OpenLane(this.#host, options);
  }

  #queue(lines: readonly Line<OpenLane>[]): QueueReading {
    const nowSeconds = this.#host.clock.nowSeconds();
    let [waiting, waitingSeconds, oldestSeconds] = [0, 0, nowSeconds];
    for (const { tickets, first } of lines) {
      waiting += tickets.length;
      for (const { work } of tickets) waitingSeconds += work.audioSeconds;
      oldestSeconds = Math.min(oldestSeconds, first?.waitingSinceSeconds ?? nowSeconds);
    }
    return { waiting, waitingSeconds, oldestWaitSeconds: nowSeconds - oldestSeconds };
  }

  #wake(ticket: OpenTicket<OpenLane>): void {
    this.#handOut();
    const { work, lane, state } = ticket;
    if (state === 'waiting' && work.kind === 'final' && !lane.isBatch) this.#makeWayFor(ticket);
  }

  #handOut(): void {
    const { lines, clock } = this.#host;
    while (this.#busy < this.#slots.slots) {
      const ticket = lines.take(clock.nowSeconds());
      if (!ticket) return;
      this.#busy += 1;
      const decode = ticket.begin((chunk) => ticket.lane.decode?.(chunk) ?? this.#slots.decode(chunk));
      if (decode) void this.#attend(ticket, decode);
      else this.#busy -= 1;
    }
  }

  async #attend(ticket: OpenTicket<OpenLane>, decode: Decode): Promise<void> {
    const { lane, work } = ticket;
    this.#running.add(ticket);
    lane.running.add(ticket);
    const ended = await decode.outcome.then(
      (outcome): Ended => ({ kind: 'decoded', outcome }),
      (error: unknown): Ended => ({ kind: 'failed', error }),
    );
    this.#running.delete(ticket);
    lane.running.delete(ticket);
    this.#busy -= 1;
    if (work.kind === 'partial' && ended.kind === 'decoded') lane.isSpared = false;
    if (ticket.ended(ended) === 'again') lane.again(ticket);
    this.#handOut();
    lane.noticeIdle();
  }

  /** Stops the partial of another lane that has lost least. Slots that are about to be free anyway count. */
  #makeWayFor({ lane }: OpenTicket<OpenLane>): void {
    const running = [...this.#running];
    if (running.filter(({ isEnding }) => isEnding).length >= this.#waitingFinals()) return;
    const partial = running.findLast(
      (other) => other.work.kind === 'partial' && other.lane !== lane && !other.isEnding && !other.lane.isSpared,
    );
    if (!partial) return;
    partial.lane.isSpared = true;
    partial.giveUp(
      new EngineError('CHUNK_SHED', 'A partial text was given up for more urgent work. The final text will have it.'),
    );
  }

  #waitingFinals(): number {
    const finals = this.#host.lines.all.filter(({ kind, takesTurns }) => kind === 'final' && !takesTurns);
    return finals.reduce((sum, { tickets }) => sum + tickets.length, 0);
  }
}
