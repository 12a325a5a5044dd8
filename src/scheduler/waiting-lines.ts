import type { Line } from './line.js';
import { isTurnOfPassedOver, leastServedByRank, longestPassedOver, mostUrgent } from './order.js';
import type { OpenTicket, TicketLane } from './ticket.js';

/** All lines with something waiting; says what a free slot takes. */
export class WaitingLines<InLane extends TicketLane = TicketLane> {
  readonly #ageingSeconds: number;
  /** Lines of live sources. */
  readonly #live = new Set<Line<InLane>>();
  /** Lines of files; the first is next of them. */
  readonly #turns: Line<InLane>[] = [];
  /** Hand-outs since one went to whoever was passed over. */
  #handOutsByRank = 0;
  /** Goes up whenever a slot finds nothing to do. */
  #rush = 0;
  /** By rank, what the line had been served that had been served least, when something was last taken there. */
  readonly #leastServedSeconds: number[] = [];
  #places = 0;

  constructor(ageingSeconds: number) {
    this.#ageingSeconds = ageingSeconds;
  }

  get all(): readonly Line<InLane>[] {
    return [...this.#live, ...this.#turns];
  }

  /** The place of the next ticket: higher than all before. */
  nextPlace(): number {
    this.#places += 1;
    return this.#places;
  }

  put(line: Line<InLane>, ticket: OpenTicket<InLane>): void {
    line.put(ticket, { rush: this.#rush, leastServedSeconds: this.#leastServedSeconds[line.rank] ?? 0 });
    if (!line.takesTurns) this.#live.add(line);
    else if (!this.#turns.includes(line)) this.#turns.push(line);
  }

  /** Puts a ticket back whose slot died; among files it is its line's turn again. */
  putBack(line: Line<InLane>, ticket: OpenTicket<InLane>): void {
    if (line.takesTurns && !this.#turns.includes(line)) this.#turns.unshift(line);
    this.put(line, ticket);
  }

  remove(line: Line<InLane>, ticket: OpenTicket<InLane>): void {
    line.remove(ticket);
    if (!line.first) this.#drop(line);
  }

  /** Takes out what a free slot is to decode now. */
  take(nowSeconds: number): OpenTicket<InLane> | undefined {
    const leastServed = leastServedByRank(this.#live);
    const line = this.#next(leastServed, nowSeconds);
    if (!line) {
      this.#rush += 1;
      return undefined;
    }
    this.#leastServedSeconds[line.rank] = leastServed[line.rank] ?? 0;
    const ticket = line.take(nowSeconds);
    if (line.takesTurns || !line.first) this.#drop(line);
    if (line.takesTurns && line.first) this.#turns.push(line);
    return ticket;
  }

  #next(leastServed: readonly number[], nowSeconds: number): Line<InLane> | undefined {
    const [file] = this.#turns;
    const lines = file ? [...this.#live, file] : this.#live;
    if (isTurnOfPassedOver(this.#handOutsByRank)) {
      const passedOver = longestPassedOver(lines, nowSeconds, this.#ageingSeconds);
      if (passedOver?.first) {
        this.#handOutsByRank = 0;
        if (passedOver.kind === 'partial') passedOver.first.lane.isSpared = true;
        return passedOver;
      }
    }
    this.#handOutsByRank += 1;
    return mostUrgent(lines, leastServed, nowSeconds, this.#ageingSeconds);
  }

  #drop(line: Line<InLane>): void {
    this.#live.delete(line);
    const at = this.#turns.indexOf(line);
    if (at >= 0) this.#turns.splice(at, 1);
  }
}
