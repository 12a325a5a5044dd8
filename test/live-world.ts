import { expect } from 'vitest';
import { EngineError } from '../dist/errors.js';
import { PcmBuffers } from '../dist/pool/pcm-buffers.js';
import type { Decode } from '../dist/pool/slot-pool.js';
import type { Chunk } from '../dist/provider/recognition.js';
import { Scheduler, type Slots } from '../dist/scheduler/scheduler.js';
import type { Priority } from '../dist/scheduler/work.js';
import type { LiveEvent } from '../dist/session/live-events.js';
import type { LivePlan } from '../dist/session/live-plan.js';
import type { Service } from '../dist/session/service.js';
import { Session } from '../dist/session/session.js';
import { SessionDesk } from '../dist/session/session-desk.js';
import type { Source } from '../dist/session/source.js';
import { Spool } from '../dist/session/spool.js';
import type { Ended } from '../dist/session/teller.js';
import { ManualClock } from './manual-clock.js';
import { ScriptedEars } from './scripted-ears.js';
import { recognitionOf, type ScriptedDecode, ScriptedSlots } from './unit/scripted-slots.js';

/** Lets everything be noticed that promises alone bring about. */
export async function settled(turns = 60): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

/** Memory for audio that is counted. What is given back twice would be two takers' at once. */
export class CountedBuffers extends PcmBuffers {
  readonly out = new Set<ArrayBufferLike>();
  readonly wrong: string[] = [];

  override take(): Float32Array {
    const taken = super.take();
    this.out.add(taken.buffer);
    return taken;
  }

  override give(pcm: Float32Array): void {
    if (pcm.buffer instanceof SharedArrayBuffer && !this.out.delete(pcm.buffer)) this.wrong.push('given back twice');
    super.give(pcm);
  }
}

/** Scripted slots that number their decodes in their texts, and look whether the memory of each stays as it was. */
export class WatchedSlots implements Slots {
  readonly slots: number;
  readonly scripted: ScriptedSlots;
  readonly wrong: string[] = [];
  readonly #memory = new Map<ScriptedDecode, Float32Array>();

  constructor(slots: number, clock: ManualClock) {
    this.slots = slots;
    this.scripted = new ScriptedSlots(slots, clock);
  }

  get running(): readonly ScriptedDecode[] {
    return this.scripted.running;
  }

  decode(chunk: Chunk): Decode {
    const decode = this.scripted.decode(chunk);
    const begun = this.scripted.begun.at(-1);
    if (begun) this.#memory.set(begun, chunk.pcm);
    return decode;
  }

  finish(decode: ScriptedDecode, text = ` w${this.scripted.begun.indexOf(decode)}`): void {
    this.#look(decode);
    decode.finish(recognitionOf(text));
  }

  fail(decode: ScriptedDecode): void {
    this.#look(decode);
    const code = decode.isStopped ? 'ABORTED' : 'DECODE_FAILED';
    decode.fail(new EngineError(code, 'It failed.'));
  }

  finishAll(): void {
    for (const decode of [...this.running]) this.finish(decode);
  }

  /** The samples that a text of this world was made of. */
  samplesOf(text: string): Float32Array | undefined {
    return this.scripted.begun[Number(/^w(\d+)$/.exec(text)?.[1] ?? -1)]?.chunk.pcm;
  }

  #look(decode: ScriptedDecode): void {
    const memory = this.#memory.get(decode);
    if (!memory || !isSame(memory, decode.chunk.pcm)) this.wrong.push('memory changed while it was decoded');
    this.#memory.delete(decode);
  }
}

