import { basename } from 'node:path';
import type { Plan, PlanExpectation, PlanReason } from '../../capability/plan.js';
import { inBytes } from '../../model/caches/byte-count.js';
import { section } from './layout.js';

const labels: Readonly<Record<PlanReason['setting'], string>> = {
  provider: 'Provider',
  model: 'Model',
  variant: 'Variant',
  slots: 'Slots',
  threadsPerSlot: 'Threads a slot',
  chunkSeconds: 'Chunk',
  encoderContext: 'Encoder context',
  flashAttention: 'Flash attention',
  gpu: 'GPU',
};

/** Every setting with its value and why. */
export function planText(plan: Plan): string {
  const rows = plan.reasons.map(({ setting, value, because }) => [labels[setting], valueText(setting, value), because]);
  return section('Plan', rows);
}

/** What a plan should achieve, by estimate and, where somebody measured, by that too. */
export function expectationText(estimate: PlanExpectation, measured?: PlanExpectation): string {
  const both = (words: (expected: PlanExpectation) => string) => [
    words(estimate),
    ...(measured ? [words(measured)] : []),
  ];
  return section('Expected', [
    ...(measured ? [['', 'estimate', 'measured', '']] : []),
    ['Real-time sources', ...both(({ realTimeSources }) => String(realTimeSources)), 'with speech all the time'],
    ['Real-time factor', ...both(({ rtf }) => rtf.toPrecision(2)), 'seconds of decoding for a second of audio'],
    ['Memory', ...both(({ memoryBytes }) => inBytes(Math.round(memoryBytes))), 'with every slot warm'],
  ]);
}

function valueText(setting: PlanReason['setting'], value: PlanReason['value']): string {
  if (setting === 'chunkSeconds') return `${value} s`;
  // The whole path of a file would leave no room for the reasons.
  if (setting === 'model') return basename(String(value));
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}
