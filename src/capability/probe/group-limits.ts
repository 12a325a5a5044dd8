import { type Fact, known } from '../machine.js';
import type { ControlGroup } from './control-group.js';

/** Gives undefined for a file that is not there, and throws for one that cannot be read. */
export type ReadText = (path: string) => string | undefined;

interface Limit {
  readonly value: number;
  readonly source: string;
}

const cpuFiles = { 1: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'], 2: ['cpu.max'] } as const;
const memoryFiles = {
  1: ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'memory.stat'],
  2: ['memory.max', 'memory.high', 'memory.current', 'memory.stat'],
} as const;

/** The files that `cpuQuota` may read. */
export function cpuPaths({ version, folders }: ControlGroup): readonly string[] {
  return folders.flatMap((folder) => cpuFiles[version].map((name) => `${folder}/${name}`));
}

/** The files that `memoryLimit` and `memoryRoom` may read. */
export function memoryPaths({ version, folders }: ControlGroup): readonly string[] {
  return folders.flatMap((folder) => memoryFiles[version].map((name) => `${folder}/${name}`));
}

/** Cores' worth of CPU time that the group and its ancestors allow: the smallest of their quotas. */
export function cpuQuota(group: ControlGroup, read: ReadText): Fact<number> {
  return smallest(group, (folder) => {
    const source = `${folder}/${cpuFiles[group.version][0]}`;
    const text = read(source)?.trim();
    const [quota, period] =
      group.version === 1 ? [text, read(`${folder}/cpu.cfs_period_us`)] : (text?.split(' ') ?? []);
    if (quota === undefined || quota === 'max' || quota === '-1') return [];
    const cores = Number(quota) / Number(period);
    if (!(cores > 0)) throw new Error(`${source}: says '${quota}'`);
    return [{ value: cores, source }];
  });
}

/** Bytes that the group and its ancestors allow: the smallest of their limits. */
export function memoryLimit(group: ControlGroup, read: ReadText): Fact<number> {
  return smallest(group, (folder) => limitsIn(folder, group, read));
}

/** Bytes that may still be taken before one of the limits is reached; cached pages of files are given back when they are needed. */
export function memoryRoom(group: ControlGroup, read: ReadText): Fact<number> {
  const [usage, cache] =
    group.version === 1 ? ['memory.usage_in_bytes', 'total_inactive_file'] : ['memory.current', 'inactive_file'];
  return smallest(group, (folder) => {
    const cached = counter(read(`${folder}/memory.stat`), cache) ?? 0;
    const taken = Math.max(0, (Number(read(`${folder}/${usage}`)) || 0) - cached);
    return limitsIn(folder, group, read).map(({ value, source }) => ({ value: Math.max(0, value - taken), source }));
  });
}

/** The number behind that name, in a file of lines with a name and a number. */
export function counter(text: string | undefined, name: string): number | undefined {
  const found = text === undefined ? null : new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
  return found ? Number(found[1]) : undefined;
}

function smallest({ folders }: ControlGroup, limits: (folder: string) => readonly Limit[]): Fact<number> {
  const none = { value: Number.POSITIVE_INFINITY, source: `no limit in ${folders.join(', ')}` };
  const { value, source } = folders
    .flatMap(limits)
    .reduce<Limit>((least, next) => (next.value < least.value ? next : least), none);
  return known(value, source);
}

function limitsIn(folder: string, { version }: ControlGroup, read: ReadText): readonly Limit[] {
  if (version === 2) {
    // Above `memory.high` a process is slowed down until it hardly moves.
    return [`${folder}/memory.max`, `${folder}/memory.high`].flatMap((path) => limitOf(path, read(path)));
  }
  const [own, statistics] = [`${folder}/memory.limit_in_bytes`, `${folder}/memory.stat`];
  // The second counts in the ancestors that cannot be seen from inside a container.
  return [
    ...limitOf(own, read(own)),
    ...limitOf(statistics, counter(read(statistics), 'hierarchical_memory_limit')?.toString()),
  ];
}

/** Where there is no limit, version 2 says 'max', and version 1 the largest number of bytes that it can count. */
function limitOf(source: string, text: string | undefined): Limit[] {
  if (text === undefined || text.trim() === 'max') return [];
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${source}: says '${text}'`);
  return value < 2 ** 60 ? [{ value, source }] : [];
}
