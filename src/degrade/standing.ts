import type { Priority } from '../scheduler/work.js';
import type { LivePlan } from '../session/live-plan.js';
import type { Rung, RungModel, Service } from './rung.js';

/** What a rung and all before it come to. */
export interface Standing {
  /** The lightest of each. `partialEverySeconds` that is there and undefined: no partials. */
  readonly plan: Partial<LivePlan>;
  readonly addedChunkSeconds: number;
  readonly model: RungModel | undefined;
  readonly dropped: readonly Priority[];
  /** None of them is in `dropped`. */
  readonly spooled: readonly Priority[];
}

const requested: Standing = { plan: {}, addedChunkSeconds: 0, model: undefined, dropped: [], spooled: [] };
const tightest = ['trimmed', 'sized', 'full'] as const satisfies readonly LivePlan['encoderContext'][];

/** Where one stands on a rung of a ladder. */
export function standingOn(rungs: readonly Rung[], rung: number): Standing {
  return rungs.slice(0, rung + 1).reduce(stepDown, requested);
}

/** The plan there. On rung 0 it is deep-equal to the one requested. */
export function planAt({ plan, addedChunkSeconds }: Standing, wanted: LivePlan): LivePlan {
  const lighter = { ...wanted, ...lighterPlan(wanted, plan) };
  return { ...lighter, chunkSeconds: lighter.chunkSeconds + addedChunkSeconds };
}

/** What becomes there of the utterances of a source. */
export function serviceAt({ dropped, spooled }: Standing, priority: Priority): Service {
  if (spooled.includes(priority)) return 'spooled';
  return dropped.includes(priority) ? 'dropped' : 'decoded';
}

function stepDown(above: Standing, { plan, addedChunkSeconds = 0, model, shed = {} }: Rung): Standing {
  const spooled = union(above.spooled, shed.spool);
  return {
    plan: lighterPlan(above.plan, plan),
    addedChunkSeconds: above.addedChunkSeconds + addedChunkSeconds,
    model: model ?? above.model,
    dropped: union(above.dropped, shed.finalsOf).filter((priority) => !spooled.includes(priority)),
    spooled,
  };
}

function lighterPlan(above: Partial<LivePlan>, rung: Partial<LivePlan>): Partial<LivePlan> {
  const plan: { -readonly [Key in keyof LivePlan]?: LivePlan[Key] } = { ...above };
  if (rung.chunkSeconds !== undefined) plan.chunkSeconds = Math.max(above.chunkSeconds ?? 0, rung.chunkSeconds);
  if ('partialEverySeconds' in rung) plan.partialEverySeconds = rarer(above, rung.partialEverySeconds);
  if (rung.beamSize !== undefined) plan.beamSize = Math.min(above.beamSize ?? rung.beamSize, rung.beamSize);
  if (rung.encoderContext !== undefined) {
    plan.encoderContext =
      tightest.find((context) => context === above.encoderContext || context === rung.encoderContext) ?? 'full';
  }
  return plan;
}

/** Undefined, no partials at all, is the rarest. */
function rarer(above: Partial<LivePlan>, everySeconds: number | undefined): number | undefined {
  if (!('partialEverySeconds' in above)) return everySeconds;
  if (above.partialEverySeconds === undefined || everySeconds === undefined) return undefined;
  return Math.max(above.partialEverySeconds, everySeconds);
}

function union(above: readonly Priority[], more: readonly Priority[] = []): readonly Priority[] {
  return [...above, ...more.filter((priority) => !above.includes(priority))];
}
