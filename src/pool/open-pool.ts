import type { DecodingPool } from './decoding-pool.js';
import { ProcessPool } from './process-pool.js';
import { SlotPool } from './slot-pool.js';

/** Where slots run: on threads of this process, or in a process of their own. */
export type Isolation = 'thread' | 'process';

/** @param onDeath - called when a thread, or the process, has died */
export function openPool(isolation: Isolation, slots: number, onDeath?: () => void): DecodingPool {
  return isolation === 'process' ? new ProcessPool(slots, onDeath) : new SlotPool(slots, onDeath);
}
