import type { Priority } from '../../scheduler/work.js';
import { defaultMachine, type SimulatedMachine } from './machine.js';
import { SeededChance } from './seeded-chance.js';
import { mostSpeech, slotSecondsPerSpeech, talk } from './talk.js';
import type { Trace, TraceEvent } from './trace.js';

export interface LoadOptions {
  /** What the load is a multiple of the capacity of. @defaultValue `defaultMachine` */
  readonly machine?: SimulatedMachine | undefined;
  /** @defaultValue 1800 */
  readonly seconds?: number | undefined;
  /** The same seed makes the same trace. @defaultValue 1 */
  readonly seed?: number | undefined;
  /** Of their time, that sources speak. @defaultValue 0.5 */
  readonly speechShare?: number | undefined;
  /** Of sources, by turns. @defaultValue critical, normal, background, normal */
  readonly priorities?: readonly Priority[] | undefined;
}

/** A stretch of time in which so much load is there: 1 is what the machine can just decode on rung 0. */
interface Stage {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly load: number;
}

const usual = { seconds: 1800, seed: 1, speechShare: 0.5 };
const usualPriorities: readonly Priority[] = ['critical', 'normal', 'background', 'normal'];

/** The same load all the time. */
export function steady(load: number, options: LoadOptions = {}): Trace {
  const { seconds = usual.seconds } = options;
  return traceOf(`steady ${load}×`, [{ fromSeconds: 0, toSeconds: seconds, load }], options);
}

/** A base load, and a higher one for a while. @param step - `load` in all, not on top of the base */
export function step(
  step: {
    readonly load: number;
    readonly baseLoad?: number;
    readonly atSeconds?: number;
    readonly forSeconds?: number;
  },
  options: LoadOptions = {},
): Trace {
  const { load, baseLoad = 0.5, atSeconds = 300, forSeconds = 300 } = step;
  const { seconds = usual.seconds } = options;
  const base = { fromSeconds: 0, toSeconds: seconds, load: baseLoad };
  const more = { fromSeconds: atSeconds, toSeconds: atSeconds + forSeconds, load: load - baseLoad };
  return traceOf(`step to ${load}×`, [base, more], options);
}

/** From one load to another, source by source. */
export function ramp(fromLoad: number, toLoad: number, options: LoadOptions = {}): Trace {
  const { seconds = usual.seconds } = options;
  const parts = 20;
  const stages = Array.from({ length: parts }, (_, part) => ({
    fromSeconds: (part * seconds) / (parts + 1),
    toSeconds: seconds,
    load: (toLoad - fromLoad) / parts,
  }));
  return traceOf(`ramp to ${toLoad}×`, [{ fromSeconds: 0, toSeconds: seconds, load: fromLoad }, ...stages], options);
}

/** High and low by turns. @param wave - `periodSeconds` of both together */
export function squareWave(
  wave: { readonly load: number; readonly baseLoad?: number; readonly periodSeconds?: number },
  options: LoadOptions = {},
): Trace {
  const { load, baseLoad = 0.3, periodSeconds = 60 } = wave;
  const { seconds = usual.seconds } = options;
  const highs = Array.from({ length: Math.ceil(seconds / periodSeconds) }, (_, turn) => ({
    fromSeconds: turn * periodSeconds,
    toSeconds: Math.min(seconds, (turn + 0.5) * periodSeconds),
    load: load - baseLoad,
  }));
  const base = { fromSeconds: 0, toSeconds: seconds, load: baseLoad };
  return traceOf(`square wave of ${load}×, ${periodSeconds} s`, [base, ...highs], options);
}

/** Everybody comes within seconds and leaves one after the other. */
export function flashCrowd(load: number, options: LoadOptions = {}): Trace {
  const { seconds = usual.seconds } = options;
  const [comes, parts] = [seconds / 4, 10];
  const crowd = Array.from({ length: parts }, (_, part) => ({
    fromSeconds: comes + 2 * part,
    toSeconds: comes + ((part + 1) * seconds) / (2 * parts),
    load: (load - 0.4) / parts,
  }));
  return traceOf(`flash crowd of ${load}×`, [{ fromSeconds: 0, toSeconds: seconds, load: 0.4 }, ...crowd], options);
}

