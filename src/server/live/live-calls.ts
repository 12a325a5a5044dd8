import { EngineError } from '../../errors.js';
import type { Lease } from '../../queue/lease-directory.js';
import type { LiveEvent } from '../../session/live-events.js';
import type { Session } from '../../session/session.js';
import type { WireSessionOptions } from '../../wire/live-messages.js';
import type { Caller } from '../gate.js';
import { requireServed } from '../openai/served-model.js';
import type { ServerParts } from '../server-parts.js';
import { type Line, LiveCall } from './live-call.js';
import { isSameToken, newToken, sessionOf } from './session-token.js';

/** How long a session waits for its client to come back; the engine's. */
export const resumeSeconds = 60;
/** Sessions that have ended, kept for clients that were cut off before they were told all of it. */
const mostEnded = 256;
const kinds: readonly LiveEvent['kind'][] = ['speech-start', 'partial', 'final', 'gap', 'plan', 'error', 'end'];

/** Called with an event of a session, by whom it was opened. */
export type LiveListener = (event: LiveEvent, of: { readonly session: string; readonly caller: string }) => void;

/** Another server holds the session, there. */
export interface Elsewhere {
  readonly url: string;
}

interface Held {
  readonly call: LiveCall;
  readonly lease: Lease | undefined;
  /** Not before its client has left. */
  stopWaiting: () => void;
}

/** The live sessions of a server, by the id that is in their token. */
export class LiveCalls {
  readonly #parts: Pick<ServerParts, 'engine' | 'clock' | 'leases' | 'logger' | 'options' | 'draining'>;
  readonly #held = new Map<string, Held>();
  readonly #listeners = new Set<LiveListener>();

  constructor(parts: Pick<ServerParts, 'engine' | 'clock' | 'leases' | 'logger' | 'options' | 'draining'>) {
    this.#parts = parts;
  }

  onEvent(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * A new session; its place at the gate is given back when it has ended.
   * @throws EngineError `LIMIT_REACHED`, `MODEL_UNKNOWN`, `SERVER_DRAINING`, `QUEUE_UNAVAILABLE`, and all that
   * `engine.openSession` throws
   */
  async open({ model, ...options }: WireSessionOptions, caller: Caller, signal: AbortSignal): Promise<LiveCall> {
    const { engine } = this.#parts;
    if (model !== undefined) requireServed(engine, model);
    const leave = caller.enter('session');
    let session: Session;
    try {
      session = await engine.openSession({ ...options, signal });
    } catch (error) {
      leave();
      throw error;
    }
    onEndOf(session, leave);
    try {
      return await this.#hold(session, caller);
    } catch (error) {
      session.abort().catch(() => undefined);
      throw error;
    }
  }

  /**
   * The session of this token, or where it is.
   * @throws EngineError `SESSION_UNKNOWN`, with the same words whatever is wrong; `QUEUE_UNAVAILABLE`
   */
  async find(token: string): Promise<LiveCall | Elsewhere> {
    const session = sessionOf(token);
    const held = session === undefined ? undefined : this.#held.get(session);
    if (held && isSameToken(held.call.token.text, token)) return held.call;
    const { leases, options } = this.#parts;
    const url = session === undefined || held ? undefined : await leases?.find(session);
    if (url !== undefined && url !== options.publicUrl) return { url };
    throw new EngineError(
      'SESSION_UNKNOWN',
      `No session waits for this token. It is held for ${resumeSeconds} s; open a new one.`,
    );
  }

  /** The client is not on this line any more; `forGood` when it will not come back. */
  leave(call: LiveCall, line: Line, forGood: boolean): void {
    const held = this.#held.get(call.token.session);
    if (!call.detach(line) || !held) return;
    if (forGood || call.state === 'draining') {
      call.abort(new EngineError('ABORTED', 'The client has left.'));
      this.#forget(call);
      return;
    }
    held.stopWaiting = this.#parts.clock.after(resumeSeconds, () => {
      this.#forget(call);
      void call.session.end();
    });
    const ended = [...this.#held.values()].filter((one) => one.call.hasEnded && !one.call.hasLine);
    if (ended[0] && ended.length > mostEnded) this.#forget(ended[0].call);
  }

  /** The client is on this line. @throws EngineError `SESSION_UNKNOWN` when it comes too late */
  attach(call: LiveCall, line: Line): void {
    call.attach(line);
    this.#held.get(call.token.session)?.stopWaiting();
  }

  /** Resolves when everything that was heard is told. */
  async drain(withinSeconds: number): Promise<void> {
    const calls = this.#all;
    for (const call of calls) call.drain(withinSeconds);
    await Promise.allSettled(calls.map((call) => call.session.end()));
  }

  abort(reason: EngineError): void {
    for (const call of this.#all) this.#giveUp(call, reason);
  }

  get #all(): readonly LiveCall[] {
    return [...this.#held.values()].map(({ call }) => call);
  }

  async #hold(session: Session, { name: caller }: Caller): Promise<LiveCall> {
    const { engine, leases, draining, logger } = this.#parts;
    const token = newToken();
    const lease = await leases?.take(token.session);
    const call = new LiveCall({ token, session, goOn: (absence) => void engine.resumeSession(absence) });
    this.#held.set(token.session, { call, lease, stopWaiting: () => undefined });
    this.#listenTo(session, { session: token.session, caller });
    // Nobody will ask for the rest of a session that its client has not ended.
    onEndOf(session, () => {
      if (call.state !== 'ending' && !call.hasLine) this.#forget(call);
    });
    const lose = () => {
      logger.warn({ session: token.session }, 'The lease of a live session was lost; it ends here.');
      this.#giveUp(call, new EngineError('ABORTED', 'Another server may hold the session now.'));
    };
    if (lease?.lost.aborted) lose();
    else lease?.lost.addEventListener('abort', lose, { once: true });
    if (!draining.aborted) return call;
    this.#forget(call);
    throw new EngineError('SERVER_DRAINING', 'The server is ending. Come back in a moment, or ask another one.');
  }

  #listenTo(session: Session, of: Parameters<LiveListener>[1]): void {
    const tell = (event: LiveEvent) => {
      for (const listener of this.#listeners) listener(event, of);
    };
    for (const kind of kinds) session.on(kind, tell);
  }

  #giveUp(call: LiveCall, reason: EngineError): void {
    call.giveUp(reason);
    this.#forget(call);
  }

  #forget(call: LiveCall): void {
    const held = this.#held.get(call.token.session);
    if (held?.call !== call) return;
    this.#held.delete(call.token.session);
    held.stopWaiting();
    void held.lease?.release();
  }
}

function onEndOf(session: Session, ended: () => void): void {
  session.on('end', ({ source }) => {
    if (source === undefined) ended();
  });
}
