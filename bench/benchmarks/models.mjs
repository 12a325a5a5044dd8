import { measureEnsure } from '../models/ensure.mjs';
import { measureStart } from '../models/start.mjs';
import { measureTogether } from '../models/together.mjs';
import { measureVariants } from '../models/variants.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Models: what each variant costs, and that nothing is hashed, fetched or loaded twice',
  measure: async (run) =>
    combined([
      await measureVariants(run),
      await measureEnsure(run),
      await measureTogether(run),
      await measureStart(run),
    ]),
};
