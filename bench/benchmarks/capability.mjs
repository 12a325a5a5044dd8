import { measureCalibration } from '../capability/calibration.mjs';
import { measureDefaults } from '../capability/defaults.mjs';
import { measureSearch } from '../capability/search.mjs';
import { combined } from '../result.mjs';

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: "Capability: the measured plan against every other and against whisper.cpp's defaults",
  measure: async (run) =>
    combined([await measureDefaults(run), await measureSearch(run), await measureCalibration(run)]),
};
