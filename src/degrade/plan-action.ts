import { isDeepStrictEqual } from 'node:util';
import type { Session } from '../session/session.js';
import { meaningOf } from './meaning.js';
import { planAt, type Standing, standingOn } from './standing.js';

/** What the ladder leads of a session. */
export type LedSession = Pick<Session, 'plan' | 'requestedPlan' | 'sources' | 'follow'>;

/** The plans of sessions. Doing it again does nothing; on rung 0 each session has the plan that it asked for. */
export class PlanAction {
  /** What each was told last. */
  readonly #standings = new WeakMap<LedSession, Standing>();

  apply(sessions: readonly LedSession[], standing: Standing, reason: string): void {
    for (const session of sessions) this.#lead(session, standing, reason);
  }

  #lead(session: LedSession, standing: Standing, reason: string): void {
    const before = this.#standings.get(session) ?? standingOn([], 0);
    this.#standings.set(session, standing);
    const plan = planAt(standing, session.requestedPlan);
    const isShedAlike =
      isDeepStrictEqual(before.dropped, standing.dropped) && isDeepStrictEqual(before.spooled, standing.spooled);
    if (isShedAlike && isDeepStrictEqual(plan, session.plan)) return;
    const priorities = new Set(session.sources.filter(({ hasEnded }) => !hasEnded).map(({ priority }) => priority));
    session.follow(plan, `${reason} ${meaningOf(plan, session.requestedPlan, standing, priorities)}`);
  }
}
