import { EngineError, type EngineErrorCode } from '../errors.js';
import type { CacheState } from '../model/caches/cache-report.js';

/** What the process reports to its caller. Public: a meaning never changes its number. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, installation: 3, interrupted: 130, terminated: 143 } as const;

/** One of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command that looks at models reports. */
export const stateExitCodes = { complete: 0, incomplete: 1, missing: 2 } as const satisfies Record<
  CacheState,
  ExitCode
>;

const interruptions = { 130: 'interrupted by Ctrl-C (SIGINT)', 143: 'ended by SIGTERM' };

/** For `whisperpool transcribe --help`. */
export const transcribeExitCodes = exitCodeTable({
  0: 'every file was transcribed',
  1: 'a file failed; the others were still transcribed',
  2: 'the command line asks for something that cannot be done',
  3: 'the native addon or the model is missing, damaged or unusable',
  ...interruptions,
});

/** For `whisperpool models --help`. */
export const modelsExitCodes = exitCodeTable({
  0: 'done; of list, verify and check: all that was found is complete',
  1: 'failed; of list, verify and check: something is incomplete or damaged',
  2: 'bad command line; of list, verify and check: no model is there',
  3: 'the model is missing or damaged, or could not be fetched or written',
  ...interruptions,
});

function exitCodeTable(meanings: Record<ExitCode, string>): string {
  const lines = Object.entries(meanings).map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`);
  return ['Exit codes:', ...lines].join('\n');
}

// Usage and installation are what every further file would fail of too; all else concerns one file.
const exitCodeByError: Record<EngineErrorCode, ExitCode> = {
  NATIVE_NOT_BUILT: exitCodes.installation,
  OPTION_INVALID: exitCodes.usage,
  LANGUAGE_UNKNOWN: exitCodes.usage,
  LANGUAGE_UNSUPPORTED: exitCodes.usage,
  PLAN_IMPOSSIBLE: exitCodes.usage,
  MODEL_UNKNOWN: exitCodes.usage,
  MODEL_MISSING: exitCodes.installation,
  MODEL_TRUNCATED: exitCodes.installation,
  MODEL_CORRUPT: exitCodes.installation,
  MODEL_UNSUPPORTED: exitCodes.installation,
  MODEL_LOAD_FAILED: exitCodes.installation,
  MODEL_LOAD_TIMED_OUT: exitCodes.installation,
  MODEL_NOT_READY: exitCodes.failed,
  MODEL_VARIANT_MISSING: exitCodes.installation,
  MODEL_FELL_BACK: exitCodes.installation,
  MODEL_DOWNLOAD_FAILED: exitCodes.installation,
  MODEL_STORE_UNWRITABLE: exitCodes.installation,
  DISK_FULL: exitCodes.installation,
  AUDIO_MISSING: exitCodes.failed,
  AUDIO_EMPTY: exitCodes.failed,
  AUDIO_UNSUPPORTED: exitCodes.failed,
  AUDIO_BROKEN: exitCodes.failed,
  AUDIO_INVALID: exitCodes.failed,
  PROVIDER_UNAVAILABLE: exitCodes.installation,
  SESSION_LIMIT: exitCodes.failed,
  SESSION_ENDED: exitCodes.failed,
  SESSION_UNKNOWN: exitCodes.failed,
  SOURCE_EXISTS: exitCodes.failed,
  SOURCE_ENDED: exitCodes.failed,
  QUEUE_FULL: exitCodes.failed,
  CHUNK_SHED: exitCodes.failed,
  PACKAGE_MISSING: exitCodes.installation,
  KEY_REFUSED: exitCodes.usage,
  LIMIT_REACHED: exitCodes.failed,
  UPLOAD_TOO_LARGE: exitCodes.failed,
  PROTOCOL_BROKEN: exitCodes.failed,
  SERVER_DRAINING: exitCodes.failed,
  CONNECTION_LOST: exitCodes.failed,
  URI_REFUSED: exitCodes.failed,
  URI_UNREACHABLE: exitCodes.failed,
  QUEUE_UNAVAILABLE: exitCodes.failed,
  JOB_UNKNOWN: exitCodes.failed,
  JOB_FAILED: exitCodes.failed,
  ABORTED: exitCodes.failed,
  DEADLINE_EXCEEDED: exitCodes.failed,
  DECODE_FAILED: exitCodes.failed,
  WORKER_DIED: exitCodes.failed,
  CHUNK_SET_ASIDE: exitCodes.failed,
  ENGINE_CLOSED: exitCodes.failed,
  INTERNAL: exitCodes.failed,
};

/** What `error` makes the process exit with. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof EngineError ? exitCodeByError[error.code] : exitCodes.failed;
}
