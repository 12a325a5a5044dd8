import { EngineError } from '../../errors.js';
import { encoderContextFor } from '../../provider/encoder-context.js';
import type { Priority } from '../../scheduler/work.js';
import type { LivePlan } from '../../session/live-plan.js';
import type { QueueLimits } from '../../session/source-options.js';

/**
 * What a greedy decode costs with one model. The encoder works on as many frames as the plan's context gives the audio, and
 * attention makes many of them dearer: `base + perSecond · L + perFrame · frames · (1 + frames / 1700)`.
 */
export interface SimulatedModel {
  readonly name: string;
  readonly variant: string;
  readonly baseSeconds: number;
  readonly perSecondSeconds: number;
  readonly perFrameSeconds: number;
  /** Until it serves, when another one does: weights read, every slot warm. */
  readonly switchSeconds: number;
}

/** A machine as the simulator knows it. Plain data. */
export interface SimulatedMachine {
  readonly name: string;
  readonly slots: number;
  /** What rung 0 is. */
  readonly plan: LivePlan;
  /** The one that is asked for, then lighter ones. */
  readonly models: readonly SimulatedModel[];
  /** Standard deviation of a decode's seconds around what the model says, as a share. */
  readonly noise: number;
  /** Seconds of a beam of `n` over a greedy decode: `1 + beamFactor · (n − 1)`. */
  readonly beamFactor: number;
  readonly queues: Readonly<Record<Priority, QueueLimits>>;
}

/** Where attention takes as long as all else in the encoder; fitted, with the costs below, to the measurements there. */
const attentionFrames = 1700;

/**
 * Two cores of a Xeon at 2.5 GHz, one thread a slot, fitted to what was measured on chunks of 2, 4, 8 and 10 s, and on 10 s
 * with the full context: `base` q8_0 took 0.59, 0.63, 1.0–1.4, 1.3 and 3.7 s, `tiny.en` q8_0 0.30, 0.35, 0.60, 0.65 and
 * 1.9 s.
 */
export const defaultMachine: SimulatedMachine = {
  name: '2 cores, base',
  slots: 2,
  plan: { chunkSeconds: 2, partialEverySeconds: 1, encoderContext: 'sized', beamSize: 1 },
  models: [
    {
      name: 'base',
      variant: 'q8_0',
      baseSeconds: 0,
      perSecondSeconds: 0.02,
      perFrameSeconds: 0.001_25,
      switchSeconds: 0.5,
    },
    {
      name: 'tiny.en',
      variant: 'q8_0',
      baseSeconds: 0,
      perSecondSeconds: 0.02,
      perFrameSeconds: 0.000_56,
      switchSeconds: 0.3,
    },
  ],
  noise: 0.1,
  beamFactor: 0.47,
  queues: {
    critical: { chunks: 100, seconds: 120 },
    normal: { chunks: 100, seconds: 120 },
    background: { chunks: 50, seconds: 60 },
  },
};

/** What a decode takes on a machine that has nothing else to do. */
export function serviceSeconds(
  { models, beamFactor }: SimulatedMachine,
  model: number,
  { encoderContext, beamSize }: Pick<LivePlan, 'encoderContext' | 'beamSize'>,
  audioSeconds: number,
): number {
  const costs = models[model];
  if (!costs) return Number.POSITIVE_INFINITY;
  const { baseSeconds, perSecondSeconds, perFrameSeconds } = costs;
  const frames = encoderContextFor(encoderContext, audioSeconds);
  const greedySeconds =
    baseSeconds + perSecondSeconds * audioSeconds + perFrameSeconds * frames * (1 + frames / attentionFrames);
  return greedySeconds * (1 + beamFactor * (beamSize - 1));
}

/**
 * A machine from a description that may leave out what is as usual.
 * @throws EngineError `OPTION_INVALID`
 */
export function machineFrom(description: unknown): SimulatedMachine {
  if (typeof description !== 'object' || description === null) throw invalid('it is no object');
  const given = description as Partial<SimulatedMachine>;
  const machine: SimulatedMachine = {
    ...defaultMachine,
    name: 'described',
    ...given,
    plan: planFrom(given.plan),
    queues: { ...defaultMachine.queues, ...given.queues },
  };
  if (!(Number.isInteger(machine.slots) && machine.slots >= 1)) throw invalid('`slots` is no whole number from 1');
  if (!(machine.noise >= 0 && machine.noise <= 1)) throw invalid('`noise` is no number from 0 to 1');
  if (!(machine.beamFactor >= 0)) throw invalid('`beamFactor` is no number from 0');
  if (!Array.isArray(machine.models) || machine.models.length === 0) throw invalid('`models` names none');
  for (const model of machine.models as readonly Partial<SimulatedModel>[]) checkModel(model);
  return machine;
}

/** JSON has neither undefined nor Infinity: null stands for both. */
function planFrom(given: Partial<Record<keyof LivePlan, unknown>> | undefined): LivePlan {
  const { chunkSeconds, partialEverySeconds, ...rest } = { ...defaultMachine.plan, ...given } as Record<
    keyof LivePlan,
    unknown
  >;
  const plan = {
    ...(rest as Pick<LivePlan, 'encoderContext' | 'beamSize'>),
    chunkSeconds: chunkSeconds === null ? Number.POSITIVE_INFINITY : Number(chunkSeconds),
    partialEverySeconds:
      partialEverySeconds === null || partialEverySeconds === undefined ? undefined : Number(partialEverySeconds),
  };
  if (!(plan.chunkSeconds >= 1)) throw invalid('`plan.chunkSeconds` is no number from 1');
  if (plan.partialEverySeconds !== undefined && !(plan.partialEverySeconds >= 0.2)) {
    throw invalid('`plan.partialEverySeconds` is no number from 0.2');
  }
  return plan;
}

function checkModel(model: Partial<SimulatedModel>): void {
  const { name = '?', baseSeconds, perSecondSeconds, perFrameSeconds, switchSeconds } = model;
  const all = [baseSeconds, perSecondSeconds, perFrameSeconds, switchSeconds];
  const isSound = all.every((seconds) => seconds !== undefined && seconds >= 0 && seconds < Number.POSITIVE_INFINITY);
  if (!isSound || Number(baseSeconds) + Number(perSecondSeconds) + Number(perFrameSeconds) <= 0) {
    throw invalid(`the costs of its model '${name}' are no numbers from 0`);
  }
}

function invalid(why: string): EngineError {
  return new EngineError('OPTION_INVALID', `The description of the machine cannot be used: ${why}.`);
}
