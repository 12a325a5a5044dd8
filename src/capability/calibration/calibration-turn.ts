import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { cacheFolder } from '../../model/search-path.js';
import { tryLock } from '../../model/store/store-lock.js';
import { calibrationFile } from './calibration-memory.js';

export interface TurnOptions<Found> {
  /** Looks for what another process may have found out meanwhile. */
  readonly find: () => Promise<Found | undefined>;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** How waiting for one's turn to measure ended. */
export type Turn<Found> =
  /** There is nothing left to measure. */
  | { readonly kind: 'found'; readonly found: Found }
  /** No other process of this user measures until `end` is called. */
  | { readonly kind: 'own'; end(): Promise<void> }
  /** Others still measure. */
  | { readonly kind: 'late' };

/** One calibration and the load of a model before it; a start should not take longer than that. */
const mostWaitSeconds = 10;
const pollMilliseconds = 100;

/**
 * Waits until no other process of this user measures, for they would disturb each other: services often start several
 * processes at once. The turn of one that died is taken over 10 s later. Where nothing can be written nobody is waited for.
 * @throws EngineError `ABORTED` by the signal
 */
export async function waitForTurn<Found>(options: TurnOptions<Found>): Promise<Turn<Found>> {
  const { find, clock, signal } = options;
  const endSeconds = clock.nowSeconds() + mostWaitSeconds;
  for (;;) {
    const found = await find();
    if (found !== undefined) return { kind: 'found', found };
    const end = await takeTurn();
    if (end) return { kind: 'own', end };
    if (clock.nowSeconds() >= endSeconds) return { kind: 'late' };
    // Unlike the clock's, this timer keeps the process alive. Its end by the signal is looked at below.
    await wait(pollMilliseconds, undefined, { signal }).catch(() => undefined);
    if (signal?.aborted) {
      throw new EngineError('ABORTED', 'Waiting to calibrate was aborted.', { cause: signal.reason });
    }
  }
}

/** What ends the turn, or nothing when another has it. */
async function takeTurn(): Promise<(() => Promise<void>) | undefined> {
  try {
    await mkdir(cacheFolder(), { recursive: true });
    // To lose it, as happens to a machine that was asleep, costs no more than a disturbed measurement.
    return await tryLock(join(cacheFolder(), calibrationFile), () => undefined);
  } catch {
    return () => Promise.resolve();
  }
}
