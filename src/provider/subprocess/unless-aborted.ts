import { EngineError } from '../../errors.js';

/**
 * What `work` resolves with, for as long as the caller wants to wait; the work itself goes on.
 * @throws EngineError `ABORTED`
 */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work;
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(new EngineError('ABORTED', 'The start of a provider was aborted.', { cause: signal.reason }));
  });
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
