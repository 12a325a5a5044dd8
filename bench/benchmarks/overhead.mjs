import { measureAddon } from '../overhead/addon.mjs';
import { measureEngine } from '../overhead/engine.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Overhead: the engine over its addon, and the addon over the library',
  measure: async (run) => combined([await measureEngine(run), await measureAddon(run)]),
};
