import { type Fact, known, type Machine, unknown } from '../../capability/machine.js';
import { EngineError } from '../../errors.js';

/** How `whisperpool plan` is told of a machine, as typed. */
export interface MachineFlags {
  readonly cores: string;
  readonly memory: string;
  readonly quota?: string;
  readonly gpuMemory?: string;
  readonly metal?: boolean;
}

interface DescribedMachine {
  readonly machine: Machine;
  /** As if the addon had been built for what the machine has. */
  readonly backends: readonly string[];
}

/** Of an otherwise idle machine or container; the rest is the system's. */
const availableShare = 0.85;
const source = 'the command line';
const unasked = unknown('the command line does not say');

/**
 * The machine that the flags describe. What they do not say is unknown, so the plan is a safe one.
 * @throws EngineError `OPTION_INVALID`
 */
export function describedMachine({ cores, memory, quota, gpuMemory, metal = false }: MachineFlags): DescribedMachine {
  const count = known(wholeNumber('--cores', cores, 4096), source);
  const gpuMemoryBytes = gpuMemory === undefined ? undefined : byteSize('--gpu-memory', gpuMemory);
  const memoryBytes = byteSize('--memory', memory);
  const gpu = { vendor: 'nvidia', model: 'a GPU with CUDA', memoryBytes: gpuMemoryBytes } as const;
  return {
    backends: ['CPU', ...(metal ? ['Metal'] : []), ...(gpuMemoryBytes === undefined ? [] : ['CUDA'])],
    machine: {
      platform: metal ? 'darwin' : 'linux',
      architecture: metal ? 'arm64' : 'x64',
      os: unasked,
      kernel: unasked,
      libc: unasked,
      container: unasked,
      cpuModel: unasked,
      logicalCores: count,
      physicalCores: count,
      performanceCores: unasked,
      efficiencyCores: unasked,
      affinityCores: unasked,
      cpuQuotaCores: known(quota === undefined ? Number.POSITIVE_INFINITY : quotaCores(quota), source),
      cpuFeatures: unasked,
      numaNodes: unasked,
      totalMemoryBytes: known(memoryBytes, source),
      availableMemoryBytes: known(
        Math.floor(availableShare * memoryBytes),
        `taken to be ${100 * availableShare} % of the memory`,
      ),
      memoryLimitBytes: unasked,
      swapTotalBytes: unasked,
      gpus: known(gpuMemoryBytes === undefined ? [] : [gpu], source),
      metal: known(metal, source),
      appleChip: appleChip(metal),
      battery: unasked,
    },
  };
}

function appleChip(metal: boolean): Fact<string> {
  return metal ? known('an Apple chip', source) : unknown('not an Apple machine');
}

const powers = ['', 'K', 'M', 'G', 'T'];

/** Bytes of a size such as `512MB` or `8GiB`. */
function byteSize(flag: string, text: string): number {
  const [, digits = '', prefix = '', binary] =
    /^(\d+(?:\.\d+)?) *([KMGT]?)(I?)B$/u.exec(text.trim().toUpperCase()) ?? [];
  const bytes = Math.floor(Number(digits) * (binary === 'I' ? 1024 : 1000) ** powers.indexOf(prefix));
  if (bytes >= 1) return bytes;
  throw invalid(flag, text, 'a size such as 512MB, 16GB or 8GiB');
}

/** @throws EngineError `OPTION_INVALID` */
export function wholeNumber(flag: string, text: string, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw invalid(flag, text, `a whole number from 1 to ${most}`);
}

function quotaCores(text: string): number {
  const quota = Number(text);
  if (Number.isFinite(quota) && quota > 0) return quota;
  throw invalid('--quota', text, 'a number of cores above 0, such as 0.5');
}

function invalid(flag: string, text: string, what: string): EngineError {
  return new EngineError('OPTION_INVALID', `\`${flag}\` is '${text}'; it must be ${what}.`);
}
