import { readdirSync, readFileSync } from 'node:fs';
import { type Fact, known, knownValue, unknown } from './machine.js';
import { type ControlGroup, controlGroup } from './probe/control-group.js';
import { counter, memoryRoom } from './probe/group-limits.js';
import { meminfoBytes } from './probe/meminfo.js';

/** The kernel's files. They are read at once: that is five times cheaper than in the background, and none waits for a disk. */
export interface KernelFiles {
  /** @throws Error with the code ENOENT where there is no such file */
  readText(path: string): string;
  list(folder: string): readonly string[];
}

export const kernelFiles: KernelFiles = {
  readText: (path) => readFileSync(path, 'utf8'),
  list: (folder) => readdirSync(folder),
};

/** What the kernel has counted up to now: two of them make a pressure. */
export interface PressureCounters {
  readonly memoryStall: Fact<number>;
  readonly availableMemoryBytes: Fact<number>;
  readonly memoryLimitHits: Fact<number>;
  readonly outOfMemoryKills: Fact<number>;
  /** Of each control group that has a quota, by its folder. */
  readonly quotas: Fact<Quotas>;
  readonly cpuTime: Fact<{ readonly ticks: number; readonly stolenTicks: number }>;
  /** How often the processor slowed down, where that is counted; else whether it does so now. */
  readonly slowdown: Fact<number | boolean>;
}

export type Quotas = ReadonlyMap<
  string,
  { readonly periods: number; readonly throttledPeriods: number; readonly throttledSeconds: number }
>;

/** For heat, as Intel's processors count it. The first core stands for all: heat is the package's. */
const intelFolder = '/sys/devices/system/cpu/cpu0/thermal_throttle';
/** For heat or want of power, as a Raspberry Pi's firmware tells it: capped, throttled, soft limit, each as of now. */
const raspberryPath = '/sys/devices/platform/soc/soc:firmware/get_throttled';
const raspberryBits = 0b1110;
/** For heat, as the kernel does it where the processor does not do it by itself. */
const coolingFolder = '/sys/class/thermal';
const processorCooler = /^Processor$|cpufreq/;
/** The kernel slows all cores of a kind down together: some of them tell enough. */
const mostCoolers = 8;

/** Reads the counters that concern this process. Its control groups and the machine's coolers are looked for once. */
export class CounterReader {
  readonly #files: KernelFiles;
  readonly #memory: Fact<ControlGroup>;
  readonly #cpu: Fact<ControlGroup>;
  readonly #coolers: readonly string[];

  constructor(files: KernelFiles) {
    this.#files = files;
    this.#memory = attempt(() => this.#group('memory'));
    this.#cpu = attempt(() => this.#group('cpu'));
    this.#coolers = knownValue(attempt(() => known(this.#findCoolers(), coolingFolder))) ?? [];
  }

