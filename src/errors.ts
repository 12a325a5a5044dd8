/** Every way the engine can refuse or fail. A code is part of the public interface and is never renamed. */
export type EngineErrorCode =
  // the installation
  | 'NATIVE_NOT_BUILT'
  // the caller's arguments
  | 'OPTION_INVALID'
  | 'LANGUAGE_UNKNOWN'
  | 'LANGUAGE_UNSUPPORTED'
  | 'PLAN_IMPOSSIBLE'
  // the model
  | 'MODEL_UNKNOWN'
  | 'MODEL_MISSING'
  | 'MODEL_TRUNCATED'
  | 'MODEL_CORRUPT'
  | 'MODEL_UNSUPPORTED'
  | 'MODEL_LOAD_FAILED'
  | 'MODEL_LOAD_TIMED_OUT'
  | 'MODEL_NOT_READY'
  | 'MODEL_VARIANT_MISSING'
  | 'MODEL_FELL_BACK'
  | 'MODEL_DOWNLOAD_FAILED'
  | 'MODEL_STORE_UNWRITABLE'
  | 'DISK_FULL'
  // the audio
  | 'AUDIO_MISSING'
  | 'AUDIO_EMPTY'
  | 'AUDIO_UNSUPPORTED'
  | 'AUDIO_BROKEN'
  | 'AUDIO_INVALID'
  // what decodes
  | 'PROVIDER_UNAVAILABLE'
  // live sessions
  | 'SESSION_LIMIT'
  | 'SESSION_ENDED'
  | 'SESSION_UNKNOWN'
  | 'SOURCE_EXISTS'
  | 'SOURCE_ENDED'
  | 'QUEUE_FULL'
  | 'CHUNK_SHED'
  // over a network: the server, the client, the queue
  | 'PACKAGE_MISSING'
  | 'KEY_REFUSED'
  | 'LIMIT_REACHED'
  | 'UPLOAD_TOO_LARGE'
  | 'PROTOCOL_BROKEN'
  | 'SERVER_DRAINING'
  | 'CONNECTION_LOST'
  | 'URI_REFUSED'
  | 'URI_UNREACHABLE'
  | 'QUEUE_UNAVAILABLE'
  | 'JOB_UNKNOWN'
  | 'JOB_FAILED'
  // the work itself
  | 'ABORTED'
  | 'DEADLINE_EXCEEDED'
  | 'DECODE_FAILED'
  | 'WORKER_DIED'
  | 'CHUNK_SET_ASIDE'
  | 'ENGINE_CLOSED'
  | 'INTERNAL';

/** An `EngineError` as plain data: what crosses a thread or a process. */
export interface EngineErrorWire {
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly cause?: string;
}

/**
 * The one error type of the engine. `message` is a sentence that says what happened and what to do about it;
 * `code` is what programs branch on; `cause` is the underlying error, where there was one.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;

  constructor(code: EngineErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }

  /** The error as plain data, for a thread boundary. */
  toWire(): EngineErrorWire {
    const wire = { code: this.code, message: this.message };
    return this.cause === undefined ? wire : { ...wire, cause: describe(this.cause) };
  }

  /** What `JSON.stringify` makes of it: its message, too. */
  toJSON(): EngineErrorWire {
    return this.toWire();
  }

  /** The error back from its wire form. */
  static fromWire(wire: EngineErrorWire): EngineError {
    return new EngineError(wire.code, wire.message, { cause: wire.cause });
  }

  /** `error` itself when it is already an `EngineError`; otherwise wrapped under `code`, keeping it as the cause. */
  static from(error: unknown, code: EngineErrorCode, message: string): EngineError {
    return error instanceof EngineError ? error : new EngineError(code, message, { cause: error });
  }
}

/** One line about anything that was thrown; without node:util, because browsers read this file, too. */
export function describe(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === 'function') return 'a function';
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  try {
    // In a list, because one that writes itself down as nothing would give no string.
    return JSON.stringify([thrown]).slice(1, -1);
  } catch {
    return 'an object that cannot be written down';
  }
}
