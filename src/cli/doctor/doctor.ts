import type { Machine } from '../../capability/machine.js';
import { PressureWatch } from '../../capability/pressure.js';
import { probeMachine } from '../../capability/probe/probe-machine.js';
import { probeProvider } from '../../capability/provider/provider-probe.js';
import type { ProviderReport } from '../../capability/provider/provider-report.js';
import { rememberedProbe } from '../../capability/provider/remembered-probe.js';
import type { Clock } from '../../clock.js';
import { mayMeasure } from '../../engine/options.js';
import { calibratePlan } from '../../engine/planning.js';
import { languageCode } from '../../model/language.js';
import type { ResolvedModel } from '../../model/resolve.js';
import { ModelStore } from '../../model/store/store.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { type Diagnosis, diagnosisOf, type Findings, modelsHere } from './diagnosis.js';
import { diagnosisText } from './diagnosis-text.js';
import { environmentWish, wishedFile } from './environment-wish.js';
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
  const diagnosis = await measured(diagnosisOf(findings), findings, { again: flags.measure === true, terminal });
  terminal.print(flags.json === true ? jsonText(diagnosis) : diagnosisText(diagnosis));
  return diagnosis.works ? exitCodes.ok : exitCodes.installation;
}

async function look({ clock, signal }: Terminal, language: string): Promise<Findings> {
  const sampling = sampleByHand(clock);
  using watch = new PressureWatch({ clock: sampling.clock });
  const wish = environmentWish();
  const [machine, listed, file] = await Promise.all([
    probeMachine(),
    new ModelStore().list({ signal }),
    wishedFile(wish),
  ]);
  const models = [...modelsHere({ listed }), ...(file ? modelsHere({ file, listed }) : [])];
  const provider = await reportOn(machine, models, clock);
  sampling.sample();
  return { machine, pressure: watch.latest, provider, listed, language, wish, file };
}

/** With the smallest model; without any, only whether the binary can be loaded is found out. */
async function reportOn(machine: Machine, models: readonly ResolvedModel[], clock: Clock): Promise<ProviderReport> {
  const [model] = models.toSorted((one, other) => one.sizeBytes - other.sizeBytes);
  if (model) return rememberedProbe({ machine, model, clock, nowSeconds: Date.now() / 1000 });
  const report = await probeProvider({ model: { path: '', fileKey: '' }, clock });
  const isLoadable = report.kind === 'unavailable' && report.step === 'model';
  return isLoadable ? { ...report, reason: 'Its binary loads, but there is no model here to decode with.' } : report;
}

/** With what is measured now, or with what an engine would remember. */
async function measured(
  diagnosis: Diagnosis,
  findings: Findings,
  { again, terminal }: { readonly again: boolean; readonly terminal: Terminal },
): Promise<Diagnosis> {
  const { machine, plan, works } = diagnosis;
  if (!works || !plan || !(again || mayMeasure(undefined))) return diagnosis;
  const { signal } = terminal;
  const calibration = await calibratePlan(
    { machine, plan, here: modelsHere(findings) },
    again ? { again, signal } : { budgetSeconds: 0, signal },
  );
  if (!again && calibration.source === 'measured') return diagnosis;
  return { ...diagnosis, measured: measuredPlanOf(calibration.plan, calibration.measurements) };
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
