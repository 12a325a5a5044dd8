import { combined } from '../result.mjs';
import { measureHttp } from '../server/http.mjs';
import { measureUploads } from '../server/uploads.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Server: what HTTP costs over the engine, and memory over many uploads',
  measure: async (run) => combined([await measureUploads(run), await measureHttp(run)]),
};
