import type { LivePlan } from '../session/live-plan.js';
import type { LedSession } from './plan-action.js';

/** The plan that most live sources have asked for: what the costs of rungs are reckoned with. */
export function usualPlan(sessions: readonly LedSession[], otherwise: LivePlan): LivePlan {
  const counts = new Map<string, number>();
  let [usual, most] = [otherwise, 0];
  for (const { requestedPlan: plan, sources } of sessions) {
    const { chunkSeconds, partialEverySeconds, encoderContext, beamSize } = plan;
    const key = [chunkSeconds, partialEverySeconds, encoderContext, beamSize].join('|');
    const count = (counts.get(key) ?? 0) + sources.filter(({ hasEnded }) => !hasEnded).length;
    counts.set(key, count);
    if (count > most) [usual, most] = [plan, count];
  }
  return usual;
}
