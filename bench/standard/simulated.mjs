import { policies } from '../../dist/degrade/policies.js';
import { defaultMachine } from '../../dist/degrade/simulator/machine.js';
import { simulate } from '../../dist/degrade/simulator/simulate.js';
import { step } from '../../dist/degrade/simulator/synthetic-traces.js';
import { atLeast, atMost, exactly, figure } from '../result.mjs';
import { timed } from '../spread.mjs';

const LOAD = 2.5;

/**
 * The ladder under a load that a machine cannot carry, in the simulator: the same every time.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSimulated({ progress }) {
  progress(`the ladder simulated, ${LOAD} times the capacity`);
  const trace = step({ load: LOAD });
  /** @type {import('../../dist/degrade/simulator/simulation-result.js').SimulationResult[]} */
  const results = [];
  const seconds = await timed(async () => results.push(await simulate(policies.standard, trace)));
  const [result] = results;
  if (!result) throw new Error('The simulation has no result.');
  const { fates, latency, transitions, lastRung } = result;
  const critical = 100 * fates.critical.droppedShare;
  return {
    figures: [
      figure(`simulated step to ${LOAD}×: critical audio dropped`, '%', critical, exactly(0)),
      figure(`simulated step to ${LOAD}×: critical finals, p95`, 's', latency.critical.p95, atMost(4)),
      figure(`simulated step to ${LOAD}×: steps`, 'count', transitions, atMost(6)),
      figure(`simulated step to ${LOAD}×: rung at the end`, 'count', lastRung, exactly(0)),
      figure('seconds simulated in a second', '× real time', result.seconds / seconds, atLeast(60)),
    ],
    tables: [
      {
        title: 'The ladder, simulated',
        columns: ['rung', 'seconds in force'],
        rows: result.rungs.map((rung) => [rung.name, Math.round(rung.seconds)]),
      },
    ],
    notes: [
      `Simulated: \`${trace.name}\` under the policy \`standard\` on ${defaultMachine.name}, ${result.seconds} s with the engine's own scheduler, meter and books; only slots and speakers are made up.`,
    ],
  };
}
