import type { LivePlan } from '../session/live-plan.js';
import type { LedSession } from './plan-action.js';

/** The plan that most live sources have asked for: what the costs of rungs are reckoned with. */
export function usualPlan(sessions: readonly LedSession[], otherwise: LivePlan): LivePlan {
  const wishes: { readonly plan: LivePlan; count: number }[] = [];
  let [usual, most] = [otherwise, 0];
  for (const { requestedPlan: plan, sources } of sessions) {
    const known = wishes.find((other) => isAlike(other.plan, plan));
    const wish = known ?? { plan, count: 0 };
    if (!known) wishes.push(wish);
    for (const { hasEnded } of sources) wish.count += Number(!hasEnded);
    if (wish.count > most) [usual, most] = [plan, wish.count];
  }
  return usual;
}

function isAlike(one: LivePlan, other: LivePlan): boolean {
  return (
    one.chunkSeconds === other.chunkSeconds &&
    one.partialEverySeconds === other.partialEverySeconds &&
    one.encoderContext === other.encoderContext &&
    one.beamSize === other.beamSize
  );
}
