import { known, type Machine } from '../machine.js';
import {
  availableMemoryBytes,
  cpuQuotaCores,
  memoryLimitBytes,
  swapTotalBytes,
  totalMemoryBytes,
} from './allowance.js';
import { appleChip, metal } from './apple.js';
import { battery } from './battery.js';
import { container } from './container.js';
import {
  affinityCores,
  cpuModel,
  efficiencyCores,
  logicalCores,
  numaNodes,
  performanceCores,
  physicalCores,
} from './cores.js';
import { cpuFeatures } from './cpu-features.js';
import { gpus } from './gpus.js';
import { libc, operatingSystem } from './operating-system.js';
import { type Readers, thisMachine } from './readers.js';
import { type Attempt, firstKnown, Reading } from './reading.js';

type Facts = Omit<Machine, 'platform' | 'architecture'>;
type Known<Name extends keyof Facts> = Extract<Facts[Name], { readonly kind: 'known' }>['value'];

/** How each fact is found out: the first attempt that succeeds counts. */
const attempts: { readonly [Name in keyof Facts]: readonly Attempt<Known<Name>>[] } = {
  os: [operatingSystem],
  kernel: [({ os }) => known(os.release(), 'os.release')],
  libc: [libc],
  container: [container],
  cpuModel,
  logicalCores,
  physicalCores,
  performanceCores: [performanceCores],
  efficiencyCores: [efficiencyCores],
  affinityCores,
  cpuQuotaCores: [cpuQuotaCores],
  cpuFeatures: [cpuFeatures],
  numaNodes: [numaNodes],
  totalMemoryBytes,
  availableMemoryBytes: [availableMemoryBytes],
  memoryLimitBytes: [memoryLimitBytes],
  swapTotalBytes,
  gpus: [gpus],
  metal: [metal],
  appleChip: [appleChip],
  battery: [battery],
};

/**
 * What this process has to work with, from the operating system's own files and, where they do not tell, from Node and
 * systeminformation. Never throws: what cannot be read within a second (five on Windows) is unknown, with the reason.
 */
export async function probeMachine(readers: Readers = thisMachine): Promise<Machine> {
  const reading = new Reading(readers);
  const facts = await Promise.all(
    Object.entries(attempts).map(async ([name, ways]) => [name, await firstKnown<unknown>(reading, ways)] as const),
  );
  reading.end();
  const { platform, architecture } = reading;
  return { platform, architecture, ...(Object.fromEntries(facts) as unknown as Facts) };
}
