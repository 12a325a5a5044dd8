import type { EngineErrorCode } from '../errors.js';

/**
 * What becomes of a job after an error. `again`: it may go well later, or on another machine. `dead`: it would fail the
 * same way every time, so its reason is told at once.
 */
export const retryTable: Readonly<Record<EngineErrorCode, 'again' | 'dead'>> = {
  // This machine cannot; another one may.
  NATIVE_NOT_BUILT: 'again',
  PLAN_IMPOSSIBLE: 'again',
  MODEL_UNKNOWN: 'again',
  MODEL_MISSING: 'again',
  MODEL_TRUNCATED: 'again',
  MODEL_CORRUPT: 'again',
  MODEL_UNSUPPORTED: 'again',
  MODEL_LOAD_FAILED: 'again',
  MODEL_LOAD_TIMED_OUT: 'again',
  MODEL_NOT_READY: 'again',
  MODEL_VARIANT_MISSING: 'again',
  MODEL_FELL_BACK: 'again',
  MODEL_DOWNLOAD_FAILED: 'again',
  MODEL_STORE_UNWRITABLE: 'again',
  DISK_FULL: 'again',
  PACKAGE_MISSING: 'again',
  PROVIDER_UNAVAILABLE: 'again',
  // Nothing is wrong with the job.
  SESSION_LIMIT: 'again',
  QUEUE_FULL: 'again',
  CHUNK_SHED: 'again',
  LIMIT_REACHED: 'again',
  SERVER_DRAINING: 'again',
  CONNECTION_LOST: 'again',
  URI_UNREACHABLE: 'again',
  QUEUE_UNAVAILABLE: 'again',
  ABORTED: 'again',
  DEADLINE_EXCEEDED: 'again',
  DECODE_FAILED: 'again',
  WORKER_DIED: 'again',
  ENGINE_CLOSED: 'again',
  INTERNAL: 'again',
  // The audio is at fault, or what was asked for.
  AUDIO_MISSING: 'dead',
  AUDIO_EMPTY: 'dead',
  AUDIO_UNSUPPORTED: 'dead',
  AUDIO_BROKEN: 'dead',
  AUDIO_INVALID: 'dead',
  CHUNK_SET_ASIDE: 'dead',
  OPTION_INVALID: 'dead',
  LANGUAGE_UNKNOWN: 'dead',
  LANGUAGE_UNSUPPORTED: 'dead',
  UPLOAD_TOO_LARGE: 'dead',
  URI_REFUSED: 'dead',
  KEY_REFUSED: 'dead',
  PROTOCOL_BROKEN: 'dead',
  // Of live sessions and of the queue itself: no job meets them.
  SESSION_ENDED: 'dead',
  SESSION_UNKNOWN: 'dead',
  SOURCE_EXISTS: 'dead',
  SOURCE_ENDED: 'dead',
  JOB_UNKNOWN: 'dead',
  JOB_FAILED: 'dead',
};
