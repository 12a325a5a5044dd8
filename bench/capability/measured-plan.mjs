import { calibrationCandidates } from '../../dist/capability/calibration/candidates.js';
import { correctPlan } from '../../dist/capability/calibration/correction.js';
import { usableCores } from '../../dist/capability/machine.js';
import { planFor } from '../../dist/capability/planner.js';
import { probeMachine } from '../../dist/capability/probe/probe-machine.js';
import { systemClock } from '../../dist/clock.js';
import { calibrate } from '../../dist/engine/calibrator.js';
import { resolveModel } from '../../dist/model/resolve.js';
import { timed } from '../spread.mjs';

/**
 * A calibration of one of the embedded models on this machine: what the tables plan, measured and corrected.
 *
 * @typedef {object} MeasuredPlan
 * @property {import('../../dist/capability/plan.js').Plan} planned
 * @property {import('../../dist/capability/plan.js').Plan} measured
 * @property {readonly import('../../dist/capability/calibration/measurement.js').Measurement[]} measurements
 * @property {number} seconds that it took, pools started and ended
 */

/**
 * Measures anew: nothing is taken from the cache folder or put there.
 *
 * @param {import('../models.mjs').ModelName} name
 * @returns {Promise<MeasuredPlan>}
 */
export async function measuredPlan(name) {
  const machine = await probeMachine();
  const model = await resolveModel(name);
  const planned = planFor(machine, { model: name, language: 'en' }, [
    { ...model, languages: model.multilingual ? 'multilingual' : 'en' },
  ]);
  const availableBytes = process.availableMemory();
  const candidates = calibrationCandidates(planned, {
    usableCores: usableCores(machine),
    limits: [{ of: 'memory', availableBytes, allowanceBytes: 0.6 * availableBytes }],
    models: [model],
  });
  /** @type {MeasuredPlan['measurements']} */
  let measurements = [];
  const seconds = await timed(async () => {
    measurements = await calibrate({ candidates, models: [model], clock: systemClock });
  });
  return { planned, measured: correctPlan(planned, measurements), measurements, seconds };
}

/**
 * An engine that does what a plan says.
 *
 * @param {Pick<import('../../dist/capability/plan.js').Plan, 'model' | 'slots' | 'threadsPerSlot' | 'flashAttention'>} plan
 * @returns {import('../../dist/index.js').EngineOptions}
 */
export function engineOptions({ model, slots, threadsPerSlot, flashAttention }) {
  return { model, slots, threadsPerSlot, flashAttention, language: 'en' };
}

/** @param {Pick<import('../../dist/capability/plan.js').Plan, 'slots' | 'threadsPerSlot' | 'flashAttention'>} plan */
export function inShort({ slots, threadsPerSlot, flashAttention }) {
  return `${slots} × ${threadsPerSlot}${flashAttention ? ', flash attention' : ''}`;
}
