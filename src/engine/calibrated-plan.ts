import { calibrationMemory } from '../capability/calibration/calibration-memory.js';
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
 * @throws EngineError `ABORTED` by the signal
 */
export async function calibratedPlan(options: CalibratedPlanOptions): Promise<Calibration> {
  const { plan, machine, models, whisperVersion, nowSeconds, again = false } = options;
  const candidates = calibrationCandidates(plan, options);
  const key = fingerprint(
    machineKey(machine),
    await binaryKey(addonPath),
    whisperVersion,
    models.map(modelKey),
    candidates,
  );
  const known = again ? undefined : await calibrationMemory.recall(key, nowSeconds);
  if (known) return { plan: correctPlan(plan, known), measurements: known, source: 'remembered' };
  const measurements = await calibrate({ ...options, candidates });
  // What was stopped by the budget before it said anything is worth another try.
  if (measurements[0]?.kind === 'measured') await calibrationMemory.keep(key, measurements, nowSeconds);
  return { plan: correctPlan(plan, measurements), measurements, source: 'measured' };
}

/** A published file is the same in every container that it is copied into; of any other only this one is known. */
function modelKey({ checked, name, variant, sizeBytes, fileKey }: ResolvedModel): string {
  return checked === 'sha256' ? `${name} ${variant} ${sizeBytes}` : fileKey;
}
