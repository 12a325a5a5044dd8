import { measurePrebuilt } from '../overhead/prebuilt.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Prebuilt: kernels for every CPU against those compiled for this one',
  measure: measurePrebuilt,
};
