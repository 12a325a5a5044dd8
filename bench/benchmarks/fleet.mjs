import { measureKilledWorkers } from '../fleet/killed-workers.mjs';
import { measureTwoProcesses } from '../fleet/two-processes.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Fleet: jobs while workers are killed, and what a second worker process brings',
  measure: async (run) => combined([await measureKilledWorkers(run), await measureTwoProcesses(run)]),
};
