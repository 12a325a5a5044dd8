import { Ladder } from '../degrade/ladder.js';
import type { LadderOptions } from '../degrade/ladder-options.js';
import { EngineLadderModels } from './ladder-models.js';
import type { EngineParts } from './parts.js';

/** The ladder of an engine. */
export function engineLadder(parts: EngineParts, rest: Pick<LadderOptions, 'plan' | 'sessions' | 'events'>): Ladder {
  const { clock, logger, pool, degrade } = parts;
  const models = new EngineLadderModels(parts);
  return new Ladder({ ...degrade, ...rest, models, clock, logger, slots: pool.slots, minuteOfDay });
}

/** Where the engine runs. */
function minuteOfDay(): number {
  const now = new Date();
  return 60 * now.getHours() + now.getMinutes();
}
