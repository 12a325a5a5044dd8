import { measureKilledProcess } from '../failover/killed-process.mjs';
import { measureSecondProvider } from '../failover/second-provider.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Failover: what it costs when what decodes dies',
  measure: async (run) => combined([await measureKilledProcess(run), await measureSecondProvider(run)]),
};
