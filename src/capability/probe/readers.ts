import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import os from 'node:os';
import { promisify } from 'node:util';
import type { Systeminformation } from 'systeminformation';
import { type Clock, systemClock } from '../../clock.js';

type Os = typeof os;
export type Graphics = Pick<Systeminformation.GraphicsControllerData, 'vendor' | 'model' | 'vram' | 'memoryTotal'>;

/** What the probe asks of systeminformation. */
export interface SystemInformation {
  cpu(): Promise<Pick<Systeminformation.CpuData, 'brand' | 'physicalCores' | 'performanceCores' | 'efficiencyCores'>>;
  mem(): Promise<Pick<Systeminformation.MemData, 'available' | 'swaptotal'>>;
  graphics(): Promise<{ readonly controllers: readonly Graphics[] }>;
  battery(): Promise<Pick<Systeminformation.BatteryData, 'hasBattery' | 'isCharging' | 'acConnected'>>;
}

/** Everything that the probe looks at: a recorded machine is a recording of this. */
export interface Readers {
  readonly platform: string;
  readonly architecture: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What Node tells at once. */
  readonly os: Pick<Os, 'availableParallelism' | 'freemem' | 'release' | 'totalmem' | 'version'> & {
    cpus(): readonly Pick<os.CpuInfo, 'model'>[];
  };
  readText(path: string): Promise<string>;
  list(folder: string): Promise<readonly string[]>;
  /** What a program prints. */
  run(program: string, programArguments: readonly string[]): Promise<string>;
  readonly system: SystemInformation;
  readonly clock: Clock;
}

/** How long a probe waits for all its answers. */
export const patienceSeconds = 1;

/** Longer than that: an answer that comes too late for one probe is there for the next. */
const programTimeoutSeconds = 20;

// Loaded when it is needed: it takes some 30 ms, and on Linux the files tell nearly everything.
const systemInformation = async () => (await import('systeminformation')).default;

/** One answer for the whole process: for what does not change and takes long to find out. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

const programs = new Map<string, () => Promise<string>>();

/** The machine that this process runs on. */
export const thisMachine: Readers = {
  platform: process.platform,
  architecture: process.arch,
  environment: process.env,
  os,
  readText: (path) => readFile(path, 'utf8'),
  list: (folder) => readdir(folder),
  run(program, programArguments) {
    const line = [program, ...programArguments].join(' ');
    const known = programs.get(line) ?? once(() => outputOf(program, programArguments));
    programs.set(line, known);
    return known();
  },
  system: {
    cpu: once(async () => (await systemInformation()).cpu()),
    graphics: once(async () => (await systemInformation()).graphics()),
    mem: async () => (await systemInformation()).mem(),
    battery: async () => (await systemInformation()).battery(),
  },
  clock: systemClock,
};

async function outputOf(program: string, programArguments: readonly string[]): Promise<string> {
  const output = promisify(execFile)(program, programArguments, { windowsHide: true });
  const { child } = output;
  // Once no probe waits for it any more, a program that hangs must not keep this process from ending.
  const release = setTimeout(() => {
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();
    setTimeout(() => child.kill('SIGKILL'), programTimeoutSeconds * 1000).unref();
  }, patienceSeconds * 1000);
  try {
    return (await output).stdout;
  } catch (error) {
    // sysctl fails as a whole when it does not know one of the names, and prints the others all the same.
    const printed = error instanceof Error && 'stdout' in error ? error.stdout : '';
    if (typeof printed !== 'string' || printed === '') throw error;
    return printed;
  } finally {
    clearTimeout(release);
  }
}
