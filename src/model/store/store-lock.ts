import { setTimeout as wait } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { EngineError } from '../../errors.js';
import { refuseIfAborted } from '../refusal.js';
import { storeError } from './store-folder.js';

/** Whoever holds a lock renews it twice in this time; one that is older was left by somebody who is gone. */
const staleMilliseconds = 10_000;
const pollMilliseconds = 100;

/**
 * Does `work` while no other process, nor another part of this one, does any for the same path. The signal that it gets
 * is aborted with `signal`, and when the lock is lost, as happens to a machine that was asleep.
 * @throws EngineError `ABORTED`, `MODEL_STORE_UNWRITABLE`, `MODEL_DOWNLOAD_FAILED` when the lock is lost
 */
export async function withLock<T>(
  path: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await waitForLock(path, signal, (cause) => lost.abort(lostLock(path, cause)));
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    await release();
  }
}

/** The function that lets go of the lock, or nothing when somebody holds it. */
export async function tryLock(
  path: string,
  onLost: (cause: Error) => void,
): Promise<(() => Promise<void>) | undefined> {
  try {
    const release = await lock(path, { realpath: false, stale: staleMilliseconds, onCompromised: onLost });
    // One that was lost meanwhile is not ours to let go of; one that cannot be removed grows stale.
    return () => release().catch(() => undefined);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOCKED') return undefined;
    throw storeError(`${path}.lock`, error);
  }
}

async function waitForLock(
  path: string,
  signal: AbortSignal,
  onLost: (cause: Error) => void,
): Promise<() => Promise<void>> {
  for (;;) {
    refuseIfAborted(signal);
    const release = await tryLock(path, onLost);
    if (release) return release;
    // Its end is looked at above.
    await wait(pollMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}

function lostLock(path: string, cause: Error): EngineError {
  return new EngineError(
    'MODEL_DOWNLOAD_FAILED',
    `The lock of ${path} was lost while the file was being downloaded: the process stood still for too long, or somebody removed it. Call again.`,
    { cause },
  );
}
