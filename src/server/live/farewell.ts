import { EngineError } from '../../errors.js';
import { closeCodes, type ServerMessage } from '../../wire/live-messages.js';
import { errorAnswer } from '../error-answer.js';

/** Code and reason with which a connection is closed. */
export interface Farewell {
  readonly code: (typeof closeCodes)[keyof typeof closeCodes];
  readonly reason: string;
}

export const farewells = {
  ended: { code: closeCodes.ended, reason: 'The session has ended.' },
  restarting: { code: closeCodes.restarting, reason: 'The server ends.' },
  replaced: { code: closeCodes.replaced, reason: 'Another connection goes on with the session.' },
  moved: { code: closeCodes.moved, reason: 'Another server holds the session.' },
} as const satisfies Record<string, Farewell>;

/** What is said about an error, and how the connection is closed then. */
export function refusalOf(thrown: unknown): { readonly message: ServerMessage; readonly farewell: Farewell } {
  const error = EngineError.from(thrown, 'INTERNAL', 'The server failed. Come back in a moment.');
  const { code, message } = error;
  const { retryAfterSeconds } = errorAnswer(error);
  return {
    // Without the cause, which may name what is on this machine.
    message: {
      kind: 'refused',
      error: { code, message },
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    },
    farewell: { code: closeCodeOf(error), reason: shortened(message) },
  };
}

function closeCodeOf(error: EngineError): Farewell['code'] {
  switch (error.code) {
    case 'KEY_REFUSED':
      return closeCodes.keyRefused;
    case 'SESSION_UNKNOWN':
      return closeCodes.sessionUnknown;
    case 'LIMIT_REACHED':
    case 'SESSION_LIMIT':
      return closeCodes.limitReached;
    case 'SERVER_DRAINING':
    case 'ENGINE_CLOSED':
      return closeCodes.restarting;
    default:
      return errorAnswer(error).status < 500 ? closeCodes.protocolBroken : closeCodes.failed;
  }
}

/** A close frame has room for 123 bytes of reason. */
function shortened(message: string): string {
  const bytes = Buffer.from(message);
  return bytes.length <= 123
    ? message
    : `${new TextDecoder().decode(bytes.subarray(0, 114)).replace(/\uFFFD+$/u, '')} …`;
}
