import { Ladder } from '../degrade/ladder.js';
import type { LadderOptions } from '../degrade/ladder-options.js';
import type { EngineParts } from './parts.js';

/** The ladder of an engine. */
export function engineLadder(
  { clock, logger, pool, degrade }: EngineParts,
  rest: Pick<LadderOptions, 'plan' | 'sessions' | 'models' | 'events'>,
): Ladder {
  return new Ladder({ ...degrade, ...rest, clock, logger, slots: pool.slots, minuteOfDay });
}

/** Where the engine runs. */
function minuteOfDay(): number {
  const now = new Date();
  return 60 * now.getHours() + now.getMinutes();
}
