import { measureNetwork } from '../network/network.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Network: live clients on bad networks, and with servers that die',
  measure: measureNetwork,
};
