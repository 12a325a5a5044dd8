import type { Clock } from '../clock.js';
import type { LivePlan } from '../session/live-plan.js';
import type { Announcer } from '../telemetry/announcer.js';
import type { Logger } from '../telemetry/log.js';
import type { LadderEventMap } from './ladder-events.js';
import type { LadderModels } from './ladder-models.js';
import type { LedSession } from './plan-action.js';
import type { Policy } from './policy.js';

/** What a ladder is put together from. */
export interface LadderOptions {
  readonly policy: Policy;
  /** Decides and writes down, but does nothing. */
  readonly isDryRun: boolean;
  readonly clock: Clock;
  readonly slots: number;
  /** What sessions follow that ask for nothing else. */
  readonly plan: LivePlan;
  /** Those that are open now. */
  readonly sessions: () => readonly LedSession[];
  readonly models: LadderModels;
  readonly events: Announcer<LadderEventMap>;
  readonly logger: Logger;
  /** Time of day for schedules. */
  readonly minuteOfDay?: (() => number) | undefined;
}
