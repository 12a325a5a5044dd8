import { coreSpeed, gpuSpeeds, type Speed, slowed } from './decode-cost.js';
import { type Fact, knownValue, type Machine, usableCores } from './machine.js';
import type { MemoryLimit } from './memory-allowance.js';
import { assumedMemoryBytes, efficiencyCoreShare, gpuBackends, leastGpuMemoryBytes, type Place } from './plan-rules.js';

/** What a machine has for decoding at one place. What could not be read is filled in so that the plan is safe. */
export interface Capacity {
  readonly place: Place;
  /** The hard limit: cores that this process may use. */
  readonly usableCores: number;
  /** The CPU quota, where it leaves fewer cores than there are. */
  readonly quotaCores: number | undefined;
  /** Those that decode: without a part of the slow ones. */
  readonly cores: number;
  /** Those that have arithmetic units of their own. */
  readonly physicalCores: number;
  /** Installed, or the limit of the container. */
  readonly memoryBytes: number;
  /** 0 without a GPU that has memory of its own. */
  readonly gpuMemoryBytes: number;
  readonly limits: readonly MemoryLimit[];
  /** Of one thread, or of the GPU. */
  readonly speed: Speed;
}

export interface CapacityWishes {
  readonly gpu?: boolean | undefined;
  readonly memoryShare: number;
}

/**
 * Where a machine can decode, best first; the last is where it must. A GPU counts when the addon was built for it.
 * @param backends - of the addon, by their names. While nobody has asked it, Metal is believed, which every build on
 * macOS has, and nothing else; a user who says `gpu: true` is always believed.
 */
export function capacitiesOf(
  machine: Machine,
  { gpu, memoryShare }: CapacityWishes,
  backends: readonly string[] | undefined,
): readonly Capacity[] {
  const cores = coresOf(machine);
  const memory = memoryOf(machine);
  const host = limitOf('memory', memory.availableBytes, memoryShare);
  const shared = { ...cores, memoryBytes: memory.installedBytes };
  const cpu: Capacity = {
    ...shared,
    place: 'cpu',
    gpuMemoryBytes: 0,
    limits: [host],
    speed: speedOf(machine, cores.usableCores),
  };
  if (gpu === false) return [cpu];
  const found: Capacity[] = [];
  const isBuilt = (backend: RegExp) => gpu === true || backends?.some((name) => backend.test(name)) === true;
  if (knownValue(machine.metal) === true && (backends === undefined || isBuilt(/metal|mtl/i))) {
    found.push({
      ...shared,
      place: 'metal',
      gpuMemoryBytes: 0,
      limits: [host],
      speed: gpuSpeeds[isApple(machine) ? 'apple' : 'metal'],
    });
  }
  const gpuMemoryBytes = largestGpuBytes(machine, isBuilt);
  if (gpuMemoryBytes >= leastGpuMemoryBytes) {
    const own = limitOf('GPU memory', gpuMemoryBytes, memoryShare);
    found.push({ ...shared, place: 'gpu', gpuMemoryBytes, limits: [host, own], speed: gpuSpeeds.gpu });
  }
  return gpu === true && found.length > 0 ? found : [...found, cpu];
}

function coresOf(machine: Machine): Pick<Capacity, 'usableCores' | 'quotaCores' | 'cores' | 'physicalCores'> {
  const usable = count(usableCores(machine)) ?? 1;
  const logical = countOf(machine.logicalCores) ?? usable;
  const slow = countOf(machine.efficiencyCores) ?? 0;
  // Where all are slow, they are the only kind there is.
  const leftOut = slow < logical ? Math.ceil(slow * (1 - efficiencyCoreShare)) : 0;
  const cores = Math.max(1, Math.min(usable, logical - leftOut));
  const physicalCores = Math.min(cores, countOf(machine.physicalCores) ?? cores);
  return { usableCores: usable, quotaCores: tightQuota(machine), cores, physicalCores };
}

function tightQuota({ affinityCores, logicalCores, cpuQuotaCores }: Machine): number | undefined {
  const quota = knownValue(cpuQuotaCores);
  const all = knownValue(affinityCores) ?? knownValue(logicalCores) ?? 1;
  return quota !== undefined && quota > 0 && quota < all ? quota : undefined;
}

function memoryOf(machine: Machine): { readonly installedBytes: number; readonly availableBytes: number } {
  const sizes = [machine.totalMemoryBytes, machine.memoryLimitBytes].map((fact) => bytesOf(fact) ?? 0);
  const most = Math.min(...sizes.filter((bytes) => bytes > 0));
  const available = bytesOf(machine.availableMemoryBytes);
  const installedBytes = most === Number.POSITIVE_INFINITY ? (available ?? assumedMemoryBytes) : most;
  return { installedBytes, availableBytes: Math.min(available ?? installedBytes / 2, installedBytes) };
}

function limitOf(of: MemoryLimit['of'], availableBytes: number, share: number): MemoryLimit {
  return { of, availableBytes, allowanceBytes: share * availableBytes };
}

/** One thread's speed; less where a quota gives less than a whole core. */
function speedOf(machine: Machine, cores: number): Speed {
  const features = knownValue(machine.cpuFeatures);
  const speed = coreSpeed(isApple(machine) ? ['APPLE', ...(features ?? [])] : features);
  const quota = knownValue(machine.cpuQuotaCores) ?? cores;
  return quota > 0 && quota < cores ? slowed(speed, cores / quota) : speed;
}

function isApple(machine: Machine): boolean {
  return knownValue(machine.appleChip) !== undefined;
}

function largestGpuBytes(machine: Machine, isBuilt: (backend: RegExp) => boolean): number {
  const sizes = (knownValue(machine.gpus) ?? []).map(({ vendor, memoryBytes = 0 }) => {
    const backend = vendor in gpuBackends ? gpuBackends[vendor as keyof typeof gpuBackends] : undefined;
    return backend && isBuilt(backend) && Number.isFinite(memoryBytes) ? memoryBytes : 0;
  });
  return Math.max(0, ...sizes);
}

/** A whole number from 1 that a fact can be believed to mean. */
function countOf(fact: Fact<number>): number | undefined {
  return count(knownValue(fact));
}

function count(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 1 ? Math.floor(value) : undefined;
}

function bytesOf(fact: Fact<number>): number | undefined {
  const value = knownValue(fact);
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}
