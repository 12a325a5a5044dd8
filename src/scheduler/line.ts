import { type Candidate, rankOf } from './order.js';
import type { OpenTicket, TicketLane } from './ticket.js';
import type { Priority, Work } from './work.js';

/** How far the others are. */
export interface Level {
  /** Counts the times that slots had nothing to do: nobody had too large a share before the last of them. */
  readonly rush: number;
  /** What that one of the lines of its rank has been served that has been served least. */
  readonly leastServedSeconds: number;
}

/** The work of one kind of one lane that waits, in order. As a candidate it speaks for its first. */
export class Line<InLane extends TicketLane = TicketLane> implements Candidate {
  readonly kind: Work['kind'];
  readonly rank: number;
  readonly #weight: number;
  readonly #hasClock: boolean;
  readonly #tickets: OpenTicket<InLane>[] = [];
  /** The deadline of the last that was taken: what comes next is not due before this and its own length, by weight. */
  #clockSeconds = Number.NEGATIVE_INFINITY;
  /** Seconds that slots have taken, by weight; a line that had nothing waiting starts where the others are. */
  #servedSeconds = 0;
  #takenAtSeconds = Number.NEGATIVE_INFINITY;
  #rush = 0;

  constructor(kind: Work['kind'], priority: Priority | 'batch', weight: number) {
    this.kind = kind;
    this.rank = rankOf(kind, priority);
    this.#weight = weight;
    // Partials are superseded and files take turns: neither piles up.
    this.#hasClock = kind === 'final';
  }

  /** Files' lines take turns; the others go by rank and deadline. */
  get takesTurns(): boolean {
    return this.rank === rankOf('piece', 'batch');
  }

  get first(): OpenTicket<InLane> | undefined {
    return this.#tickets[0];
  }

  get tickets(): readonly OpenTicket<InLane>[] {
    return this.#tickets;
  }

  get agesFromSeconds(): number {
    return Math.max(this.first?.waitingSinceSeconds ?? Number.POSITIVE_INFINITY, this.#clockSeconds);
  }

  get passedOverSinceSeconds(): number {
    return Math.max(this.first?.waitingSinceSeconds ?? Number.POSITIVE_INFINITY, this.#takenAtSeconds);
  }

  get deadlineSeconds(): number {
    const { first } = this;
    if (!first) return Number.POSITIVE_INFINITY;
    const { takenByDeadlineSeconds, dueAtSeconds, work } = first;
    if (takenByDeadlineSeconds !== undefined) return takenByDeadlineSeconds;
    return this.#hasClock
      ? Math.max(dueAtSeconds, this.#clockSeconds + work.audioSeconds / this.#weight)
      : dueAtSeconds;
  }

  get servedSeconds(): number {
    return this.first?.servedBeforeSeconds ?? this.#servedSeconds;
  }

  get place(): number {
    return this.first?.place ?? Number.POSITIVE_INFINITY;
  }

  put(ticket: OpenTicket<InLane>, { rush, leastServedSeconds }: Level): void {
    if (!this.first) this.#servedSeconds = Math.max(this.#servedSeconds, leastServedSeconds);
    if (this.#rush !== rush) {
      this.#servedSeconds = leastServedSeconds;
      this.#clockSeconds = Number.NEGATIVE_INFINITY;
    }
    this.#rush = rush;
    const after = this.#tickets.findLastIndex((other) => other.place < ticket.place);
    this.#tickets.splice(after + 1, 0, ticket);
  }

  /** Takes out the first, for a slot. */
  take(nowSeconds: number): OpenTicket<InLane> | undefined {
    const { deadlineSeconds, servedSeconds } = this;
    const ticket = this.#tickets.shift();
    if (!ticket) return undefined;
    this.#takenAtSeconds = nowSeconds;
    // Tried again, it has been counted.
    if (!this.#hasClock || ticket.servedBeforeSeconds !== undefined) return ticket;
    ticket.takenByDeadlineSeconds = deadlineSeconds;
    ticket.servedBeforeSeconds = servedSeconds;
    if (deadlineSeconds < Number.POSITIVE_INFINITY) this.#clockSeconds = deadlineSeconds;
    this.#servedSeconds += ticket.work.audioSeconds / this.#weight;
    return ticket;
  }

  remove(ticket: OpenTicket<InLane>): void {
    const at = this.#tickets.indexOf(ticket);
    if (at >= 0) this.#tickets.splice(at, 1);
  }
}
