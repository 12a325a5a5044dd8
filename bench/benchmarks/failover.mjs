import { measureKilledProcess } from '../failover/killed-process.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Failover: what it costs when what decodes dies',
  measure: async (run) => combined([await measureKilledProcess(run)]),
};
