import type { LivePlan } from '../session/live-plan.js';
import type { Decision, History, RungChange } from './policy.js';
import type { RungCost } from './rung-cost.js';
import type { LoadSnapshot } from './snapshot.js';
import type { WatchedSource } from './source-watch.js';

/** What a look at the load brought. */
export interface RecordedLook {
  readonly snapshot: LoadSnapshot;
  readonly decision: Decision;
  /** Not the policy has decided. */
  readonly isPinned: boolean;
  readonly history: History;
  readonly sources: readonly WatchedSource[];
  readonly rungs: readonly RungCost[];
  /** Rung 0. */
  readonly plan: LivePlan;
}

/** A look as it is written; one from before the recording has no decision: it is what a policy may remember. */
export interface TickLine extends Partial<Pick<RecordedLook, 'decision' | 'isPinned'>> {
  readonly kind: 'tick';
  /** From the start of the recording. */
  readonly atSeconds: number;
  /** Its time, and those of `changes`, are on the scale of the engine's clock: a policy may go by them. */
  readonly snapshot: LoadSnapshot;
  /** Steps since the look before. */
  readonly changes?: readonly RungChange[];
}
