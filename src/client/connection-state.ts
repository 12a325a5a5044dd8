import { EngineError } from '../errors.js';
import { backoffSeconds } from './backoff.js';
import { afterAttempt, afterFailure, type Breaker, closedBreaker, closedForSeconds } from './breaker.js';
import { type ConnectionEnd, meaningOf } from './connection-end.js';

const attemptLimit = 15;
/** A server that restarts has told all its clients at once; they do not all come back in the same moment. */
const restartSpreadSeconds = 0.5;

/** Where a client stands. */
export type ClientState =
  /** On the way to a server. `attempt` is 0, or how often it has been tried again since a connection last was of use. */
  | { readonly kind: 'connecting'; readonly attempt: number }
  /** The server hears. */
  | { readonly kind: 'live' }
  /** It is tried again by itself. */
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly retryInSeconds: number;
      /** A sentence. */
      readonly reason: string;
    }
  /** It is not tried again by itself; `client.reconnect()` does. */
  | { readonly kind: 'lost'; readonly error: EngineError }
  /** The server does not want this client, and never will. */
  | { readonly kind: 'refused'; readonly error: EngineError }
  | { readonly kind: 'ended' };

/** The state, and what decides about the next one. */
export interface ConnectionState {
  readonly shown: ClientState;
  /** Failed since a connection last was of use. */
  readonly failures: number;
  readonly breaker: Breaker;
}

export type ConnectionAct =
  /** The first attempt, the end of a wait, or by hand. */
  | { readonly kind: 'dial' }
  | { readonly kind: 'answered' }
  /** The server has acknowledged something: this connection was worth it. */
  | { readonly kind: 'useful' }
  | { readonly kind: 'closed'; readonly end: ConnectionEnd; readonly nowSeconds: number; readonly chance: () => number }
  /** By hand: the count begins anew. */
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'end' };

export const firstState: ConnectionState = {
  shown: { kind: 'connecting', attempt: 0 },
  failures: 0,
  breaker: closedBreaker,
};

export function nextState(state: ConnectionState, act: ConnectionAct): ConnectionState {
  const isOver = state.shown.kind === 'ended' || state.shown.kind === 'refused';
  if (isOver) return state;
  switch (act.kind) {
    case 'dial': {
      const shown: ClientState = { kind: 'connecting', attempt: state.failures };
      return {
        ...state,
        shown: state.shown.kind === 'connecting' ? state.shown : shown,
        breaker: afterAttempt(state.breaker),
      };
    }
    case 'answered':
      return { ...state, shown: { kind: 'live' } };
    case 'useful':
      return { ...state, failures: 0, breaker: closedBreaker };
    case 'reconnect':
      return firstState;
    case 'end':
      return { ...state, shown: { kind: 'ended' } };
    case 'closed':
      return afterEnd(state, act);
    default:
      throw new EngineError('INTERNAL', `There is no such act: ${JSON.stringify(act satisfies never)}.`);
  }
}

function afterEnd(state: ConnectionState, act: Extract<ConnectionAct, { kind: 'closed' }>): ConnectionState {
  const { end, nowSeconds, chance } = act;
  const meaning = meaningOf(end);
  if (meaning === 'over') return { ...state, shown: { kind: 'ended' } };
  if (meaning === 'refused') {
    const error = end.error ?? new EngineError('PROTOCOL_BROKEN', `The server closed the connection: ${end.reason}`);
    return { ...state, shown: { kind: 'refused', error } };
  }
  const { failures } = state;
  // Whoever answers so is well: only what failed counts for the breaker.
  const breaker = meaning === 'failed' ? afterFailure(state.breaker, nowSeconds) : state.breaker;
  if (failures >= attemptLimit) {
    const message = `The server was not reached in ${attemptLimit} attempts. Look at the network, then call \`reconnect()\`. ${end.reason}`;
    return { shown: { kind: 'lost', error: new EngineError('CONNECTION_LOST', message) }, failures, breaker };
  }
  const backoff = backoffSeconds(failures, chance);
  const wait = {
    failed: backoff,
    full: Math.max(backoff, end.retryAfterSeconds ?? 0),
    restarting: failures === 0 ? restartSpreadSeconds * chance() : backoff,
    elsewhere: failures === 0 ? 0 : backoff,
  }[meaning];
  const retryInSeconds = Math.max(wait, closedForSeconds(breaker, nowSeconds));
  const shown: ClientState = { kind: 'waiting', attempt: failures + 1, retryInSeconds, reason: end.reason };
  return { shown, failures: failures + 1, breaker };
}
