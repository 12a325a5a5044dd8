import type { LadderEventMap } from '../degrade/ladder-events.js';
import type { ProviderChange } from '../pool/failover.js';
import type { Comparison } from '../pool/second-opinion.js';

/** What an engine tells, by kind. */
export interface EngineEventMap extends LadderEventMap {
  /** Another provider decodes from now on. */
  readonly provider: ProviderChange;
  /** What the `shadow` made of a chunk. */
  readonly comparison: Comparison;
}
