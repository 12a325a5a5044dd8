import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { sampleRate } from '../audio-format.js';
import type { Decode, SlotOutcome } from '../decode.js';
import type { Chunk } from '../recognition.js';
import type { HeldModel } from './held-model.js';

/** A decode that was told to stop, or whose deadline has passed, is answered within this time, or its process is stuck. */
const stopSeconds = 5;

/** The process that works on a decode. */
export interface DecodeRun {
  /** Otherwise the process cannot be stopped, and goes on for nothing. */
  readonly canStop: boolean;
  stop(): void;
  /** @param because - goes on after “It was killed, because it …” */
  kill(because: string): void;
}

export interface ProcessDecodeOptions {
  readonly model: HeldModel;
  readonly chunk: Chunk;
  readonly clock: Clock;
  readonly onText: (text: string) => void;
  readonly onSettled: () => void;
}

type Phase =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'under-way'; readonly run: DecodeRun; ending: EngineError | undefined }
  | { readonly kind: 'settled' };

/** One decode, from when it is asked for to its outcome: it waits, a process works on it, it is settled. */
export class ProcessDecode implements Decode {
  readonly outcome: Promise<SlotOutcome>;
  readonly model: HeldModel;
  readonly chunk: Chunk;
  readonly #options: ProcessDecodeOptions;
  #phase: Phase = { kind: 'waiting' };
  #cancels: readonly (() => void)[];
  #resolve: (outcome: SlotOutcome) => void = () => undefined;
  #reject: (error: EngineError) => void = () => undefined;

  constructor(options: ProcessDecodeOptions) {
    const { model, chunk, clock } = options;
    this.model = model;
    this.chunk = chunk;
    this.#options = options;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.outcome.catch(() => undefined);
    const leftSeconds = chunk.deadlineAtSeconds - clock.nowSeconds();
    const late = () => this.#end(new EngineError('DEADLINE_EXCEEDED', 'The deadline passed before there was a text.'));
    this.#cancels = Number.isFinite(leftSeconds) ? [clock.after(leftSeconds, late)] : [];
  }

  get audioSeconds(): number {
    return this.chunk.pcm.length / sampleRate;
  }

  get isSettled(): boolean {
    return this.#phase.kind === 'settled';
  }

  stop(): void {
    this.#end(new EngineError('ABORTED', 'The decode was aborted.'));
  }

  /** A process works on it from now on. */
  begin(run: DecodeRun): void {
    this.#phase = { kind: 'under-way', run, ending: undefined };
  }

  told(text: string): void {
    if (this.#phase.kind === 'under-way' && !this.#phase.ending) this.#options.onText(text);
  }

  succeed(outcome: SlotOutcome): void {
    const ending = this.#phase.kind === 'under-way' ? this.#phase.ending : undefined;
    if (ending) this.#settle(() => this.#reject(ending));
    else this.#settle(() => this.#resolve(outcome));
  }

  /** Why it was told to end says more than what came of that. */
  fail(error: EngineError): void {
    const ending = this.#phase.kind === 'under-way' ? this.#phase.ending : undefined;
    this.#settle(() => this.#reject(ending ?? error));
  }

  #end(reason: EngineError): void {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'waiting':
        this.fail(reason);
        break;
      case 'under-way':
        if (phase.ending) return;
        phase.ending = reason;
        phase.run.stop();
        if (phase.run.canStop) this.#killUnlessEnded(phase.run);
        else this.fail(reason);
        break;
      case 'settled':
        break;
      default:
        phase satisfies never;
    }
  }

  #killUnlessEnded(run: DecodeRun): void {
    const kill = () => run.kill(`did not end a decode within ${stopSeconds} s`);
    this.#cancels = [...this.#cancels, this.#options.clock.after(stopSeconds, kill)];
  }

  #settle(tell: () => void): void {
    if (this.isSettled) return;
    for (const cancel of this.#cancels) cancel();
    this.#phase = { kind: 'settled' };
    tell();
    this.#options.onSettled();
  }
}
