import type { EngineError, EngineErrorCode } from '../errors.js';
import { LimitReached } from './limit-reached.js';
import { RefusedField } from './refused-field.js';

/** What a client is told over HTTP, in OpenAI's form. */
export interface ErrorAnswer {
  readonly status: number;
  readonly retryAfterSeconds?: number | undefined;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: ErrorType;
      readonly param: string | null;
      readonly code: EngineErrorCode;
    };
  };
}

type ErrorType = 'invalid_request_error' | 'rate_limit_error' | 'server_error';

interface Meaning {
  readonly status: number;
  /** When it is worth coming back; absent when it is not, or nobody knows. */
  readonly retryAfterSeconds?: number;
}

const refused: Meaning = { status: 400 };
const broken: Meaning = { status: 500 };
const away: Meaning = { status: 503, retryAfterSeconds: 5 };

/** What every code means over HTTP. */
const meanings: Readonly<Record<EngineErrorCode, Meaning>> = {
  NATIVE_NOT_BUILT: broken,
  OPTION_INVALID: refused,
  LANGUAGE_UNKNOWN: refused,
  LANGUAGE_UNSUPPORTED: refused,
  PLAN_IMPOSSIBLE: broken,
  MODEL_UNKNOWN: { status: 404 },
  MODEL_MISSING: broken,
  MODEL_TRUNCATED: broken,
  MODEL_CORRUPT: broken,
  MODEL_UNSUPPORTED: broken,
  MODEL_LOAD_FAILED: broken,
  MODEL_LOAD_TIMED_OUT: broken,
  MODEL_NOT_READY: away,
  MODEL_VARIANT_MISSING: broken,
  MODEL_FELL_BACK: broken,
  MODEL_DOWNLOAD_FAILED: broken,
  MODEL_STORE_UNWRITABLE: broken,
  DISK_FULL: { status: 507, retryAfterSeconds: 60 },
  AUDIO_MISSING: refused,
  AUDIO_EMPTY: refused,
  AUDIO_UNSUPPORTED: refused,
  AUDIO_BROKEN: refused,
  AUDIO_INVALID: refused,
  PROVIDER_UNAVAILABLE: away,
  SESSION_LIMIT: { status: 429, retryAfterSeconds: 30 },
  SESSION_ENDED: { status: 409 },
  SESSION_UNKNOWN: { status: 404 },
  SOURCE_EXISTS: { status: 409 },
  SOURCE_ENDED: { status: 409 },
  QUEUE_FULL: { status: 429, retryAfterSeconds: 5 },
  CHUNK_SHED: away,
  PACKAGE_MISSING: broken,
  KEY_REFUSED: { status: 401 },
  LIMIT_REACHED: { status: 429, retryAfterSeconds: 5 },
  UPLOAD_TOO_LARGE: { status: 413 },
  PROTOCOL_BROKEN: refused,
  SERVER_DRAINING: away,
  CONNECTION_LOST: refused,
  URI_REFUSED: refused,
  URI_UNREACHABLE: { status: 502 },
  QUEUE_UNAVAILABLE: away,
  JOB_UNKNOWN: { status: 404 },
  JOB_FAILED: broken,
  // nginx's number for a client that has hung up, which nobody reads
  ABORTED: { status: 499 },
  DEADLINE_EXCEEDED: { status: 504 },
  DECODE_FAILED: broken,
  WORKER_DIED: broken,
  CHUNK_SET_ASIDE: broken,
  ENGINE_CLOSED: away,
  INTERNAL: broken,
};

/** @param status where the code alone does not say it */
export function errorAnswer(error: EngineError, status?: number): ErrorAnswer {
  const meaning = meanings[error.code];
  const answered = status ?? meaning.status;
  return {
    status: answered,
    retryAfterSeconds: error instanceof LimitReached ? error.retryAfterSeconds : meaning.retryAfterSeconds,
    body: {
      error: {
        message: error.message,
        type: typeOf(answered),
        param: error instanceof RefusedField ? error.field : null,
        code: error.code,
      },
    },
  };
}

function typeOf(status: number): ErrorType {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
