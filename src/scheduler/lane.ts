import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Decode } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import { Line } from './line.js';
import { OpenTicket, type TicketLane, type WorkHooks } from './ticket.js';
import type { WaitingLines } from './waiting-lines.js';
import type { LanePriority, Ticket, Work } from './work.js';

export interface LaneOptions {
  /** `batch` is for files: all live sources go before them. @defaultValue 'batch' */
  readonly priority?: LanePriority | undefined;
  /** Share of the slots, against other lanes of its priority, when there are too few. Above 0. @defaultValue 1 */
  readonly weight?: number | undefined;
  /** Decodes its chunks, on a slot that the scheduler knows to be free. @defaultValue the scheduler's */
  readonly decode?: ((chunk: Chunk) => Decode) | undefined;
}

/** The work of one source, in order. */
export interface Lane {
  /** Decodes it when a slot is free and nothing else goes before it; at once, if so now. */
  submit(work: Work): Ticket;
  /** What no slot has, oldest first, as it is now. */
  readonly waiting: readonly Ticket[];
  /** Seconds of audio in `waiting`. */
  readonly waitingSeconds: number;
  /** How long the first in `waiting` has been there; 0 when nothing waits. */
  readonly oldestWaitSeconds: number;
  /** Refuses what waits and stops what runs: every ticket of this lane, those to come too, rejects with `reason`. */
  stop(reason: EngineError): void;
  /** Resolves when no slot works for this lane. */
  idle(): Promise<void>;
}

/** What lanes share. */
export interface LaneHost {
  readonly clock: Clock;
  readonly hooks: WorkHooks;
  readonly lines: WaitingLines<OpenLane>;
  /** A ticket waits that did not, or has become a final. */
  wake(ticket: OpenTicket<OpenLane>): void;
}

type LaneTicket = OpenTicket<OpenLane>;

/** A lane as the scheduler sees it. */
export class OpenLane implements Lane, TicketLane {
  readonly priority: LanePriority;
  readonly decode: LaneOptions['decode'];
  /** Its tickets that slots have. */
  readonly running = new Set<LaneTicket>();
  isSpared = false;
  readonly #host: LaneHost;
  readonly #lines: Readonly<Record<Work['kind'], Line<OpenLane>>>;
  #stopped: EngineError | undefined;
  #whenIdle: (() => void)[] = [];

  /** @throws EngineError `OPTION_INVALID` */
  constructor(host: LaneHost, { priority = 'batch', weight = 1, decode }: LaneOptions) {
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new EngineError('OPTION_INVALID', `The weight of a source must be a number above 0, not ${weight}.`);
    }
    this.#host = host;
    this.priority = priority;
    this.decode = decode;
    this.#lines = {
      final: new Line('final', priority, weight),
      partial: new Line('partial', priority, weight),
      piece: new Line('piece', priority, weight),
    };
  }

  get isBatch(): boolean {
    return this.priority === 'batch';
  }

  get hooks(): WorkHooks {
    return this.#host.hooks;
  }

  get waiting(): readonly Ticket[] {
    return this.#waiting();
  }

  get waitingSeconds(): number {
    return this.#waiting().reduce((sum, { work }) => sum + work.audioSeconds, 0);
  }

  get oldestWaitSeconds(): number {
    const [oldest] = this.#waiting();
    return oldest ? this.#host.clock.nowSeconds() - oldest.waitingSinceSeconds : 0;
  }

  submit(work: Work): Ticket {
    const { clock, lines } = this.#host;
    const ticket: LaneTicket = new OpenTicket(work, this, lines.nextPlace(), () => clock.nowSeconds());
    if (this.#stopped) {
      ticket.refuse(this.#stopped);
      return ticket;
    }
    lines.put(this.#lines[work.kind], ticket);
    this.#host.wake(ticket);
    return ticket;
  }

  stop(reason: EngineError): void {
    this.#stopped ??= reason;
    for (const ticket of [...this.#waiting(), ...this.running]) ticket.withdraw(this.#stopped);
  }

  idle(): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  replaced(ticket: LaneTicket, earlier: Work): void {
    const { kind } = ticket.work;
    if (kind === earlier.kind) return;
    this.#host.lines.remove(this.#lines[earlier.kind], ticket);
    this.#host.lines.put(this.#lines[kind], ticket);
    this.#host.wake(ticket);
  }

  left(ticket: LaneTicket): void {
    this.#host.lines.remove(this.#lines[ticket.work.kind], ticket);
  }

  /** Its slot died: it waits again. */
  again(ticket: LaneTicket): void {
    this.#host.lines.putBack(this.#lines[ticket.work.kind], ticket);
  }

  /** To be called when a slot has let go of a ticket, and what came next for it is known. */
  noticeIdle(): void {
    if (this.running.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #waiting(): LaneTicket[] {
    const { final, partial, piece } = this.#lines;
    return [...final.tickets, ...partial.tickets, ...piece.tickets].sort((one, other) => one.place - other.place);
  }
}
