import { Writable } from 'node:stream';
import type { WritableStream } from 'node:stream/web';
import { checkedFormat, checkedTail, type LiveFormat, tracksOf } from '../audio/live-format.js';
import { EngineError } from '../errors.js';
import { sampleRate } from '../provider/audio-format.js';
import type { Priority } from '../scheduler/work.js';
import { Admission } from './admission.js';
import { Hearing } from './hearing.js';
import { type SourceLedger, sourceLedger } from './ledger.js';
import type { SourceSummary } from './live-events.js';
import { QueueRoom } from './queue-room.js';
import { intakeOf, type SourceIntake } from './source-intake.js';
import type { ResolvedSourceOptions, WriteOptions } from './source-options.js';
import type { SourceParts } from './source-parts.js';
import { writableInto } from './source-writable.js';
import { Track } from './track.js';

/** The listener is behind by this much at most: nothing can be shed of what it has not heard. */
const mostUnheardSeconds = 10;
/** Below this part of its limit the queue has room for what waits on disk. */
const catchUpBelow = 0.25;

/** One stream of audio of a session. Made by `session.addSource`. */
export class Source implements AsyncDisposable {
  readonly name: string;
  readonly priority: Priority;
  /** How it is heard. @internal */
  readonly options: ResolvedSourceOptions;
  readonly #parts: SourceParts;
  readonly #admission: Admission;
  readonly #hearing: Hearing;
  readonly #tracks: readonly Track[];
  readonly #ended: Promise<void>;
  #state: 'open' | 'ending' | 'ended' = 'open';
  /** Why it ends before everything is told. */
  #abortReason: EngineError | undefined;
  /** The part of a sample with which the last write ended. */
  #tail: Uint8Array = new Uint8Array(0);
  #acceptedSeconds = 0;

