/** Something that was read, with where it was read; or why it could not be. */
export type Fact<Value> =
  | { readonly kind: 'known'; readonly value: Value; readonly source: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export interface Gpu {
  readonly vendor: 'nvidia' | 'amd' | 'intel' | 'apple' | 'other';
  readonly model: string;
  /** Its own memory; undefined where it shares the machine's or does not tell. */
  readonly memoryBytes: number | undefined;
}

export type Container =
  | 'none'
  | 'docker'
  | 'podman'
  | 'kubernetes'
  | 'lxc'
  | 'systemd-nspawn'
  | 'wsl' // a virtual machine that Windows runs, where GPU and memory are Windows' to give
  | 'other';

/** What this process has to work with. */
export interface Machine {
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly architecture: string;
  /** 'Debian GNU/Linux 12 (bookworm)', 'macOS 14.5', 'Windows 11 Pro'. */
  readonly os: Fact<string>;
  readonly kernel: Fact<string>;
  /** 'glibc 2.36', 'musl 1.2.4'. */
  readonly libc: Fact<string>;
  readonly container: Fact<Container>;
  readonly cpuModel: Fact<string>;
  readonly logicalCores: Fact<number>;
  readonly physicalCores: Fact<number>;
  /** Physical cores of the fast kind; all of them where there is one kind. */
  readonly performanceCores: Fact<number>;
  /** Physical cores of the slow kind; 0 where there is one kind. */
  readonly efficiencyCores: Fact<number>;
  /** Logical cores that this process may run on. */
  readonly affinityCores: Fact<number>;
  /** Cores' worth of CPU time that the control groups allow; Infinity where there is no quota. */
  readonly cpuQuotaCores: Fact<number>;
  /** Upper-case: 'AVX2', 'AVX512F', 'AVX512_VNNI', 'NEON', 'DOTPROD', … */
  readonly cpuFeatures: Fact<readonly string[]>;
  readonly numaNodes: Fact<number>;
  readonly totalMemoryBytes: Fact<number>;
  /** What this process can still take now, under the limit of its control groups. */
  readonly availableMemoryBytes: Fact<number>;
  /** Of the control groups; Infinity where there is none. */
  readonly memoryLimitBytes: Fact<number>;
  readonly swapTotalBytes: Fact<number>;
  readonly gpus: Fact<readonly Gpu[]>;
  readonly metal: Fact<boolean>;
  /** 'Apple M3 Pro'. */
  readonly appleChip: Fact<string>;
  readonly battery: Fact<'none' | 'charging' | 'discharging'>;
}

export function known<Value>(value: Value, source: string): Fact<Value> {
  return { kind: 'known', value, source };
}

export function unknown(reason: string): Fact<never> {
  return { kind: 'unknown', reason };
}

/** The value, where it is known. */
export function knownValue<Value>(fact: Fact<Value>): Value | undefined {
  return fact.kind === 'known' ? fact.value : undefined;
}

/** Whole cores that this process can keep busy: those of its affinity mask, fewer under a CPU quota, at least 1; 1 where nothing is known. */
export function usableCores(machine: Machine): number {
  const cores = knownValue(machine.affinityCores) ?? knownValue(machine.logicalCores) ?? 1;
  const quota = knownValue(machine.cpuQuotaCores) ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.min(cores, quota)));
}
