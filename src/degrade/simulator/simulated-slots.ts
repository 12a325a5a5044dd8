import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import type { Decode, SlotOutcome } from '../../provider/decode.js';
import type { Chunk, Recognition } from '../../provider/recognition.js';
import type { Slots } from '../../scheduler/scheduler.js';
import type { LivePlan } from '../../session/live-plan.js';
import { type SimulatedMachine, serviceSeconds } from './machine.js';
import type { SeededChance } from './seeded-chance.js';

/** What a slot is asked for: no audio, only how much. */
export interface SimulatedJob {
  readonly audioSeconds: number;
  readonly plan: LivePlan;
  /** Index among the machine's models. */
  readonly model: number;
}

interface Running {
  /** When it would end if nothing stood. */
  endsAtSeconds: number;
  cancel: () => void;
  readonly finish: () => void;
}

/** A decode that is told to stop does so within a graph node: 9 ms at the median, 54 ms at most. */
const stopSeconds = 0.02;
const noPcm = new Float32Array(0);

/** Slots that take as long as the machine's description says, and decode nothing. */
export class SimulatedSlots implements Slots {
  readonly slots: number;
  readonly #machine: SimulatedMachine;
  readonly #clock: Clock;
  readonly #chance: SeededChance;
  readonly #jobs = new WeakMap<Chunk, SimulatedJob>();
  readonly #running = new Set<Running>();
  #slowdown = 1;
  #standsUntilSeconds = 0;

  constructor(machine: SimulatedMachine, clock: Clock, chance: SeededChance) {
    this.slots = machine.slots;
    this.#machine = machine;
    this.#clock = clock;
    this.#chance = chance;
  }

  chunkOf(job: SimulatedJob): Chunk {
    const { beamSize, encoderContext } = job.plan;
    const chunk: Chunk = {
      pcm: noPcm,
      speechEndSeconds: job.audioSeconds,
      language: 'en',
      translate: false,
      prompt: '',
      words: false,
      beamSize,
      encoderContext,
      deadlineAtSeconds: Number.POSITIVE_INFINITY,
    };
    this.#jobs.set(chunk, job);
    return chunk;
  }

  /** Decodes that begin from now on take `factor` times as long. */
  slowDown(factor: number): void {
    this.#slowdown = factor;
  }

  /** Nothing gets on for so long. */
  stall(seconds: number): void {
    const until = this.#clock.nowSeconds() + seconds;
    const longer = until - Math.max(this.#clock.nowSeconds(), this.#standsUntilSeconds);
    if (longer <= 0) return;
    this.#standsUntilSeconds = until;
    for (const running of this.#running) this.#endAt(running, running.endsAtSeconds + longer);
  }

  decode(chunk: Chunk): Decode {
    const job = this.#jobs.get(chunk);
    if (!job) throw new EngineError('INTERNAL', 'A simulated slot was given a chunk that is none of its own.');
    const startedAtSeconds = this.#clock.nowSeconds();
    const { promise: outcome, resolve, reject } = settleable();
    const running: Running = {
      endsAtSeconds: 0,
      cancel: () => undefined,
      finish: () => {
        this.#running.delete(running);
        const decodeSeconds = this.#clock.nowSeconds() - startedAtSeconds;
        resolve({ recognition: recognitionOf(decodeSeconds), startedAtSeconds });
      },
    };
    this.#running.add(running);
    const stood = Math.max(0, this.#standsUntilSeconds - startedAtSeconds);
    this.#endAt(running, startedAtSeconds + stood + this.#secondsOf(job));
    const stop = () => {
      if (!this.#running.delete(running)) return;
      running.cancel();
      const aborted = () => reject(new EngineError('ABORTED', 'The decode was stopped.'));
      this.#clock.after(stopSeconds, aborted);
    };
    return { outcome, stop };
  }

  #secondsOf({ plan, model, audioSeconds }: SimulatedJob): number {
    const noise = this.#chance.factor(this.#machine.noise);
    return serviceSeconds(this.#machine, model, plan, audioSeconds) * this.#slowdown * noise;
  }

  #endAt(running: Running, atSeconds: number): void {
    running.cancel();
    running.endsAtSeconds = atSeconds;
    running.cancel = this.#clock.after(atSeconds - this.#clock.nowSeconds(), running.finish);
  }
}

function settleable() {
  let resolve: (outcome: SlotOutcome) => void = () => undefined;
  let reject: (error: EngineError) => void = () => undefined;
  const promise = new Promise<SlotOutcome>((settle, refuse) => {
    resolve = settle;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

function recognitionOf(decodeSeconds: number): Recognition {
  return {
    segments: [],
    language: 'en',
    noSpeechProbability: 0,
    temperature: 0,
    encoderContext: 0,
    decodeSeconds,
  };
}
