import type { Priority } from '../scheduler/work.js';
import type { LivePlan } from '../session/live-plan.js';
import { longestSeconds as longestChunkSeconds } from '../session/speech-thresholds.js';
import { type Standing, serviceAt } from './standing.js';

/** What a rung means for a session: a sentence. */
export function meaningOf(
  plan: LivePlan,
  requested: LivePlan,
  standing: Standing,
  priorities: ReadonlySet<Priority>,
): string {
  const changes: string[] = [];
  if (plan.chunkSeconds !== requested.chunkSeconds) {
    changes.push(`utterances of up to ${Math.min(plan.chunkSeconds, longestChunkSeconds)} s`);
  }
  if (plan.partialEverySeconds !== requested.partialEverySeconds) {
    changes.push(plan.partialEverySeconds === undefined ? 'no partial texts' : 'fewer partial texts');
  }
  if (plan.beamSize !== requested.beamSize) changes.push(`a beam of ${plan.beamSize}`);
  if (plan.encoderContext !== requested.encoderContext) changes.push(`a ${plan.encoderContext} encoder context`);
  for (const priority of priorities) {
    const service = serviceAt(standing, priority);
    if (service === 'dropped') changes.push(`${priority} sources are not decoded`);
    if (service === 'spooled') changes.push(`${priority} sources wait on disk`);
  }
  return changes.length === 0 ? 'This session is decoded as requested.' : `For this session: ${changes.join(', ')}.`;
}
