import { rate } from '../../dist/capability/calibration/measurement.js';
import { MODELS } from '../models.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { inShort, measuredPlan } from './measured-plan.mjs';

/** Five, and what it takes to end the threads. */
const MOST_SECONDS = 5.5;

/**
 * What calibrating costs and how far its trials spread, over several calibrations.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureCalibration({ quick, progress }) {
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const seconds = [];
    const spreads = [];
    for (let round = 0; round < (quick ? 1 : 5); round += 1) {
      const calibration = await measuredPlan(model);
      progress(`calibrating ${model}: ${inShort(calibration.measured)} after ${calibration.seconds.toFixed(1)} s`);
      seconds.push(calibration.seconds);
      const ratings = rate(calibration.measurements, calibration.planned.chunkSeconds);
      spreads.push(...ratings.map(({ spread }) => 100 * spread));
      for (const { candidate, throughput, rtf, spread, rounds } of ratings) {
        const name = `${inShort(candidate)}, ${candidate.encoderContext}`;
        rows.push([model, round + 1, name, throughput, rtf, `${Math.round(100 * spread)} %`, rounds]);
      }
    }
    const taken = spreadOf(seconds);
    figures.push(figure(`calibrating, the longest, ${model}`, 's', taken.maximum, atMost(MOST_SECONDS), taken));
    if (spreads.length === 0) continue;
    const spread = spreadOf(spreads);
    figures.push(figure(`spread of a candidate's trials, ${model}`, '%', spread.median, undefined, spread));
  }
  const columns = [
    'model',
    'calibration',
    'slots × threads, encoder context',
    'audio s a second',
    'RTF',
    'spread',
    'rounds',
  ];
  return {
    figures,
    tables: [{ title: 'What calibrating measured', columns, rows }],
    notes: [
      'Calibration: a budget of 5 s for loading and trials; spread is the slowest trial over the fastest of one length, those that warm up left out. The fastest counts.',
    ],
  };
}
