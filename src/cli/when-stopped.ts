import { once } from 'node:events';

/** Resolves when the work is to stop. The process is kept alive by what runs, not by this. */
export async function whenStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
