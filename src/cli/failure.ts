import { describe } from '../errors.js';

/**
 * An error as lines for stderr: `whisperpool: FILE: message (CODE)`, then with `verbose` one line for each cause.
 * `subject` is the file that it happened to, where there was one.
 */
export function failureText(error: unknown, subject: string | undefined, verbose: boolean): string {
  const message = describe(error).trim();
  const code = codeOf(error);
  const first = ['whisperpool', ...(subject === undefined ? [] : [subject]), message].join(': ');
  const lines = [code === undefined ? first : `${first} (${code})`];
  // The reason often is the same sentence, one layer further down.
  if (verbose) lines.push(...causes(error).flatMap((cause) => (cause === message ? [] : [`  caused by: ${cause}`])));
  return lines.join('\n');
}

// EngineError and the errors of Node (`ENOSPC`, `EACCES`) both carry a string here.
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function causes(error: unknown): string[] {
  if (!(error instanceof Error) || error.cause === undefined) return [];
  return [describe(error.cause).trim(), ...causes(error.cause)];
}
