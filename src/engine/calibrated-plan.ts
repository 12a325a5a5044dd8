import { calibrationMemory } from '../capability/calibration/calibration-memory.js';
import { waitForTurn } from '../capability/calibration/calibration-turn.js';
import { type CandidateQuestion, calibrationCandidates } from '../capability/calibration/candidates.js';
import { correctPlan } from '../capability/calibration/correction.js';
import type { Measurement } from '../capability/calibration/measurement.js';
import { binaryKey, fingerprint, machineKey } from '../capability/fingerprint.js';
import type { Machine } from '../capability/machine.js';
import type { Plan } from '../capability/plan.js';
import type { ResolvedModel } from '../model/resolve.js';
import { addonPath } from '../provider/addon.js';
import { type CalibrateOptions, calibrate } from './calibrator.js';

export interface CalibratedPlanOptions extends Omit<CalibrateOptions, 'candidates' | 'models'>, CandidateQuestion {
  readonly plan: Plan;
  readonly machine: Machine;
  /** The plan's model, in every variant that is on this machine. */
  readonly models: readonly ResolvedModel[];
  readonly whisperVersion: string;
  /** The time of day, since 1970. */
  readonly nowSeconds: number;
  /** Measures again what is remembered. @defaultValue false */
  readonly again?: boolean | undefined;
}

export interface Calibration {
  /** Corrected by the measurements. */
  readonly plan: Plan;
  readonly measurements: readonly Measurement[];
  readonly source: 'remembered' | 'measured';
}

/**
 * The plan as measurements correct it: those of the last 30 days on this machine with this binary and model, or new ones.
 * Of processes that start together one measures, and the others use what it found. Who would have to wait for too long
 * does without, unless `again` asks for a measurement whatever it is worth.
 * @throws EngineError `ABORTED` by the signal
 */
export async function calibratedPlan(options: CalibratedPlanOptions): Promise<Calibration> {
  const { plan, machine, models, whisperVersion, nowSeconds, clock, signal, again = false } = options;
  const candidates = calibrationCandidates(plan, options);
  const key = fingerprint(
    machineKey(machine),
    await binaryKey(addonPath),
    whisperVersion,
    models.map(modelKey),
    candidates,
  );
  const recall = async () => (again ? undefined : await calibrationMemory.recall(key, nowSeconds));
  const measure = async (budgetSeconds: number | undefined): Promise<Calibration> => {
    const measurements = await calibrate({ ...options, candidates, budgetSeconds });
    // What was stopped by the budget before it said anything is worth another try.
    if (measurements[0]?.kind === 'measured') await calibrationMemory.keep(key, measurements, nowSeconds);
    return { plan: correctPlan(plan, measurements), measurements, source: 'measured' };
  };
  const remembered = (measurements: readonly Measurement[]): Calibration => {
    return { plan: correctPlan(plan, measurements), measurements, source: 'remembered' };
  };

  if (options.budgetSeconds === 0) {
    const known = await recall();
    return known ? remembered(known) : await measure(0);
  }
  const turn = await waitForTurn({ find: recall, clock, signal });
  switch (turn.kind) {
    case 'found':
      return remembered(turn.found);
    case 'late':
      return await measure(again ? options.budgetSeconds : 0);
    case 'own':
      try {
        return await measure(options.budgetSeconds);
      } finally {
        await turn.end();
      }
    default:
      return turn satisfies never;
  }
}

/**
 * What decides the speed of a model; of a file that the user names, only this one is known. Whether its bytes were
 * checked is not part of it: at the very first start nobody knows yet.
 */
function modelKey({ name, variant, sizeBytes, fileKey, source }: ResolvedModel): string {
  return source === 'file' ? fileKey : `${name} ${variant} ${sizeBytes}`;
}
