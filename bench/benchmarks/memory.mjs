import { measureGrowth } from '../memory/growth.mjs';
import { measureSharing } from '../memory/sharing.mjs';
import { measureState } from '../memory/state.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Memory: one set of weights for all slots, and no growth',
  measure: async (run) => combined([await measureSharing(run), await measureGrowth(run), await measureState(run)]),
};