export function isSame(one: Float32Array, other: Float32Array): boolean {
  return Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export interface WorldOptions {
  readonly slots?: number;
  readonly buffers?: CountedBuffers;
  readonly spool?: Spool;
  readonly sessionLimit?: number;
}

export const ordinaryPlan: LivePlan = {
  chunkSeconds: 8,
  partialEverySeconds: 1,
  encoderContext: 'sized',
  beamSize: 1,
};

/** Everything of live audio that is not a thread or a weight, real; slots, ears and time scripted. */
export class LiveWorld {
  readonly clock = new ManualClock(1000);
  readonly ears = new ScriptedEars();
  readonly slots: WatchedSlots;
  readonly buffers: CountedBuffers;
  readonly spool: Spool;
  readonly scheduler: Scheduler;
  readonly desk: SessionDesk<Session>;
  readonly ended: Session[] = [];
  /** What went wrong where nobody could throw it. */
  readonly wrong: unknown[] = [];
  /** What becomes of the utterances of a source. */
  serviceOf: (priority: Priority) => Service = () => 'decoded';
  /** Told of every utterance that has ended. */
  heard: (source: Source, channel: number | undefined, ended: Ended) => void = () => undefined;
  /** Of the listener. */
  deaths = 0;
  /** What was promised and is not settled yet, by name. */
  readonly #open = new Map<Promise<unknown>, string>();

  constructor({
    slots = 1,
    buffers = new CountedBuffers(),
    spool = new Spool(),
    sessionLimit = 10,
  }: WorldOptions = {}) {
    this.slots = new WatchedSlots(slots, this.clock);
    this.buffers = buffers;
    this.spool = spool;
    this.scheduler = new Scheduler(this.slots, this.clock);
    this.desk = new SessionDesk<Session>(this.clock, { limit: sessionLimit });
  }

  /** A session, as the engine opens one. */
  open(plan: Partial<LivePlan> = {}, onEvent: (event: LiveEvent) => void = () => undefined): Session {
    const session: Session = new Session({
      clock: this.clock,
      ears: this.ears,
      buffers: this.buffers,
      spool: this.spool,
      language: 'en',
      decoding: { translate: false, prompt: '', words: false },
      carriedCharacters: 200,
      plan: { ...ordinaryPlan, ...plan },
      serviceOf: (priority) => this.serviceOf(priority),
      openLane: (options) => this.scheduler.openLane(options),
      detach: (leaving) =>
        this.desk.detach(leaving, {
          onExpire: () => this.promised('end of a session nobody came back to', leaving.end()),
        }),
      onUtterance: (wanted, channel, ended) => {
        const source = session.sources.findLast(({ name }) => name === wanted);
        if (source) this.heard(source, channel, ended);
      },
      onEvent,
      onEnd: () => {
        this.desk.leave(session);
        this.ended.push(session);
      },
    });
    this.desk.admit(session);
    return session;
  }

  /** Notes that something must settle, either way. */
  promised(name: string, promise: Promise<unknown>): void {
    this.#open.set(promise, name);
    const settle = () => this.#open.delete(promise);
    promise.then(settle, settle);
  }

  get pending(): readonly string[] {
    return [...this.#open.values()];
  }

  /** Answers and finishes whatever there is until all promises are settled, or nothing comes of it any more. */
  async finishEverything(breath: () => Promise<void> = settled): Promise<void> {
    for (let idle = 0; idle < 40 && this.#open.size > 0; idle += 1) {
      if (this.ears.calls.length > 0 || this.slots.running.length > 0) idle = 0;
      this.ears.answer();
      this.slots.finishAll();
      await breath();
    }
    await settled();
  }

  /** Nothing is left when everything has ended. */
  expectNothingLeft(): void {
    expect(this.pending, 'promises left pending').toEqual([]);
    expect(this.slots.running, 'decodes still running').toEqual([]);
    expect(this.scheduler.busy, 'slots busy').toBe(0);
    for (const queue of Object.values(this.scheduler.queues())) expect(queue.waiting, 'work still waiting').toBe(0);
    expect(this.ears.open, 'sources still listened to').toEqual([]);
    expect(this.buffers.out.size, 'buffers not given back').toBe(0);
    expect([...this.buffers.wrong, ...this.slots.wrong], 'memory').toEqual([]);
    expect(this.clock.pending, 'timers left').toBe(0);
    expect(this.spool.pieces, 'pieces left on disk').toBe(0);
  }
}
