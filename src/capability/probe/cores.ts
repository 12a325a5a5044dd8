import { type Fact, known, unknown } from '../machine.js';
import { cpuTable } from './cpu-table.js';
import { numbersIn } from './number-list.js';
import { type Attempt, firstKnown, type Reading } from './reading.js';
import { sysctl } from './sysctl.js';

const cpuFolder = '/sys/devices/system/cpu';
const onlinePath = `${cpuFolder}/online`;
const cpuinfoPath = '/proc/cpuinfo';

export const cpuModel: readonly Attempt<string>[] = [
  async (reading) => name((await tableOf(reading))[0]?.get('model name'), cpuinfoPath),
  ({ os }) => name(os.cpus()[0]?.model, 'os.cpus'),
  async (reading) => name((await reading.ask('cpu')).brand, 'systeminformation.cpu'),
];

export const logicalCores: readonly Attempt<number>[] = [
  async (reading) => count((await onlineCpus(reading)).length, onlinePath),
  async (reading) => count((await tableOf(reading)).length, cpuinfoPath),
  ({ os }) => count(os.cpus().length, 'os.cpus'),
];

export const physicalCores: readonly Attempt<number>[] = [
  coresInTable,
  coresInTopology,
  async (reading) => count((await sysctl(reading)).get('hw.physicalcpu'), 'sysctl hw.physicalcpu'),
  async (reading) => count((await reading.ask('cpu')).physicalCores, 'systeminformation.cpu'),
];

export const affinityCores: readonly Attempt<number>[] = [
  coresInMask,
  ({ os }) => count(os.availableParallelism(), 'os.availableParallelism'),
];

export async function numaNodes(reading: Reading): Promise<Fact<number>> {
  switch (reading.platform) {
    case 'linux': {
      if (!(await reading.list('/sys/devices/system')).includes('node')) {
        return known(1, 'no node in /sys/devices/system');
      }
      const path = '/sys/devices/system/node/has_cpu';
      return count(numbersIn(await reading.text(path)).length, path);
    }
    case 'darwin':
      return known(1, 'every Apple machine has one');
    default:
      return unknown(`${reading.platform} does not tell them`);
  }
}

export async function performanceCores(reading: Reading): Promise<Fact<number>> {
  const [all, slow] = await Promise.all([firstKnown(reading, physicalCores), efficiencyCores(reading)]);
  if (all.kind === 'unknown') return all;
  if (slow.kind === 'unknown') return slow;
  const fast = all.value - slow.value;
  return fast > 0 ? known(fast, slow.source) : unknown(`${slow.source}: has more cores than ${all.source}`);
}

/** The slow kind, where there are two. */
export async function efficiencyCores(reading: Reading): Promise<Fact<number>> {
  switch (reading.platform) {
    case 'linux': {
      if ((await reading.list('/sys/devices')).includes('cpu_atom')) {
        const path = '/sys/devices/cpu_atom/cpus';
        return known(numbersIn(await reading.text(path)).length, path);
      }
      const parts = new Set((await tableOf(reading)).map((cpu) => cpu.get('CPU part')));
      return parts.size === 1 ? known(0, `one kind in ${cpuinfoPath}`) : weakCores(reading);
    }
    case 'darwin': {
      const key = 'hw.perflevel1.physicalcpu'; // 0 is the fast kind; an Intel Mac knows no levels
      return known(Number((await sysctl(reading)).get(key) ?? 0), `sysctl ${key}`);
    }
    default:
      return known((await reading.ask('cpu')).efficiencyCores ?? 0, 'systeminformation.cpu');
  }
}

/** A core that does less than this part of the fastest one's work is of the slow kind; fast ones differ by a tenth or two. */
const slowPart = 0.6;

/** ARM tells how much work each core does, the fastest 1024. */
async function weakCores(reading: Reading): Promise<Fact<number>> {
  const paths = (await onlineCpus(reading)).map((cpu) => `${cpuFolder}/cpu${cpu}/cpu_capacity`);
  const capacities = await Promise.all(paths.map(async (path) => Number(await reading.text(path))));
  const slow = capacities.filter((capacity) => capacity < slowPart * Math.max(...capacities));
  return known(slow.length, `${cpuFolder}/cpu*/cpu_capacity`);
}

async function onlineCpus(reading: Reading): Promise<readonly number[]> {
  return numbersIn(await reading.text(onlinePath));
}

async function tableOf(reading: Reading): Promise<ReturnType<typeof cpuTable>> {
  return cpuTable(await reading.text(cpuinfoPath));
}

/** x86 only: on ARM the table does not say which core a CPU belongs to. */
async function coresInTable(reading: Reading): Promise<Fact<number>> {
  const cores = (await tableOf(reading)).map((cpu) => [cpu.get('physical id'), cpu.get('core id')]);
  if (cores.some(([, core]) => core === undefined)) return unknown(`${cpuinfoPath}: does not tell the cores`);
  return count(new Set(cores.map(String)).size, cpuinfoPath);
}

/** CPUs that share a core name each other. */
async function coresInTopology(reading: Reading): Promise<Fact<number>> {
  const cpus = await onlineCpus(reading);
  const siblings = cpus.map((cpu) => reading.text(`${cpuFolder}/cpu${cpu}/topology/thread_siblings_list`));
  return count(new Set(await Promise.all(siblings)).size, `${cpuFolder}/cpu*/topology`);
}

/** The mask can name CPUs that are not there, but could be plugged in. */
async function coresInMask(reading: Reading): Promise<Fact<number>> {
  const path = '/proc/self/status';
  const [, mask = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(await reading.text(path)) ?? [];
  const online = new Set(await onlineCpus(reading));
  return count(numbersIn(mask).filter((cpu) => online.has(cpu)).length, path);
}

function count(value: number | string | undefined, source: string): Fact<number> {
  const cores = Number(value);
  return Number.isInteger(cores) && cores > 0 ? known(cores, source) : unknown(`${source}: says ${String(value)}`);
}

function name(value: string | undefined, source: string): Fact<string> {
  const text = value?.replace(/\s+/g, ' ').trim() ?? '';
  return text === '' || text === 'unknown' ? unknown(`${source}: names no processor`) : known(text, source);
}
