import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { controlGroup } from '../../dist/capability/probe/control-group.js';

export interface GroupLimits {
  readonly memoryBytes?: number;
  /** Cores' worth of time. */
  readonly cpuCores?: number;
}

const periodMicroseconds = 100_000;

/** A control group with limits of its own, under the one that this process is in: what limits that one holds on. */
export class LimitedGroup {
  /** Of version 1 one for each resource, of version 2 one for both. */
  readonly #folders: readonly string[];

  private constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** @throws Error where this process may not make groups, or the kernel does not know such limits */
  static make({ memoryBytes, cpuCores }: GroupLimits): LimitedGroup {
    const name = `whisperpool-test-${randomUUID()}`;
    const made = new Set<string>();
    try {
      if (memoryBytes !== undefined) limitMemory(madeFor('memory', name, made), memoryBytes);
      if (cpuCores !== undefined) limitCpu(madeFor('cpu', name, made), cpuCores);
      return new LimitedGroup([...made]);
    } catch (error) {
      for (const folder of made) rmdirSync(folder);
      throw error;
    }
  }

  static canBeMade(limits: GroupLimits): boolean {
    try {
      for (const folder of LimitedGroup.make(limits).#folders) rmdirSync(folder);
      return true;
    } catch {
      return false;
    }
  }

  /** Starts a program of Node's that is in the group from its first byte on. */
  start(program: string, environment: NodeJS.ProcessEnv): ChildProcess {
    const entries = this.#folders.map((folder) => `echo $$ > '${folder}/cgroup.procs'`);
    const script = [...entries, 'exec "$0" --input-type=module --eval "$1"'].join(' && ');
    return spawn('/bin/sh', ['-c', script, process.execPath, program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    });
  }

  /** Processes of the group that were killed for want of memory. */
  get outOfMemoryKills(): number {
    const [, kills] = /^oom_kill (\d+)$/m.exec(this.#read('memory.events', 'memory.oom_control')) ?? [];
    if (kills === undefined) throw new Error('The kernel does not count what it kills here.');
    return Number(kills);
  }

  /** The most that the group ever held, cached files included; NaN where the kernel does not keep it. */
  get mostMemoryBytes(): number {
    return Number(this.#read('memory.peak', 'memory.max_usage_in_bytes') || Number.NaN);
  }

  /** Ends whatever runs in it, and takes it away. */
  async remove(): Promise<void> {
    for (const folder of this.#folders) {
      for (let attempts = 100; existsSync(folder); attempts -= 1) {
        for (const id of idsIn(folder)) process.kill(id, 'SIGKILL');
        try {
          rmdirSync(folder);
        } catch (error) {
          // A process that was killed is in it until its parent has heard of it.
          if (attempts === 0) throw error;
          await wait(50);
        }
      }
    }
  }

  /** Of whichever version has the file; of neither, nothing. */
  #read(...names: readonly string[]): string {
    const path = this.#folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
    return path === undefined ? '' : readFileSync(path, 'utf8').trim();
  }
}

function madeFor(resource: 'memory' | 'cpu', name: string, made: Set<string>): string {
  const texts = ['/proc/self/cgroup', '/proc/self/mountinfo'].map((path) => readFileSync(path, 'utf8'));
  const own = controlGroup(resource, texts[0] ?? '', texts[1] ?? '')?.folders[0];
  if (own === undefined) throw new Error(`No control group for ${resource} is mounted.`);
  const folder = join(own, name);
  if (!made.has(folder)) mkdirSync(folder);
  made.add(folder);
  return folder;
}

/** Swap counts as memory: what is to be shown is that it fits. */
function limitMemory(folder: string, bytes: number): void {
  const [file, swapFile, swap] = existsSync(join(folder, 'memory.max'))
    ? (['memory.max', 'memory.swap.max', 0] as const)
    : (['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes', bytes] as const);
  writeLimit(folder, file, bytes);
  if (existsSync(join(folder, swapFile))) writeLimit(folder, swapFile, swap);
}

function limitCpu(folder: string, cores: number): void {
  const quota = cores * periodMicroseconds;
  if (existsSync(join(folder, 'cpu.max'))) {
    writeLimit(folder, 'cpu.max', `${quota} ${periodMicroseconds}`);
  } else {
    writeLimit(folder, 'cpu.cfs_period_us', periodMicroseconds);
    writeLimit(folder, 'cpu.cfs_quota_us', quota);
  }
}

/** Must be there: writing would not make it. */
function writeLimit(folder: string, file: string, value: string | number): void {
  writeFileSync(join(folder, file), String(value), { flag: 'r+' });
}

function idsIn(folder: string): readonly number[] {
  const text = readFileSync(join(folder, 'cgroup.procs'), 'utf8').trim();
  return text === '' ? [] : text.split('\n').map(Number);
}
