import type { Machine } from '../../capability/machine.js';
import { PressureWatch } from '../../capability/pressure.js';
import { probeMachine } from '../../capability/probe/probe-machine.js';
import { probeProvider } from '../../capability/provider/provider-probe.js';
import type { ProviderReport } from '../../capability/provider/provider-report.js';
import { rememberedProbe } from '../../capability/provider/remembered-probe.js';
import type { Clock } from '../../clock.js';
import { calibratePlan } from '../../engine/planning.js';
import { languageCode } from '../../model/language.js';
import type { ResolvedModel } from '../../model/resolve.js';
import { ModelStore } from '../../model/store/store.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { type Diagnosis, diagnosisOf, type Findings } from './diagnosis.js';
import { diagnosisText } from './diagnosis-text.js';
import { jsonText } from './json-text.js';
import { measuredPlanOf } from './measured-plan.js';

export interface DoctorFlags {
  readonly json?: boolean;
  readonly measure?: boolean;
  readonly language: string;
}

/** `whisperpool doctor` */
export async function examine(terminal: Terminal, flags: DoctorFlags): Promise<ExitCode> {
  const language = languageCode(flags.language);
  const findings = await look(terminal, language);
  const diagnosis = diagnosisOf(findings);
  const whole = flags.measure === true ? await measured(diagnosis, findings, terminal) : diagnosis;
  terminal.print(flags.json === true ? jsonText(whole) : diagnosisText(whole));
  return whole.works ? exitCodes.ok : exitCodes.installation;
}

async function look({ clock, signal }: Terminal, language: string): Promise<Findings> {
  const sampling = sampleByHand(clock);
  using watch = new PressureWatch({ clock: sampling.clock });
  const [machine, listed] = await Promise.all([probeMachine(), new ModelStore().list({ signal })]);
  const provider = await reportOn(machine, goodModels(listed), clock);
  sampling.sample();
  return { machine, pressure: watch.latest, provider, listed, language };
}

/** With the smallest model; without any, only whether the binary can be loaded is found out. */
async function reportOn(machine: Machine, models: readonly ResolvedModel[], clock: Clock): Promise<ProviderReport> {
  const [model] = models.toSorted((one, other) => one.sizeBytes - other.sizeBytes);
  if (model) return rememberedProbe({ machine, model, clock, nowSeconds: Date.now() / 1000 });
  const report = await probeProvider({ model: { path: '', fileKey: '' }, clock });
  const isLoadable = report.kind === 'unavailable' && report.step === 'model';
  return isLoadable ? { ...report, reason: 'Its binary loads, but there is no model here to decode with.' } : report;
}

async function measured(diagnosis: Diagnosis, { listed }: Findings, { signal }: Terminal): Promise<Diagnosis> {
  const { machine, plan, providers } = diagnosis;
  if (!plan || providers.every(({ kind }) => kind === 'unavailable')) return diagnosis;
  const calibration = await calibratePlan({ machine, plan, here: goodModels(listed) }, { again: true, signal });
  return { ...diagnosis, measured: measuredPlanOf(calibration.plan, calibration.measurements) };
}

function goodModels(listed: Findings['listed']): readonly ResolvedModel[] {
  return listed.flatMap((file) => (file.state === 'good' ? [file.model] : []));
}

/** A clock whose next wake-up is `sample`: what lies between two samples is then the time that looking took, and nobody waits. */
function sampleByHand(clock: Clock): { readonly clock: Clock; sample(): void } {
  let wakeUp: () => void = () => undefined;
  const after = (_: number, wake: () => void) => {
    wakeUp = wake;
    return () => undefined;
  };
  return { clock: { nowSeconds: () => clock.nowSeconds(), after }, sample: () => wakeUp() };
}
