import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { EventFollower, type Missed, type NextInLog } from './event-follower.js';
import type { LiveEvent, UnnumberedEvent } from './live-events.js';

export interface EventLogOptions {
  /** The oldest go when there are more. @defaultValue 1000 */
  readonly limit?: number | undefined;
  /** Older events go. @defaultValue 30 */
  readonly ttlSeconds?: number | undefined;
}

export interface FollowOptions {
  /** The number of the last event that the reader knows already. @defaultValue 0 */
  readonly after?: number | undefined;
  /** Ends the reading without an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The last events of a session, numbered, for any number of readers, each at its own pace. What is kept is bounded
 * however slow they are; what a reader lost by that, it is told.
 */
export class EventLog {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #ttlSeconds: number;
  /** The last ones, without a hole. */
  readonly #kept: { readonly event: LiveEvent; readonly atSeconds: number }[] = [];
  readonly #waiting = new Set<() => void>();
  #lastSequence = 0;
  /** On the clock's scale. */
  #closedAtSeconds: number | undefined;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(clock: Clock, { limit = 1000, ttlSeconds = 30 }: EventLogOptions = {}) {
    if (!(Number.isSafeInteger(limit) && limit >= 1)) {
      throw new EngineError('OPTION_INVALID', `The limit of events is ${limit}; it must be a whole number above zero.`);
    }
    if (!(ttlSeconds > 0)) {
      throw new EngineError('OPTION_INVALID', `\`ttlSeconds\` of events is ${ttlSeconds}; it must be above zero.`);
    }
    this.#clock = clock;
    this.#limit = limit;
    this.#ttlSeconds = ttlSeconds;
  }

  /** The number of the latest event; 0 before the first. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Numbers the event and hands it to who waits for it. @throws EngineError `INTERNAL` after `close` */
  append(event: UnnumberedEvent): LiveEvent {
    if (this.#closedAtSeconds !== undefined) {
      throw new EngineError('INTERNAL', `A session made an event of kind ${event.kind} after its end.`);
    }
    this.#lastSequence += 1;
    const numbered: LiveEvent = { ...event, sequence: this.#lastSequence };
    this.#kept.push({ event: numbered, atSeconds: this.#clock.nowSeconds() });
    this.#forget();
    this.#wakeAll();
    return numbered;
  }

  /**
   * The events after that number that are still there, and how many are gone.
   * @throws EngineError `OPTION_INVALID` for a number that no event has had yet
   */
  since(sequence: number): { readonly events: readonly LiveEvent[]; readonly missed: number } {
    this.#requireKnown(sequence);
    this.#forget();
    const missed = Math.max(0, this.#goneSequence - sequence);
    const events = this.#kept.slice(Math.max(0, sequence - this.#goneSequence)).map(({ event }) => event);
    return { events, missed };
  }

  /**
   * All events after a number, then each as it comes, until the log is closed and read. Events that are gone before
   * the reader came to them appear as one `missed`.
   * @throws EngineError `OPTION_INVALID`
   */
  follow({ after = 0, signal }: FollowOptions = {}): AsyncIterableIterator<LiveEvent | Missed, undefined> {
    this.#requireKnown(after);
    const nextAfter = (sequence: number) => this.#nextAfter(sequence);
    const onMore = (wake: () => void) => {
      this.#waiting.add(wake);
      return () => this.#waiting.delete(wake);
    };
    return new EventFollower({ nextAfter, onMore }, after, signal);
  }

  /** No event comes any more; those that are kept now stay for whoever has yet to read them. */
  close(): void {
    this.#closedAtSeconds ??= this.#clock.nowSeconds();
    this.#wakeAll();
  }

  /** The number of the last event that is not there any more. */
  get #goneSequence(): number {
    return this.#lastSequence - this.#kept.length;
  }

  #nextAfter(sequence: number): NextInLog {
    this.#forget();
    if (sequence < this.#goneSequence) {
      const fromSequence = sequence + 1;
      const toSequence = this.#goneSequence;
      return { kind: 'item', item: { kind: 'missed', fromSequence, toSequence, count: toSequence - sequence } };
    }
    const next = this.#kept[sequence - this.#goneSequence];
    if (next) return { kind: 'item', item: next.event };
    return { kind: this.#closedAtSeconds === undefined ? 'nothing-yet' : 'ended' };
  }

  #forget(): void {
    const nowSeconds = this.#closedAtSeconds ?? this.#clock.nowSeconds();
    const firstFresh = this.#kept.findIndex(({ atSeconds }) => nowSeconds - atSeconds <= this.#ttlSeconds);
    const expired = firstFresh < 0 ? this.#kept.length : firstFresh;
    const gone = Math.max(expired, this.#kept.length - this.#limit);
    if (gone > 0) this.#kept.splice(0, gone);
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #requireKnown(sequence: number): void {
    if (Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= this.#lastSequence) return;
    throw new EngineError(
      'OPTION_INVALID',
      `There is no event ${String(sequence)}. Give the number of the last event that was read, at most ${this.#lastSequence}, or 0 for none.`,
    );
  }
}
