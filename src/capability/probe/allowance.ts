import { type Fact, known, knownValue, unknown } from '../machine.js';
import { type ControlGroup, controlGroup } from './control-group.js';
import { cpuPaths, cpuQuota, memoryLimit, memoryPaths, memoryRoom, type ReadText } from './group-limits.js';
import { meminfoBytes } from './meminfo.js';
import { type Attempt, firstKnown, type Reading } from './reading.js';

export const totalMemoryBytes: readonly Attempt<number>[] = [
  (reading) => inMeminfo(reading, 'MemTotal'),
  ({ os }) => bytes(os.totalmem(), 'os.totalmem'),
];

export const swapTotalBytes: readonly Attempt<number>[] = [
  (reading) => inMeminfo(reading, 'SwapTotal'),
  async (reading) => known((await reading.ask('mem')).swaptotal, 'systeminformation.mem'),
];

/** What Node calls free comes last: it leaves out what macOS would give back when it is needed. */
const machineHasLeft: readonly Attempt<number>[] = [
  (reading) => inMeminfo(reading, 'MemAvailable'),
  async (reading) => bytes((await reading.ask('mem')).available, 'systeminformation.mem'),
  ({ os }) => bytes(os.freemem(), 'os.freemem'),
];

export async function availableMemoryBytes(reading: Reading): Promise<Fact<number>> {
  const [left, room] = await Promise.all([
    firstKnown(reading, machineHasLeft),
    firstKnown(reading, [(it) => underLimits(it, 'memory', memoryPaths, memoryRoom)]),
  ]);
  return room.kind === 'known' && room.value < (knownValue(left) ?? Number.POSITIVE_INFINITY) ? room : left;
}

export function memoryLimitBytes(reading: Reading): Promise<Fact<number>> {
  return underLimits(reading, 'memory', memoryPaths, memoryLimit);
}

export function cpuQuotaCores(reading: Reading): Promise<Fact<number>> {
  return underLimits(reading, 'cpu', cpuPaths, cpuQuota);
}

async function underLimits(
  reading: Reading,
  resource: 'cpu' | 'memory',
  paths: (group: ControlGroup) => readonly string[],
  limit: (group: ControlGroup, read: ReadText) => Fact<number>,
): Promise<Fact<number>> {
  if (reading.platform !== 'linux') {
    return known(Number.POSITIVE_INFINITY, `${reading.platform} has no control groups`);
  }
  const [membership, mounts] = ['/proc/self/cgroup', '/proc/self/mountinfo'];
  const group = controlGroup(resource, await reading.text(membership), await reading.text(mounts));
  return group
    ? limit(group, await reading.texts(paths(group)))
    : unknown(`${mounts}: no control group for ${resource} is mounted`);
}

async function inMeminfo(reading: Reading, name: Parameters<typeof meminfoBytes>[1]): Promise<Fact<number>> {
  const path = '/proc/meminfo';
  const value = meminfoBytes(await reading.text(path), name);
  return value === undefined ? unknown(`${path}: has no ${name}`) : known(value, path);
}

function bytes(value: number, source: string): Fact<number> {
  return value > 0 ? known(value, source) : unknown(`${source}: says ${value}`);
}
