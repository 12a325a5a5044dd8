import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits, or until there is no reason to wait any more.
 *
 * @param {number} seconds
 * @param {AbortSignal} signal
 */
export async function pause(seconds, signal) {
  await sleep(1000 * seconds, undefined, { signal }).catch(() => undefined);
}