  read(): PressureCounters {
    return {
      memoryStall: attempt(() => this.#memoryStall()),
      availableMemoryBytes: attempt(() => this.#availableMemory()),
      memoryLimitHits: attempt(() => this.#memoryEvents(['high', 'max'], 'memory.failcnt')),
      outOfMemoryKills: attempt(() => this.#memoryEvents(['oom_kill'], 'memory.oom_control')),
      quotas: attempt(() => this.#quotas()),
      cpuTime: attempt(() => this.#cpuTime()),
      slowdown: attempt(() => this.#slowdown()),
    };
  }

  /** Of the process's own group where the kernel tells it, else of the machine. */
  #memoryStall(): Fact<number> {
    const [folder = ''] = knownValue(this.#memory)?.folders ?? [];
    const [own, all] = [`${folder}/memory.pressure`, '/proc/pressure/memory'];
    const text = this.#read(own);
    const [, percent] = /^some avg10=([\d.]+)/m.exec(text ?? this.#need(all)) ?? [];
    const source = text === undefined ? all : own;
    return percent === undefined ? unknown(`${source}: has no average`) : known(Number(percent) / 100, source);
  }

  #availableMemory(): Fact<number> {
    const path = '/proc/meminfo';
    const left = meminfoBytes(this.#need(path), 'MemAvailable');
    const group = knownValue(this.#memory);
    const room = group && memoryRoom(group, (file) => this.#read(file));
    if (room?.kind === 'known' && room.value < (left ?? Number.POSITIVE_INFINITY)) return room;
    return left === undefined ? unknown(`${path}: has no MemAvailable`) : known(left, path);
  }

  /** Summed over the process's group and its ancestors, each without the groups beside it. */
  #memoryEvents(names: readonly string[], fileOfVersion1: string): Fact<number> {
    if (this.#memory.kind === 'unknown') return this.#memory;
    const { version, folders } = this.#memory.value;
    const paths = folders.map((folder) => `${folder}/${version === 1 ? fileOfVersion1 : 'memory.events.local'}`);
    const counts = paths.flatMap((path) => {
      const text = this.#read(path);
      if (text === undefined) return [];
      return /^\d+$/m.test(text.trim()) ? Number(text) : names.map((name) => counter(text, name) ?? 0);
    });
    const source = withAncestors(paths);
    return counts.length > 0
      ? known(
          counts.reduce((sum, count) => sum + count),
          source,
        )
      : unknown(`${source}: not there`);
  }

  #quotas(): Fact<Quotas> {
    if (this.#cpu.kind === 'unknown') return this.#cpu;
    const paths = this.#cpu.value.folders.map((folder) => `${folder}/cpu.stat`);
    const quotas = paths.flatMap((path) => {
      const text = this.#read(path);
      const periods = counter(text, 'nr_periods');
      if (periods === undefined) return [];
      const throttledPeriods = counter(text, 'nr_throttled') ?? 0;
      const microseconds = counter(text, 'throttled_usec') ?? (counter(text, 'throttled_time') ?? 0) / 1e3;
      return [[path, { periods, throttledPeriods, throttledSeconds: microseconds / 1e6 }] as const];
    });
    return known(new Map(quotas), withAncestors(paths));
  }

  /** Of all CPUs; guests' time, the last two, is in the others already. */
  #cpuTime(): Fact<{ ticks: number; stolenTicks: number }> {
    const path = '/proc/stat';
    const [line = ''] = this.#need(path).split('\n', 1);
    const ticks = line.split(/\s+/).slice(1, 9).map(Number);
    const stolenTicks = ticks[7];
    if (stolenTicks === undefined) return unknown(`${path}: does not tell stolen time`);
    return known({ ticks: ticks.reduce((sum, part) => sum + part), stolenTicks }, path);
  }

  #slowdown(): Fact<number | boolean> {
    const [core, pack] = ['core', 'package'].map((what) => this.#read(`${intelFolder}/${what}_throttle_count`));
    if (core !== undefined) return known(Number(core) + Number(pack ?? 0), intelFolder);
    const bits = this.#read(raspberryPath);
    if (bits !== undefined) {
      return known((Number.parseInt(bits, 16) & raspberryBits) !== 0, raspberryPath);
    }
    if (this.#coolers.length === 0) return unknown('neither the processor nor the kernel tells it here');
    return known(
      this.#coolers.some((cooler) => Number(this.#read(`${cooler}/cur_state`)) > 0),
      coolingFolder,
    );
  }

  #findCoolers(): readonly string[] {
    const coolers = this.#files.list(coolingFolder).map((name) => `${coolingFolder}/${name}`);
    return coolers
      .filter((cooler) => processorCooler.test(this.#read(`${cooler}/type`)?.trim() ?? ''))
      .slice(0, mostCoolers);
  }

  #group(resource: 'cpu' | 'memory'): Fact<ControlGroup> {
    const [membership, mounts] = ['/proc/self/cgroup', '/proc/self/mountinfo'];
    const group = controlGroup(resource, this.#need(membership), this.#need(mounts));
    return group ? known(group, membership) : unknown(`${mounts}: no control group for ${resource} is mounted`);
  }

  #need(path: string): string {
    const text = this.#read(path);
    if (text === undefined) throw new Error(`${path}: not there`);
    return text;
  }

  #read(path: string): string | undefined {
    try {
      return this.#files.readText(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

function attempt<Value>(read: () => Fact<Value>): Fact<Value> {
  try {
    return read();
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

function withAncestors([own = '', ...above]: readonly string[]): string {
  return above.length > 0 ? `${own} and above` : own;
}
