import { combined } from '../result.mjs';
import { measureCommandLine } from '../throughput/command-line.mjs';
import { measureFasterWhisper } from '../throughput/faster-whisper.mjs';
import { measureSlots } from '../throughput/slots.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Throughput: a second slot, faster-whisper, and a process per request',
  measure: async (run) =>
    combined([await measureSlots(run), await measureFasterWhisper(run), await measureCommandLine(run)]),
};
