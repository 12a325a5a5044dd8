import { type Gpu, knownValue, type Machine, usableCores } from '../../capability/machine.js';
import type { Plan } from '../../capability/plan.js';
import { gpuBackends, leastGpuMemoryBytes } from '../../capability/plan-rules.js';
import type { Pressure } from '../../capability/pressure.js';
import type { AvailableProvider, ProviderReport } from '../../capability/provider/provider-report.js';
import { inBytes } from '../../model/caches/byte-count.js';
import { buildCommand } from '../../provider/addon.js';

export interface AdviceQuestion {
  readonly machine: Machine;
  readonly provider: ProviderReport;
  /** The engine's own; undefined when no model will do. */
  readonly plan: Plan | undefined;
  /** Or whether it has to be fetched first. */
  readonly isModelHere: boolean;
  /** With every published model; undefined when none will do. */
  readonly planOverCatalog: Plan | undefined;
  readonly pressure?: Pressure | undefined;
}

/** The part of the time from which on a hindrance is worth a word. */
const noticeable = 0.05;
const rebuild = `Build it here, with ${buildCommand}.`;

/** What would make it work, or work better: sentences, the most important first. */
export function advice(question: AdviceQuestion): readonly string[] {
  return [buildAdvice, modelAdvice, gpuAdvice, coreAdvice, memoryAdvice, powerAdvice, pressureAdvice].flatMap((give) =>
    give(question),
  );
}

function modelAdvice({ plan, isModelHere, planOverCatalog: best }: AdviceQuestion): readonly string[] {
  if (plan && !isModelHere) {
    return [
      `${plan.model} as ${plan.variant} is not here: an engine fetches it before it serves. \`whisperpool models pull ${plan.model} --variant ${plan.variant}\` does it now.`,
    ];
  }
  if (!best || (plan?.model === best.model && plan.variant === best.variant)) return [];
  const name = `${best.model} as ${best.variant}`;
  const pull = `\`whisperpool models pull ${best.model} --variant ${best.variant}\` fetches it.`;
  const sources = ({ expected }: Plan) => expected.realTimeSources;
  return [
    plan
      ? `${name} is the model for this machine (about ${sources(best)} real-time sources, where ${plan.model} as ${plan.variant} serves ${sources(plan)}): ${pull}`
      : `No model that is here will do; ${name} would: ${pull}`,
  ];
}

function buildAdvice({ provider }: AdviceQuestion): readonly string[] {
  if (provider.kind === 'unavailable') {
    return provider.step === 'binary' ? [`The addon cannot be loaded. ${rebuild}`] : [];
  }
  const { cpuFeaturesCompiled, cpuFeaturesPresent } = provider.system;
  const unused = cpuFeaturesPresent.filter((feature) => !cpuFeaturesCompiled.includes(feature));
  return unused.length === 0 ? [] : [`The addon was built without ${listed(unused)}, which this CPU has. ${rebuild}`];
}

function gpuAdvice({ machine, provider }: AdviceQuestion): readonly string[] {
  if (provider.kind === 'unavailable') return [];
  const idle = (knownValue(machine.gpus) ?? []).filter((gpu) => canServe(gpu) && !isUsed(gpu, provider));
  const hasMetal = hasBackend(provider, /metal|mtl/i);
  return [
    ...(knownValue(machine.metal) === true && !hasMetal ? [`The addon was built without Metal. ${rebuild}`] : []),
    ...idle.map(({ model }) => `${model} is left alone: the addon was built without a backend for it.`),
  ];
}

function coreAdvice({ machine }: AdviceQuestion): readonly string[] {
  const [logical, affinity] = [knownValue(machine.logicalCores), knownValue(machine.affinityCores)];
  const quota = knownValue(machine.cpuQuotaCores) ?? Number.POSITIVE_INFINITY;
  const cores = affinity ?? logical;
  return [
    ...(cores === undefined
      ? [`The number of cores is unknown, so one is assumed: ${why(machine.logicalCores)}.`]
      : []),
    ...(quota < (cores ?? Number.POSITIVE_INFINITY)
      ? [
          `The container is limited to ${quota} CPU${cores === undefined ? '' : ` of ${cores}`}. A higher quota serves more sources.`,
        ]
      : []),
    ...(affinity !== undefined && logical !== undefined && affinity < logical
      ? [`This process may run on ${affinity} of ${logical} cores only (its affinity mask).`]
      : []),
  ];
}

function memoryAdvice({ machine, plan }: AdviceQuestion): readonly string[] {
  const { totalMemoryBytes, availableMemoryBytes, memoryLimitBytes } = machine;
  if (availableMemoryBytes.kind === 'unknown') {
    const assumed = totalMemoryBytes.kind === 'known' ? 'half of it is taken for available' : 'little is assumed';
    return [`The available memory is unknown, so ${assumed}: ${why(availableMemoryBytes)}.`];
  }
  const isLimit = plan?.reasons.some(({ setting, by }) => setting === 'slots' && by === 'limit') === true;
  // Slots that are as many as the cores are held back by a quota.
  if (!isLimit || plan.slots >= usableCores(machine)) return [];
  const limit = knownValue(memoryLimitBytes) ?? Number.POSITIVE_INFINITY;
  const memory = Number.isFinite(limit)
    ? `The memory limit of ${inBytes(limit)}`
    : `The ${inBytes(availableMemoryBytes.value)} of available memory`;
  return [
    `${memory} allows ${plan.slots === 1 ? 'one slot' : `${plan.slots} slots`} only. More memory serves more sources.`,
  ];
}

function powerAdvice({ machine }: AdviceQuestion): readonly string[] {
  return knownValue(machine.battery) === 'discharging' ? ['It is on battery, where processors are slower.'] : [];
}

function pressureAdvice({ pressure }: AdviceQuestion): readonly string[] {
  if (!pressure) return [];
  const part = (value: number | undefined, sentence: (percent: string) => string) =>
    value !== undefined && value >= noticeable ? [sentence(`${Math.round(100 * value)} %`)] : [];
  return [
    ...part(
      knownValue(pressure.stolenCpuTime),
      (percent) => `Other virtual machines take ${percent} of the CPU time now.`,
    ),
    ...part(
      knownValue(pressure.throttling)?.periods,
      (percent) => `The CPU quota holds this process back now, in ${percent} of its periods.`,
    ),
    ...part(
      knownValue(pressure.memoryStall),
      (percent) => `Memory is short now: ${percent} of the time is spent waiting for it.`,
    ),
    ...(knownValue(pressure.slowedDown) === true
      ? ['The processor is slowed down now, for heat or want of power.']
      : []),
  ];
}

function canServe({ memoryBytes = 0 }: Gpu): boolean {
  return memoryBytes >= leastGpuMemoryBytes;
}

function isUsed({ vendor }: Gpu, provider: AvailableProvider): boolean {
  return vendor in gpuBackends && hasBackend(provider, gpuBackends[vendor as keyof typeof gpuBackends]);
}

function hasBackend({ system }: AvailableProvider, backend: RegExp): boolean {
  return system.backends.some(({ name }) => backend.test(name));
}

function why(fact: Machine[keyof Machine]): string {
  return typeof fact === 'object' && fact.kind === 'unknown' ? fact.reason : 'it was not read';
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
