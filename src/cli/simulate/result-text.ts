import type { Replay } from '../../degrade/replay.js';
import type { SimulationResult } from '../../degrade/simulator/simulation-result.js';
import { type TableStream, tableText } from '../models/table.js';
import { clockTime } from './timeline-chart.js';

/** What matters most of a simulation, as names and values. */
export function summaryRows({ transitions, rungs, lastRung, latency, fates, ledger, decodes }: SimulationResult) {
  const { all, critical } = fates;
  return [
    ['Transitions', `${transitions}; at the end: ${rungs[lastRung]?.name ?? ''}`],
    ['Latency of finals', latencyText(latency.all)],
    ['of critical sources', latencyText(latency.critical)],
    ['Dropped', `${percent(all.droppedShare)}, ${all.droppedSeconds.toFixed(0)} s of speech`],
    ['of critical sources', percent(critical.droppedShare)],
    [
      'To disk',
      `${all.spooledSeconds.toFixed(0)} s of speech, of which ${all.lateSeconds.toFixed(0)} s were decoded later`,
    ],
    ['Waiting at the end', `${ledger.queuedSeconds.toFixed(0)} s of audio`],
    ['Decodes', `${decodes.final} finals, ${decodes.partial} partial texts`],
    ['Books', ledger.imbalanceSamples === 0 ? 'balance' : `${ledger.imbalanceSamples} samples are missing`],
  ] as const;
}

/** A simulation as tables: the summary, the time on each rung, and every decision with its reason. */
export function resultText(result: SimulationResult, replay: Replay, stream: TableStream): string {
  const { policy, trace, machine, seconds, rungs, decisions, faults } = result;
  const rungRows = rungs.map(({ name, seconds: there }, rung) => [String(rung), name, clockTime(there)]);
  const decisionRows = decisions.map(({ atSeconds, from, to, reason }) => [
    clockTime(atSeconds),
    `${from} → ${to}`,
    reason,
  ]);
  const tables = [
    tableText([`${trace}, ${clockTime(seconds)}`, `${policy} on ${machine}`], summaryRows(result), stream),
    tableText(['rung', 'name', 'time'], rungRows, stream),
    ...(decisionRows.length > 0 ? [tableText(['at', 'rung', 'why'], decisionRows, stream)] : []),
    ...(replay.ticks.length > 0 ? [replayText(replay)] : []),
    ...faults.map((fault) => `${fault}\n`),
  ];
  return tables.join('\n');
}

/** Whether the policy decides what was decided in the recorded run. */
function replayText({ ticks, differences: [first, ...rest] }: Replay): string {
  if (!first) return `To what was recorded it says the same: ${ticks.length} decisions.\n`;
  const { atSeconds, recorded, replayed } = first;
  const what = `at ${clockTime(atSeconds)} rung ${replayed.rung} instead of ${recorded.rung}`;
  return `To what was recorded it says something else in ${rest.length + 1} of ${ticks.length} decisions, first ${what}: ${replayed.reason}\n`;
}

function latencyText({ count, p50, p95, max }: SimulationResult['latency']['all']): string {
  if (count === 0) return 'no finals';
  return `p50 ${p50.toFixed(1)} s, p95 ${p95.toFixed(1)} s, longest ${max.toFixed(1)} s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
