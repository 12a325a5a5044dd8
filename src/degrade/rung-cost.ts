import type { Priority } from '../scheduler/work.js';
import type { LivePlan } from '../session/live-plan.js';
import { planKey } from './plan-key.js';
import type { RungModel } from './rung.js';
import { planAt, type Standing, serviceAt } from './standing.js';

/** A rung as the meter sees it: what a chunk costs there, and for whom. */
export interface RungCost {
  /** From `planKey`; undefined when the rung cannot be taken, because its model is missing. */
  readonly key: string | undefined;
  /** L; Infinity for continuous speech, which is cut at 15 s. */
  readonly chunkSeconds: number;
  /** Time to warm its model; 0 when that is warm or the same. */
  readonly switchSeconds: number;
  /** Whose finals it decodes. */
  readonly serves: readonly Priority[];
}

/** The model that a rung stands for. */
export interface ServingModel {
  readonly model: string;
  readonly variant: string;
  readonly threads: number;
  /** 0 when it is warm. */
  readonly switchSeconds: number;
}

const priorities: readonly Priority[] = ['critical', 'normal', 'background'];

/**
 * What every rung costs.
 * @param standings - where one stands on each
 * @param modelOf - the model for a rung's wish, undefined for the one requested; undefined when there is none to be had
 */
export function rungCosts(
  standings: readonly Standing[],
  requested: LivePlan,
  modelOf: (wish: RungModel | undefined) => ServingModel | undefined,
): readonly RungCost[] {
  return standings.map((standing) => {
    const { chunkSeconds, encoderContext, beamSize } = planAt(standing, requested);
    const serving = modelOf(standing.model);
    return {
      key: serving && planKey({ ...serving, encoderContext, beamSize }),
      chunkSeconds,
      switchSeconds: serving?.switchSeconds ?? 0,
      serves: priorities.filter((priority) => serviceAt(standing, priority) === 'decoded'),
    };
  });
}
