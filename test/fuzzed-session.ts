import type { Missed } from '../dist/session/event-follower.js';
import type { LiveEvent } from '../dist/session/live-events.js';
import type { Session } from '../dist/session/session.js';
import type { SessionDesk } from '../dist/session/session-desk.js';
import type { Chance } from './chance.js';
import { allow, type FuzzedSource } from './fuzzed-source.js';

/** A session with its sources, and those who read its events. */
export class FuzzedSession {
  readonly session: Session;
  readonly sources: FuzzedSource[] = [];
  readonly readers: FuzzedReader[] = [];
  #lastSequence = 0;
  #token: string | undefined;

  constructor(session: Session) {
    this.session = session;
  }

  /** @param tally - how often what was told, by kind */
  note(event: LiveEvent, tally: Map<string, number>): void {
    if (event.sequence !== this.#lastSequence + 1)
      throw new Error(`Event ${event.sequence} after ${this.#lastSequence}.`);
    this.#lastSequence = event.sequence;
    const kind = kindOf(event);
    tally.set(kind, (tally.get(kind) ?? 0) + 1);
    if ('source' in event) this.sources.findLast(({ source }) => source.name === event.source)?.note(event);
  }

  follow(chance: Chance): void {
    this.readers.push(new FuzzedReader(this.session, chance.below(this.session.lastSequence + 1)));
  }

  detach(): void {
    try {
      this.#token = this.session.detach();
    } catch (error) {
      allow(error, 'SESSION_ENDED');
    }
  }

  resume(desk: SessionDesk<Session>): void {
    try {
      if (desk.resume(this.#token) !== this.session) throw new Error('Another session came back.');
    } catch (error) {
      allow(error, 'SESSION_UNKNOWN');
    }
  }
}

/** Reads events, one when it is told to. */
class FuzzedReader {
  readonly #events: AsyncIterator<LiveEvent | Missed, undefined>;
  #sequence: number;

  constructor(session: Session, after: number) {
    this.#sequence = after;
    this.#events = session.events({ after });
  }

  /** @returns whether there was one */
  async read(): Promise<boolean> {
    const { value } = await this.#events.next();
    if (!value) return false;
    const first = value.kind === 'missed' ? value.fromSequence : value.sequence;
    if (first !== this.#sequence + 1) throw new Error(`A reader got ${first} after ${this.#sequence}.`);
    this.#sequence = value.kind === 'missed' ? value.toSequence : value.sequence;
    return true;
  }

  /** Until the session has ended. @returns the number of the last event */
  async readToEnd(): Promise<number> {
    while (await this.read());
    return this.#sequence;
  }
}

function kindOf(event: LiveEvent): string {
  if (event.kind === 'gap') return `gap: ${event.reason}`;
  if (event.kind === 'error') return `error: ${event.error.code}`;
  if (event.kind !== 'final') return event.kind;
  return `final${event.isForced ? ', forced' : ''}${event.isLate ? ', late' : ''}`;
}
