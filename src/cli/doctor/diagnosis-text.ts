import type { ProviderReport } from '../../capability/provider/provider-report.js';
import { inBytes } from '../../model/caches/byte-count.js';
import type { Diagnosis, ModelHere } from './diagnosis.js';
import { page, section } from './layout.js';
import { limitsText, machineText } from './machine-text.js';
import { candidatesText } from './measured-plan.js';
import { expectationText, planText } from './plan-text.js';

/** What `doctor` prints for people: at most 100 columns wide. */
export function diagnosisText({ machine, limits, providers, models, measured, advice, ...outcome }: Diagnosis): string {
  const { plan, planRefusal, wish } = outcome;
  const asked = wish ? ` with ${wish.variable}=${wish.model}` : '';
  // Where the plan itself could not be measured, what is expected of it is still the estimate.
  const isMeasured = measured?.candidates[0]?.throughput !== undefined;
  return page([
    machineText(machine),
    limitsText(machine, limits.usableCores, limits.memory),
    section('Providers', providers.map(providerRow)),
    models.length > 0 ? section('Models', models.map(modelRow)) : section('Models', [['none']]),
    planRefusal ? section('Plan', [[`None${asked}: ${planRefusal.reason}`]]) : '',
    plan ? planText(measured?.plan ?? plan) : '',
    measured ? candidatesText(measured) : '',
    plan ? expectationText(plan.expected, isMeasured ? measured.plan.expected : undefined) : '',
    section(
      'What would make it better',
      advice.map((sentence) => ['-', sentence]),
    ),
  ]);
}

function providerRow(report: ProviderReport): readonly string[] {
  if (report.kind === 'unavailable') return [report.provider, 'not available', report.reason];
  const { system, loadSeconds, decodeSeconds } = report;
  const backends = system.backends.map(({ name }) => name).join(', ');
  const times = `loads a model in ${loadSeconds.toFixed(2)} s, decodes half a second in ${decodeSeconds.toFixed(2)} s`;
  return [report.provider, 'available', `whisper.cpp ${system.whisperVersion} for ${backends}; ${times}`];
}

function modelRow({ name = '-', variant = '-', sizeBytes, code, path }: ModelHere): readonly string[] {
  return [name, variant, inBytes(sizeBytes), code ?? 'good', path];
}
