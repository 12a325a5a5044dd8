import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';

export interface SessionDeskOptions {
  /** Sessions that may be open at once, detached ones included. @defaultValue 10 */
  readonly limit?: number | undefined;
  /** How long a detached session waits for its client. @defaultValue 60 */
  readonly detachSeconds?: number | undefined;
}

/** A session whose client has left. */
interface Absence<Session> {
  readonly session: Session;
  readonly expiresAtSeconds: number;
  readonly clearExpiry: () => void;
}

/** Who is in: lets sessions in up to a limit, and holds the place of one that was left until its client comes back. */
export class SessionDesk<Session extends object> {
  readonly #clock: Clock;
  readonly limit: number;
  readonly #detachSeconds: number;
  readonly #sessions = new Set<Session>();
  /** By token. */
  readonly #absences = new Map<string, Absence<Session>>();
  #isClosed = false;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(clock: Clock, { limit = 10, detachSeconds = 60 }: SessionDeskOptions = {}) {
    if (!(Number.isSafeInteger(limit) && limit >= 1)) {
      throw new EngineError(
        'OPTION_INVALID',
        `The limit of sessions is ${limit}; it must be a whole number above zero.`,
      );
    }
    if (!(typeof detachSeconds === 'number' && detachSeconds > 0 && detachSeconds < Number.POSITIVE_INFINITY)) {
      throw new EngineError(
        'OPTION_INVALID',
        `\`detachSeconds\` is ${detachSeconds}; it must be above zero and finite.`,
      );
    }
    this.#clock = clock;
    this.limit = limit;
    this.#detachSeconds = detachSeconds;
  }

  /** All that are in, detached ones included, in the order in which they came. */
  get sessions(): readonly Session[] {
    return [...this.#sessions];
  }

  /** How many of them are detached. */
  get detached(): number {
    return this.#absences.size;
  }

  /** Lets a session in. @throws EngineError `SESSION_LIMIT`, `ENGINE_CLOSED` */
  admit(session: Session): void {
    this.requirePlace();
    this.#sessions.add(session);
  }

  /** Whether one more may come, before anything is done for it. @throws EngineError `SESSION_LIMIT`, `ENGINE_CLOSED` */
  requirePlace(): void {
    this.#requireOpen();
    if (this.#sessions.size >= this.limit) throw new EngineError('SESSION_LIMIT', this.#refusal());
  }

  /** Its place is free, and its token worth nothing. Does nothing when it has left already. */
  leave(session: Session): void {
    this.#return(session);
    this.#sessions.delete(session);
  }

  /**
   * Holds the session's place until `resume`; the token that is returned works once, and replaces an earlier one.
   * @param onExpire - called once when nobody came back in time; the session is still in, and is to end and `leave`
   * @throws EngineError `SESSION_ENDED` when it is not in, `ENGINE_CLOSED`
   */
  detach(session: Session, { onExpire }: { readonly onExpire: () => void }): string {
    this.#requireOpen();
    if (!this.#sessions.has(session)) {
      throw new EngineError('SESSION_ENDED', 'The session has ended. Only one that goes on can be detached.');
    }
    this.#return(session);
    const token = randomUUID();
    const expiresAtSeconds = this.#clock.nowSeconds() + this.#detachSeconds;
    const clearExpiry = this.#clock.after(this.#detachSeconds, () => {
      this.#absences.delete(token);
      onExpire();
    });
    this.#absences.set(token, { session, expiresAtSeconds, clearExpiry });
    return token;
  }

  /**
   * The session that was left with this token.
   * @throws EngineError `SESSION_UNKNOWN`, with the same words whether the token was used, is too old, or never was
   * one; `ENGINE_CLOSED`
   */
  resume(token: unknown): Session {
    this.#requireOpen();
    const absence = typeof token === 'string' ? this.#absences.get(token) : undefined;
    // A busy event loop can be late with the alarm.
    if (!absence || this.#clock.nowSeconds() >= absence.expiresAtSeconds) {
      throw new EngineError(
        'SESSION_UNKNOWN',
        `No session waits for this token. A token works once, and for ${this.#detachSeconds} s; open a new session.`,
      );
    }
    this.#return(absence.session);
    return absence.session;
  }

  /** Nobody is in any more, and no token works. `onExpire` is not called: to end the sessions is up to who closes. */
  close(): void {
    this.#isClosed = true;
    for (const { clearExpiry } of this.#absences.values()) clearExpiry();
    this.#absences.clear();
    this.#sessions.clear();
  }

  /** The session is not absent any more. */
  #return(session: Session): void {
    for (const [token, absence] of this.#absences) {
      if (absence.session !== session) continue;
      absence.clearExpiry();
      this.#absences.delete(token);
    }
  }

  #refusal(): string {
    const full = `${this.#sessions.size} sessions are open, and the limit is ${this.limit}.`;
    // The map keeps the order in which they left.
    const [next] = this.#absences.values();
    if (!next) return `${full} Try again when one has ended, or raise the limit.`;
    const waitSeconds = Math.max(1, Math.ceil(next.expiresAtSeconds - this.#clock.nowSeconds()));
    return `${full} Try again when one has ended, or in about ${waitSeconds} s, when one that was left by its client expires.`;
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new EngineError('ENGINE_CLOSED', 'The engine is closed. Create a new one.');
  }
}
