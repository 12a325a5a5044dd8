import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { EngineError } from '../errors.js';

/** How the cores are shared out: every slot decodes with its own threads. */
export interface CoreBudget {
  readonly slots: number;
  readonly threadsPerSlot: number;
}

/** What a user may fix of it. */
export interface CoreWishes {
  readonly slots?: number | undefined;
  readonly threadsPerSlot?: number | undefined;
}

/** More slots than this only add memory: beyond it, threads are the better use of cores. */
const mostDefaultSlots = 8;
const mostSlots = 256;

/**
 * Slots and threads for this many cores. By default one slot a core with one thread each (two states on two cores
 * decode 2.0 times what one does), never more decoding threads than cores. What the user fixes is kept.
 * @throws EngineError `OPTION_INVALID`
 */
export function coreBudget(cores: number, wishes: CoreWishes): CoreBudget {
  const wishedSlots = checked('slots', wishes.slots);
  const wishedThreads = checked('threadsPerSlot', wishes.threadsPerSlot);
  const slots = wishedSlots ?? Math.max(1, Math.min(mostDefaultSlots, Math.floor(cores / (wishedThreads ?? 1))));
  return { slots, threadsPerSlot: wishedThreads ?? Math.max(1, Math.floor(cores / slots)) };
}

function checked(name: string, wish: number | undefined): number | undefined {
  if (wish === undefined || (Number.isInteger(wish) && wish >= 1 && wish <= mostSlots)) return wish;
  throw new EngineError(
    'OPTION_INVALID',
    `\`${name}\` is ${String(wish)}; it must be a whole number from 1 to ${mostSlots}.`,
  );
}

/** Cores this process may use: those of its affinity mask, or fewer where a container's CPU quota says so. */
export function usableCores(): number {
  return Math.max(1, Math.floor(Math.min(availableParallelism(), cpuQuota(readText))));
}

/** Cores' worth of CPU time that control groups allow (v2 `cpu.max`, v1 `cpu.cfs_quota_us`); Infinity when unlimited. */
export function cpuQuota(read: (path: string) => string | undefined): number {
  const v2 = read('/sys/fs/cgroup/cpu.max')?.trim().split(/\s+/);
  const quota = v2?.[0] ?? read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us');
  const period = v2?.[1] ?? read('/sys/fs/cgroup/cpu/cpu.cfs_period_us');
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not Linux, or no control group: no quota
  }
}
