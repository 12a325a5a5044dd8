import { EngineError } from '../../dist/errors.js';
import type { Decode, SlotOutcome } from '../../dist/pool/slot-pool.js';
import type { Chunk, Recognition } from '../../dist/provider/recognition.js';
import type { Slots } from '../../dist/scheduler/scheduler.js';
import type { ManualClock } from '../manual-clock.js';

/** An ordinary way to decode English. */
export const english: Omit<Chunk, 'pcm' | 'speechEndSeconds'> = {
  language: 'en',
  translate: false,
  prompt: 'Hm.',
  words: false,
  beamSize: 1,
  encoderContext: 'sized',
  deadlineAtSeconds: Number.POSITIVE_INFINITY,
};

/** A recognition of one segment over the first second. */
export function recognitionOf(text: string, more: Partial<Recognition> = {}): Recognition {
  return {
    segments: [{ startSeconds: 0, endSeconds: 1, text, averageLogProbability: -0.2, compressionRatio: 1 }],
    language: 'en',
    noSpeechProbability: 0,
    temperature: 0,
    encoderContext: 384,
    decodeSeconds: 0.5,
    ...more,
  };
}

/** A decode that goes on until the test ends it. */
export interface ScriptedDecode {
  readonly chunk: Chunk;
  /** Whether the scheduler has asked for its end. */
  isStopped: boolean;
  /** Ends it with one segment, the prompt, or with what is given. */
  finish(recognition?: Recognition): void;
  fail(error: Error): void;
  die(): void;
}

/** Slots that decode when a test says so. */
export class ScriptedSlots implements Slots {
  readonly slots: number;
  /** Every decode that was begun, in order. */
  readonly begun: ScriptedDecode[] = [];
  readonly running: ScriptedDecode[] = [];
  mostRunning = 0;
  readonly #clock: ManualClock;

  constructor(slots: number, clock: ManualClock) {
    this.slots = slots;
    this.#clock = clock;
  }

  get begunPrompts(): readonly string[] {
    return this.begun.map(({ chunk }) => chunk.prompt);
  }

  get runningPrompts(): readonly string[] {
    return this.running.map(({ chunk }) => chunk.prompt);
  }

  decode(chunk: Chunk): Decode {
    const startedAtSeconds = this.#clock.nowSeconds();
    let scripted: ScriptedDecode | undefined;
    const outcome = new Promise<SlotOutcome>((resolve, reject) => {
      const end = () => this.running.splice(this.running.indexOf(decode), 1);
      const fail = (error: Error) => {
        end();
        reject(error);
      };
      const decode: ScriptedDecode = {
        // A copy: the memory goes on to the next piece.
        chunk: { ...chunk, pcm: chunk.pcm.slice() },
        isStopped: false,
        finish: (recognition = recognitionOf(` ${chunk.prompt}`)) => {
          end();
          resolve({ recognition, startedAtSeconds });
        },
        fail,
        die: () => fail(new EngineError('WORKER_DIED', `${chunk.prompt} ended its slot.`)),
      };
      scripted = decode;
      this.begun.push(decode);
      this.running.push(decode);
      this.mostRunning = Math.max(this.mostRunning, this.running.length);
    });
    return {
      outcome,
      stop: () => {
        if (scripted) scripted.isStopped = true;
      },
    };
  }

  /** The running decode of a chunk. */
  decodeOf(prompt: string): ScriptedDecode {
    const decode = this.running.find(({ chunk }) => chunk.prompt === prompt);
    if (!decode) throw new Error(`${prompt} is not being decoded; ${this.runningPrompts.join(', ')} are.`);
    return decode;
  }
}

/** Lets everything that has been settled be noticed. */
export async function noticed(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
