import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Decode, DecodingModel, SlotOutcome } from '../pool/slot-pool.js';
import type { Chunk, Recognition } from '../provider/recognition.js';

/** Slots that a chunk may take down before it is set aside. */
const mostDeaths = 2;

/** What decodes: the slot pool, or something scripted in a test. */
export interface Slots {
  readonly slots: number;
  decode(chunk: Chunk): Decode;
}

/** A chunk that was decoded. */
export interface Decoded {
  readonly model?: DecodingModel;
  readonly recognition: Recognition;
  /** From submission to the slot that decoded it. */
  readonly queueSeconds: number;
}

/** Chunks of one piece of work, in order. Lanes take turns, so that a long file does not hold up a short one. */
export interface Lane {
  /**
   * Decodes a chunk when a slot is free.
   * @throws EngineError what the decode threw, the reason given to `stop`, or `CHUNK_SET_ASIDE`
   */
  submit(chunk: Chunk): Promise<Decoded>;
  /** Refuses what waits and stops what runs: every promise of this lane rejects with `reason`. */
  stop(reason: EngineError): void;
  /** Resolves when no slot works for this lane. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly chunk: Chunk;
  readonly submittedAtSeconds: number;
  readonly deaths: number;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: unknown) => void;
}

class LaneState implements Lane {
  readonly waiting: Waiting[] = [];
  readonly running = new Set<Decode>();
  stopped: EngineError | undefined;
  readonly #clock: Clock;
  readonly #wake: () => void;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  submit(chunk: Chunk): Promise<Decoded> {
    if (this.stopped) return Promise.reject(this.stopped);
    return new Promise((resolve, reject) => {
      this.waiting.push({ chunk, submittedAtSeconds: this.#clock.nowSeconds(), deaths: 0, resolve, reject });
      this.#wake();
    });
  }

  stop(reason: EngineError): void {
    this.stopped ??= reason;
    for (const { reject } of this.waiting.splice(0)) reject(this.stopped);
    for (const decode of this.running) decode.stop();
  }

  async idle(): Promise<void> {
    // A lane that was not stopped goes on with what waits.
    while (this.running.size > 0) await Promise.allSettled([...this.running].map((decode) => decode.outcome));
  }
}

/** Hands one chunk to one free slot, turn by turn over the lanes that have something waiting. */
export class Scheduler {
  readonly #slots: Slots;
  readonly #clock: Clock;
  /** Lanes with something waiting; the first is next. */
  readonly #turns: LaneState[] = [];
  #busy = 0;

  constructor(slots: Slots, clock: Clock) {
    this.#slots = slots;
    this.#clock = clock;
  }

  openLane(): Lane {
    const lane: LaneState = new LaneState(this.#clock, () => {
      if (!this.#turns.includes(lane)) this.#turns.push(lane);
      this.#handOut();
    });
    return lane;
  }

  #handOut(): void {
    while (this.#busy < this.#slots.slots) {
      const lane = this.#turns.shift();
      if (!lane) return;
      const next = lane.waiting.shift();
      if (!next) continue;
      if (lane.waiting.length > 0) this.#turns.push(lane);
      this.#busy += 1;
      void this.#decode(lane, next);
    }
  }

  async #decode(lane: LaneState, next: Waiting): Promise<void> {
    const decode = this.#slots.decode(next.chunk);
    lane.running.add(decode);
    const settle = await decode.outcome.then(
      (outcome) => () => next.resolve(this.#decoded(next, outcome)),
      (error: unknown) => () => this.#failed(lane, next, error),
    );
    lane.running.delete(decode);
    this.#busy -= 1;
    // The reason a lane was stopped for says more than the abort it caused.
    if (lane.stopped) next.reject(lane.stopped);
    else settle();
    this.#handOut();
  }

  #decoded(next: Waiting, { startedAtSeconds, ...outcome }: SlotOutcome): Decoded {
    return { ...outcome, queueSeconds: Math.max(0, startedAtSeconds - next.submittedAtSeconds) };
  }

  #failed(lane: LaneState, next: Waiting, error: unknown): void {
    if (!(error instanceof EngineError && error.code === 'WORKER_DIED')) {
      next.reject(error);
      return;
    }
    const deaths = next.deaths + 1;
    if (deaths < mostDeaths) {
      lane.waiting.unshift({ ...next, deaths });
      if (!this.#turns.includes(lane)) this.#turns.unshift(lane);
      return;
    }
    next.reject(
      new EngineError(
        'CHUNK_SET_ASIDE',
        `A piece of audio ended ${deaths} worker threads and was set aside. The rest of the engine works on; please report the audio.`,
        { cause: error },
      ),
    );
  }
}