  /** @internal Use `session.addSource`. */
  constructor(parts: SourceParts) {
    const { name, options, ears, clock } = parts;
    this.name = name;
    this.priority = options.priority;
    this.options = options;
    this.#parts = parts;
    const shared = { ...parts, source: name, vad: options.vad, onSettled: () => queueMicrotask(() => this.goOn()) };
    this.#tracks = tracksOf(options.format).map((channel) => new Track({ ...shared, channel }));
    const room = new QueueRoom({
      lane: parts.lane,
      limits: options.queue,
      policy: options.shed,
      queuedSeconds: () => this.queuedSeconds,
      shed: (ticket, how) => this.#tracks.some((track) => track.shed(ticket, how)),
    });
    this.#admission = new Admission({
      source: name,
      clock,
      hasRoomFor: (bytes) =>
        this.#hearing.unheardSeconds < mostUnheardSeconds && room.has(bytes / this.#hearing.bytesPerSecond),
      accept: (bytes) => this.#accept(bytes),
      bytesPerSecond: () => this.#hearing.bytesPerSecond,
    });
    let resolveEnded: () => void;
    this.#ended = new Promise((resolve) => {
      resolveEnded = resolve;
    });
    this.#hearing = new Hearing({
      ears,
      format: options.format,
      onHeard: (blocks) => {
        for (const [at, block] of blocks.entries()) this.#tracks[at]?.hear(block);
        this.goOn();
      },
      onEnd: (failure, unheardSeconds) => {
        const defect = (cause: unknown) => EngineError.from(cause, 'INTERNAL', 'A source could not be ended properly.');
        void this.#finish(failure, unheardSeconds)
          .catch((thrown: unknown) => parts.emit({ kind: 'error', source: name, error: defect(thrown) }))
          .finally(resolveEnded);
      },
    });
  }

  /** More audio may come. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Where its audio went, to the sample, now. */
  get ledger(): SourceLedger {
    return sourceLedger(this.#tracks, this.#hearing.unheardSeconds);
  }

  /** What the load is judged by. @internal */
  get intake(): SourceIntake {
    return intakeOf(this.#tracks, this.#hearing.unheardSeconds);
  }

  /** What came of it so far, one for each channel. */
  get summaries(): readonly SourceSummary[] {
    return this.#tracks.map((track) => track.summary);
  }

  /** Decodes of it that wait for a slot. */
  get queuedChunks(): number {
    return this.#parts.lane.waiting.length;
  }

  /** How long the longest waits by now. */
  get oldestWaitSeconds(): number {
    return this.#parts.lane.oldestWaitSeconds;
  }

  /** Audio that was accepted and is neither told nor on disk yet; where channels are split, of the one with most. */
  get queuedSeconds(): number {
    return this.intake.queuedSeconds;
  }

  /**
   * Gives it audio, cut anywhere. Resolves when all of it is accepted; until then the bytes must not be changed.
   * @throws EngineError `SOURCE_ENDED`, `AUDIO_INVALID`, `OPTION_INVALID`; `QUEUE_FULL` when there was no room in time: what was accepted by then stays
   */
  async write(bytes: Uint8Array, { waitSeconds = Number.POSITIVE_INFINITY }: WriteOptions = {}): Promise<void> {
    if (!(typeof waitSeconds === 'number' && waitSeconds >= 0)) {
      throw new EngineError('OPTION_INVALID', `\`waitSeconds\` is ${String(waitSeconds)}; it must be a number from 0.`);
    }
    this.#check(bytes);
    try {
      await this.#admission.write(bytes, waitSeconds);
    } catch (error) {
      // It may have been all that others, or the end, waited for.
      this.goOn();
      throw error;
    }
  }

  /**
   * Gives it audio if there is room for it now.
   * @returns false when there is none; then nothing of it is accepted
   * @throws EngineError `SOURCE_ENDED`, `AUDIO_INVALID`, `OPTION_INVALID`
   */
  tryWrite(bytes: Uint8Array): boolean {
    const tail = this.#tail;
    this.#check(bytes);
    const isAccepted = this.#admission.tryWrite(bytes);
    if (!isAccepted) this.#tail = tail;
    return isAccepted;
  }

  /**
   * From the next write on, the bytes are in another format, with as many tracks. The source's clock goes on.
   * @throws EngineError `SOURCE_ENDED`, `OPTION_INVALID`, `AUDIO_INVALID`
   */
  changeFormat(format: LiveFormat): void {
    this.#checkOpen();
    const next = checkedFormat(format);
    if (this.#admission.isWaiting) {
      throw new EngineError('OPTION_INVALID', 'The format cannot change while writes wait for room. Await them first.');
    }
    this.#hearing.changeFormat(next);
    this.#tail = new Uint8Array(0);
  }

  /** A Node stream to pipe into; its end is the source's. */
  writable(): Writable {
    return writableInto(this);
  }

  /** The same as a web stream. */
  webWritable(): WritableStream<Uint8Array> {
    return Writable.toWeb(this.writable()) as WritableStream<Uint8Array>;
  }

  /** Ends it after everything that was written. Resolves when all of that is told. */
  end(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'ending';
      this.goOn();
    }
    return this.#ended;
  }

  /** Ends it now: what is not told yet becomes a gap. */
  abort(reason = new EngineError('ABORTED', `The source '${this.name}' was aborted.`)): Promise<void> {
    if (this.#state !== 'ended') {
      this.#state = 'ending';
      this.#stop(reason);
      this.#hearing.stop();
    }
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #checkOpen(): void {
    if (this.#state === 'open') return;
    throw new EngineError('SOURCE_ENDED', `The source '${this.name}' has ended. Add another one to its session.`);
  }

  #check(bytes: Uint8Array): void {
    this.#checkOpen();
    if (!(bytes instanceof Uint8Array)) {
      throw new EngineError('OPTION_INVALID', 'A source is written bytes: a Buffer or another Uint8Array.');
    }
    this.#tail = checkedTail(this.#hearing.format, this.#tail, bytes);
  }

  #accept(bytes: Uint8Array): void {
    this.#acceptedSeconds += bytes.length / this.#hearing.bytesPerSecond;
    const endSample = Math.ceil(this.#acceptedSeconds * sampleRate);
    for (const track of this.#tracks) track.arrive(endSample, this.#parts.clock.nowSeconds());
    this.#hearing.accept(bytes);
  }

  /** Something was told, or may come in, or out. @internal */
  goOn(): void {
    this.#admission.admit();
    if (this.#state === 'ending' && !this.#admission.isWaiting) this.#hearing.end();
    if (this.queuedSeconds >= catchUpBelow * this.options.queue.seconds) return;
    for (const track of this.#tracks) track.catchUp();
  }

  /** What waits is turned away, what runs is stopped; only the first reason counts. */
  #stop(reason: EngineError): void {
    this.#abortReason ??= reason;
    this.#admission.refuse(reason);
    this.#parts.lane.stop(reason);
    this.#parts.lateLane.stop(reason);
  }

  async #finish(failure: EngineError | undefined, unheardSeconds: number): Promise<void> {
    const { lane, lateLane, emit } = this.#parts;
    this.#state = 'ending';
    if (failure) this.#stop(failure);
    if (failure) emit({ kind: 'error', source: this.name, error: failure });
    if (!this.#abortReason) await Promise.all(this.#tracks.map((track) => track.end()));
    await Promise.all([lane.idle(), lateLane.idle()]);
    const reason = this.#abortReason;
    if (reason) await Promise.all(this.#tracks.map((track) => track.giveUp(reason, unheardSeconds)));
    this.#state = 'ended';
    emit({ kind: 'end', source: this.name, sources: this.summaries });
  }
}
