import { describe, EngineError } from '../../errors.js';

/** Never to be fetched. `why` goes on from the URI; `instead` is a sentence that says what to do. */
export function refused(uri: string, why: string, instead: string): EngineError {
  return new EngineError('URI_REFUSED', `${shownUri(uri)} ${why}. ${instead}`);
}

/** Not to be had now. `why` is the end of a sentence. */
export function unreachable(uri: string, why: string, cause?: unknown): EngineError {
  const advice = 'See that it can be read from this machine, then enqueue it again.';
  return new EngineError('URI_UNREACHABLE', `${shownUri(uri)} could not be fetched: ${why}. ${advice}`, { cause });
}

export function tooLarge(uri: string, limitBytes: number): EngineError {
  const advice = 'Give it in parts, or raise `limitBytes`.';
  return new EngineError(
    'UPLOAD_TOO_LARGE',
    `${shownUri(uri)} has more than the ${limitBytes} bytes allowed. ${advice}`,
  );
}

/** What a system call or a connection failed with, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // When several addresses of a host were tried in vain, the error that sums it up has a code only.
  return describe(error) || code;
}

export function aborted(signal: AbortSignal): EngineError {
  return new EngineError('ABORTED', 'Fetching the audio was aborted.', { cause: signal.reason });
}

/** What may be told of a URI: a signed one carries a secret behind the question mark. */
function shownUri(uri: string): string {
  if (!URL.canParse(uri)) return uri.slice(0, 200);
  const { protocol, host, pathname } = new URL(uri);
  return `${protocol}//${host}${pathname}`;
}