/** A machine that becomes slower and slower, up to `factor` times. */
export function slowLeak(load: number, factor: number, options: LoadOptions = {}): Trace {
  const { seconds = usual.seconds } = options;
  const trace = steady(load, options);
  const parts = 60;
  const slowdowns = Array.from({ length: parts }, (_, part) => ({
    kind: 'slowdown' as const,
    atSeconds: (part * seconds) / parts,
    factor: 1 + ((factor - 1) * part) / (parts - 1),
  }));
  return { ...trace, name: `slow leak to ${factor} times`, events: inOrder([...trace.events, ...slowdowns]) };
}

/** A machine whose speed is another every second, by up to `spread` either way: others work on it too. */
export function noisyNeighbour(load: number, spread = 0.3, options: LoadOptions = {}): Trace {
  const { seconds = usual.seconds, seed = usual.seed } = options;
  const trace = steady(load, options);
  const chance = new SeededChance(seed + 1000);
  const slowdowns = Array.from({ length: Math.floor(seconds) }, (_, second) => ({
    kind: 'slowdown' as const,
    atSeconds: second,
    factor: chance.between(1 - spread, 1 + spread),
  }));
  const name = `noise of ±${Math.round(100 * spread)} % at ${load}×`;
  return { ...trace, name, events: inOrder([...trace.events, ...slowdowns]) };
}

/** A machine that stands for some seconds every few minutes. */
export function stalls(load: number, stallSeconds = 5, options: LoadOptions = {}): Trace {
  const { seconds = usual.seconds } = options;
  const trace = steady(load, options);
  const everySeconds = 240;
  const standing = Array.from({ length: Math.floor(seconds / everySeconds) }, (_, turn) => ({
    kind: 'stall' as const,
    atSeconds: (turn + 0.5) * everySeconds,
    seconds: stallSeconds,
  }));
  return { ...trace, name: `stalls of ${stallSeconds} s at ${load}×`, events: inOrder([...trace.events, ...standing]) };
}

/** By name, as the command line has them. */
export const syntheticTraces: Readonly<Record<string, (options?: LoadOptions) => Trace>> = {
  'steady-1.6x': (options) => steady(1.6, options),
  'steady-3x': (options) => steady(3, options),
  step: (options) => step({ load: 2.5 }, options),
  ramp: (options) => ramp(0.3, 3, options),
  'square-wave': (options) => squareWave({ load: 1.6 }, options),
  'flash-crowd': (options) => flashCrowd(3, options),
  'slow-leak': (options) => slowLeak(0.6, 3, options),
  'noisy-neighbour': (options) => noisyNeighbour(0.8, 0.3, options),
  stalls: (options) => stalls(0.6, 5, options),
};

function traceOf(name: string, stages: readonly Stage[], options: LoadOptions): Trace {
  const { seconds = usual.seconds, seed = usual.seed } = options;
  const chance = new SeededChance(seed);
  const events: TraceEvent[] = [];
  let sources = 0;
  for (const stage of stages) {
    const { count, share } = crowdFor(stage.load, options);
    for (let at = 0; at < count; at += 1, sources += 1)
      events.push(...sourceOf(sources, stage, share, chance, options));
  }
  return { name, seconds, events: inOrder(events) };
}

/** How many sources make a load, and how much each has to speak so that it is exactly that. */
function crowdFor(load: number, { machine = defaultMachine, speechShare = usual.speechShare }: LoadOptions) {
  const speech = (Math.max(0, load) * machine.slots) / slotSecondsPerSpeech(machine);
  const count = Math.ceil(speech / Math.min(speechShare, mostSpeech) - 1e-9);
  return { count, share: count === 0 ? 0 : speech / count };
}

function sourceOf(
  number: number,
  { fromSeconds, toSeconds }: Stage,
  share: number,
  chance: SeededChance,
  { priorities = usualPriorities }: LoadOptions,
): readonly TraceEvent[] {
  const source = `source ${number + 1}`;
  const priority = priorities[number % priorities.length] ?? 'normal';
  const said = talk(share, fromSeconds, toSeconds, chance);
  return [
    { kind: 'join', atSeconds: fromSeconds, source, priority },
    ...said.map((spurt) => ({ kind: 'speech' as const, source, ...spurt })),
    { kind: 'leave', atSeconds: toSeconds, source },
  ];
}

/** Events of one moment stay in their order. */
function inOrder(events: readonly TraceEvent[]): readonly TraceEvent[] {
  return events.toSorted((one, other) => one.atSeconds - other.atSeconds);
}
