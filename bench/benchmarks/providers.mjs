import { measureFasterWhisperAdapter } from '../providers/faster-whisper.mjs';
import { measureIsolation } from '../providers/isolation.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Providers: what it costs to decode somewhere else',
  measure: async (run) => combined([await measureIsolation(run), await measureFasterWhisperAdapter(run)]),
};
