import type { Priority } from '../scheduler/work.js';
import type { LivePlan } from '../session/live-plan.js';

export type { Service } from '../session/service.js';

/** A step of the ladder, as data. It adds to the rungs before it; rung 0 adds nothing, it is the plan as requested. */
export interface Rung {
  readonly name: string;
  /**
   * What it makes lighter. A plan never becomes heavier than requested: `chunkSeconds` and `partialEverySeconds` are at
   * least these (undefined: no partials), `beamSize` at most this, and the encoder context the tighter of the two.
   */
  readonly plan: Partial<LivePlan>;
  /** Seconds by which chunks grow, on top of what is in force. @defaultValue 0 */
  readonly addedChunkSeconds?: number;
  /** A lighter model, warmed before it serves: the next smaller one that speaks the language, or this one. */
  readonly model?: RungModel;
  readonly shed?: {
    /** Whose utterances are not decoded, and become gaps. */
    readonly finalsOf?: readonly Priority[];
    /** Whose utterances go to disk, to be decoded while a slot has nothing else to do. Comes before `finalsOf`. */
    readonly spool?: readonly Priority[];
  };
}

export type RungModel = 'smaller' | { readonly model: string; readonly variant?: string };
