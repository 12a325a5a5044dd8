import { EngineError } from '../errors.js';

/** The file is not there, or is nothing that can be read as a file. */
export function missing(path: string, what: string, cause?: unknown): EngineError {
  return new EngineError('MODEL_MISSING', `The model file ${path} ${what}.`, { cause });
}

/** The file ends too early. */
export function truncated(path: string, what: string): EngineError {
  return new EngineError(
    'MODEL_TRUNCATED',
    `The model file ${path} is truncated: ${what}. Copy or download it again; a copy that was broken off looks like this.`,
  );
}

/** The file holds something that cannot be right. */
export function corrupt(path: string, what: string): EngineError {
  return new EngineError('MODEL_CORRUPT', `The model file ${path} is corrupt: ${what}. Copy or download it again.`);
}

/** The file may be whole, but is nothing that this engine can load. */
export function unsupported(path: string, what: string, advice: string): EngineError {
  return new EngineError('MODEL_UNSUPPORTED', `The model file ${path} cannot be used: it ${what}. ${advice}`);
}

/** Throws `ABORTED` when `signal` has been. */
export function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

export function aborted(signal: AbortSignal): EngineError {
  return new EngineError('ABORTED', 'Opening the model was aborted.', { cause: signal.reason });
}

/** The hub did not give the file. `why` is the end of a sentence. */
export function downloadFailed(address: string, why: string, cause?: unknown): EngineError {
  return new EngineError(
    'MODEL_DOWNLOAD_FAILED',
    `${address} could not be downloaded: ${why}. Look at the network, name another hub in WHISPERPOOL_HUB, ` +
      'or put the file by hand into a folder named in WHISPERPOOL_MODELS.',
    { cause },
  );
}
