import type { EngineError } from '../errors.js';
import { closeCodes } from '../wire/live-messages.js';

/** How a connection came to its end. */
export interface ConnectionEnd {
  /** Of the WebSocket; 1006 where nobody closed it. */
  readonly code: number;
  /** What the server said before, if it refused. */
  readonly error?: EngineError | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** A sentence for people. */
  readonly reason: string;
}

/**
 * What follows from an end.
 * - `over`: the session has ended. `refused`: trying again does not help.
 * - `failed`: try again after a while. `restarting`: the server comes back at once, or another one does.
 * - `elsewhere`: the session is at another address, or has to be opened anew. `full`: the server says when to come.
 */
export type EndMeaning = 'over' | 'refused' | 'failed' | 'restarting' | 'elsewhere' | 'full';

/** Of RFC 6455: what one side says cannot be understood by the other, and never will be. */
const notUnderstood: readonly number[] = [1002, 1003, 1007, 1008, 1009, 1010];

export function meaningOf({ code }: ConnectionEnd): EndMeaning {
  switch (code) {
    case closeCodes.ended:
      return 'over';
    case closeCodes.protocolBroken:
    case closeCodes.keyRefused:
      return 'refused';
    case closeCodes.restarting:
      return 'restarting';
    case closeCodes.moved:
    case closeCodes.sessionUnknown:
      return 'elsewhere';
    case closeCodes.limitReached:
      return 'full';
    default:
      // `replaced`, too: it was a late message of a connection that this client has given up itself.
      return notUnderstood.includes(code) ? 'refused' : 'failed';
  }
}
