import type { Capacity } from './capacity.js';
import { mostDecodeRtf, type Tier } from './plan-rules.js';

/** How the cores are shared out among slots. */
export interface SlotShares {
  readonly slots: number;
  readonly threadsPerSlot: number;
  /** What decided the number of slots. */
  readonly slotsFor: 'user' | 'throughput' | 'memory' | 'latency';
}

export interface SlotQuestion {
  readonly capacity: Capacity;
  readonly tier: Tier;
  readonly wishes: { readonly slots?: number | undefined; readonly threadsPerSlot?: number | undefined };
  /** Whether memory holds so many. One always fits. */
  readonly fits: (slots: number) => boolean;
  /** Of one chunk on so many threads. */
  readonly rtf: (threads: number) => number;
}

/**
 * Slots of one thread give the most throughput (two states on two cores decode 2.0 times what one does), so there is one
 * a core, up to the tier's limit, and threads take what cores are left. There are fewer where memory holds fewer, and
 * where a chunk would take too long on the threads that so many slots leave to each. What the user fixes is kept.
 */
export function shareSlots({ capacity, tier, wishes, fits, rtf }: SlotQuestion): SlotShares {
  const threadsFor = (slots: number) =>
    wishes.threadsPerSlot ?? threadsBeside(slots, capacity.physicalCores, tier.mostThreads);
  const shares = (slots: number, slotsFor: SlotShares['slotsFor']) => ({
    slots,
    threadsPerSlot: threadsFor(slots),
    slotsFor,
  });
  if (wishes.slots !== undefined) return shares(wishes.slots, 'user');

  const most = Math.max(1, Math.min(tier.mostSlots, Math.floor(capacity.cores / (wishes.threadsPerSlot ?? 1))));
  const fitting = downFrom(most).find(fits) ?? 1;
  const swift = downFrom(fitting).find((slots) => rtf(threadsFor(slots)) <= mostDecodeRtf);
  // Where none is swift enough, as many as decode as fast as one alone would.
  const chosen = swift ?? downFrom(fitting).find((slots) => rtf(threadsFor(slots)) <= rtf(threadsFor(1))) ?? 1;
  if (chosen < fitting) return shares(chosen, 'latency');
  return shares(chosen, fitting < most ? 'memory' : 'throughput');
}

/** A second thread on a core adds little to arithmetic: threads are counted by physical cores. */
export function threadsBeside(slots: number, physicalCores: number, mostThreads: number): number {
  return Math.max(1, Math.min(mostThreads, Math.floor(physicalCores / slots)));
}

function downFrom(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => count - index);
}
