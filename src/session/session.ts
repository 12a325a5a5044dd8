import { inspect } from 'node:util';
import { EventEmitter } from 'eventemitter3';
import { EngineError } from '../errors.js';
import type { Lane, LaneOptions } from '../scheduler/scheduler.js';
import type { Priority } from '../scheduler/work.js';
import type { Missed } from './event-follower.js';
import { EventLog, type FollowOptions } from './event-log.js';
import type { LiveEvent, LiveEventMap, SourceSummary, UnnumberedEvent } from './live-events.js';
import type { LivePlan } from './live-plan.js';
import type { Service } from './service.js';
import { Source } from './source.js';
import { type SourceOptions, sourceOptions } from './source-options.js';
import type { SourceParts } from './source-parts.js';

type OfSource = 'name' | 'options' | 'lane' | 'lateLane' | 'emit' | 'plan' | 'service';

export interface SessionParts extends Omit<SourceParts, OfSource> {
  /** As requested; what its sources follow may become lighter. */
  readonly plan: LivePlan;
  /** What becomes of the utterances of sources of a priority now. @defaultValue they are decoded */
  readonly serviceOf?: ((priority: Priority) => Service) | undefined;
  readonly openLane: (options: LaneOptions) => Lane;
  /** Holds the session's place while its client is away. */
  readonly detach: (session: Session) => string;
  /** Told of every event, after those who listen. */
  readonly onEvent: (event: LiveEvent) => void;
  /** Called once, when everything of it is over. */
  readonly onEnd: () => void;
}

/** What a session heard, when it is over: one entry for each channel of each source, in the order in which they were added. */
export interface SessionTranscript {
  readonly sources: readonly SourceSummary[];
}

/**
 * A client's live transcription: sources that it adds, one stream of events. Made by `engine.openSession`.
 * Read the events with `on`, or with `for await (const event of session)`.
 */
export class Session implements AsyncDisposable, AsyncIterable<LiveEvent | Missed> {
  readonly #parts: SessionParts;
  readonly #events = new EventEmitter<LiveEventMap>();
  readonly #log: EventLog;
  readonly #sources: Source[] = [];
  #plan: LivePlan;
  #end: Promise<SessionTranscript> | undefined;

  /** @internal Use `engine.openSession`. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#plan = parts.plan;
    this.#log = new EventLog(parts.clock);
  }

  /** The part of the plan that its sources follow now. */
  get plan(): LivePlan {
    return this.#plan;
  }

  /** As it was asked for. */
  get requestedPlan(): LivePlan {
    return this.#parts.plan;
  }

  /** All its sources, those that have ended, too. */
  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** The number of the latest event, 0 before the first: what `events({ after })` and `engine.resumeSession` take. */
  get lastSequence(): number {
    return this.#log.lastSequence;
  }

  /**
   * A new stream of audio in this session. A name can be used again when the source that had it has ended.
   * @throws EngineError `SOURCE_EXISTS`, `SESSION_ENDED`, `OPTION_INVALID`, `AUDIO_INVALID`
   */
  addSource(name: string, options: SourceOptions): Source {
    this.#requireOpen();
    if (typeof name !== 'string' || name === '') {
      throw new EngineError('OPTION_INVALID', `A source must have a name, not ${inspect(name)}.`);
    }
    if (this.#sources.some((source) => source.name === name && !source.hasEnded)) {
      throw new EngineError(
        'SOURCE_EXISTS',
        `The session has a source '${name}' already. End it first, or take another name.`,
      );
    }
    const resolved = sourceOptions(options);
    const { openLane, serviceOf } = this.#parts;
    const service = () => serviceOf?.(resolved.priority) ?? 'decoded';
    const source = new Source({
      ...this.#parts,
      name,
      options: resolved,
      lane: openLane({ priority: resolved.priority, weight: resolved.weight }),
      lateLane: openLane({ priority: 'batch' }),
      // What is not going to be decoded is not shown before.
      plan: () => (service() === 'decoded' ? this.#plan : { ...this.#plan, partialEverySeconds: undefined }),
      service,
      emit: (event) => this.#emit(event),
    });
    this.#sources.push(source);
    return source;
  }

  /** Calls `listener` with each event of a kind. An error that it throws, or rejects with, is a warning of the process. */
  on<Kind extends LiveEvent['kind']>(kind: Kind, listener: LiveEventMap[Kind]): this {
    (this.#events as unknown as EventEmitter).on(kind, listener);
    return this;
  }

  off<Kind extends LiveEvent['kind']>(kind: Kind, listener: LiveEventMap[Kind]): this {
    (this.#events as unknown as EventEmitter).off(kind, listener);
    return this;
  }

  /**
   * The events after a number — of the last 30 s, at most 1,000 — and then each as it comes, until the session has
   * ended. A reader that is too slow is told what it missed, as an item of kind `missed`.
   * @throws EngineError `OPTION_INVALID`
   */
  events(options?: FollowOptions): AsyncIterableIterator<LiveEvent | Missed, undefined> {
    return this.#log.follow(options);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<LiveEvent | Missed, undefined> {
    return this.events();
  }

  /** The sources follow another plan from now on. @internal */
  follow(plan: LivePlan, reason: string): void {
    if (this.#end) return;
    this.#plan = plan;
    this.#emit({ kind: 'plan', plan, reason });
    // What waits on disk may be wanted now.
    for (const source of this.#sources) source.goOn();
  }

  /**
   * For a client that leaves and wants to come back: the session goes on, and `engine.resumeSession(token)` gives it
   * back within 60 s. After that it ends.
   * @throws EngineError `SESSION_ENDED`
   */
  detach(): string {
    this.#requireOpen();
    return this.#parts.detach(this);
  }

  /** Ends all sources. Resolves when everything that was written is told; a second call waits for the same. */
  end(): Promise<SessionTranscript> {
    this.#end ??= this.#finish((source) => source.end());
    return this.#end;
  }

  /** Ends it now: what is not told yet becomes gaps. */
  async abort(reason = new EngineError('ABORTED', 'The session was aborted.')): Promise<SessionTranscript> {
    // An end that is under way is hurried.
    for (const source of this.#sources) void source.abort(reason);
    return await this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #requireOpen(): void {
    if (this.#end) throw new EngineError('SESSION_ENDED', 'The session has ended. Open a new one.');
  }

  async #finish(endOf: (source: Source) => Promise<void>): Promise<SessionTranscript> {
    await Promise.all(this.#sources.map(endOf));
    const sources = this.#sources.flatMap((source) => source.summaries);
    this.#emit({ kind: 'end', sources });
    this.#log.close();
    this.#parts.onEnd();
    return { sources };
  }

  #emit(unnumbered: UnnumberedEvent): void {
    const event = this.#log.append(unnumbered);
    const warn = (error: unknown) => {
      // It is not the engine's, and must not stop the text of others.
      process.emitWarning(EngineError.from(error, 'INTERNAL', `A listener of '${event.kind}' events threw an error.`));
    };
    const listeners: readonly ((event: LiveEvent) => unknown)[] = (this.#events as unknown as EventEmitter).listeners(
      event.kind,
    );
    for (const listener of listeners) {
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch(warn);
      } catch (error) {
        warn(error);
      }
    }
    this.#parts.onEvent(event);
  }
}
