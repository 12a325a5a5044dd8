import type { Plan } from '../capability/plan.js';
import type { Ladder } from '../degrade/ladder.js';
import { EngineError } from '../errors.js';
import type { PcmBuffers } from '../pool/pcm-buffers.js';
import type { LaneOptions, Scheduler } from '../scheduler/scheduler.js';
import { decodingOf } from '../session/decoding-options.js';
import type { FinalEvent, LiveEvent } from '../session/live-events.js';
import type { LivePlan } from '../session/live-plan.js';
import { Session, type SessionParts } from '../session/session.js';
import { SessionDesk } from '../session/session-desk.js';
import { Spool } from '../session/spool.js';
import type { SourceSnapshot } from '../telemetry/snapshot.js';
import type { SessionOptions } from './options.js';
import type { EngineParts } from './parts.js';

export interface LiveSessionsOptions {
  readonly parts: EngineParts;
  readonly scheduler: Scheduler;
  readonly buffers: PcmBuffers;
  readonly plan: LivePlan;
  readonly ladder: Ladder;
}

/** The model of a session, while it lasts. */
interface HeldModel {
  readonly language: string;
  /** Undefined for the engine's own. */
  readonly decode: LaneOptions['decode'];
  release(): void;
}

/** The live sessions of an engine. */
export class LiveSessions {
  readonly #options: LiveSessionsOptions;
  readonly #desk: SessionDesk<Session>;
  readonly #spool: Spool;
  readonly #ids = new WeakMap<Session, number>();
  #opened = 0;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(options: LiveSessionsOptions) {
    this.#options = options;
    const { clock, options: engineOptions } = options.parts;
    this.#desk = new SessionDesk(clock, { limit: engineOptions.sessionLimit });
    this.#spool = new Spool(engineOptions.spool);
  }

  /** Those that are open. */
  get sessions(): readonly Session[] {
    return this.#desk.sessions;
  }

  get counts() {
    return { open: this.#desk.sessions.length, detached: this.#desk.detached, limit: this.#desk.limit };
  }

  /** See `Engine.openSession`. */
  async open(options: SessionOptions): Promise<Session> {
    const decoding = decodingOf(options);
    const plan = { ...this.#options.plan, ...livePlanOf(options), beamSize: decoding.beamSize };
    const carriedCharacters = carriedLength(options.carriedCharacters);
    this.#desk.requirePlace();
    const held = await this.#hold(options);
    try {
      // Others may have come while the model was waited for.
      this.#desk.requirePlace();
      return this.#admit(held, { decoding, plan, carriedCharacters });
    } catch (error) {
      held.release();
      throw error;
    }
  }
  /** @throws EngineError `SESSION_UNKNOWN` */
  resume(token: string): Session {
    return this.#desk.resume(token);
  }

  get sources(): readonly SourceSnapshot[] {
    return this.#desk.sessions.flatMap((session) =>
      session.sources
        .filter((source) => !source.hasEnded)
        .map((source) => {
          const { unheardSeconds, settledSeconds, ...ledger } = source.ledger;
          const { name, priority, queuedChunks, queuedSeconds, oldestWaitSeconds } = source;
          const place = { session: String(this.#ids.get(session)), source: name, priority };
          return { ...place, queuedChunks, queuedSeconds, oldestWaitSeconds, unheardSeconds, settledSeconds, ledger };
        }),
    );
  }

  /** Ends every session now: what is not told yet becomes gaps. */
  abort(reason: EngineError): void {
    // Whoever closes waits for their end, and meets what goes wrong.
    for (const session of this.#desk.sessions) session.abort(reason).catch(() => undefined);
  }

  /** Ends every session, when everything that was written is told. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#desk.sessions.map((session) => session.end()));
    this.#desk.close();
    await this.#spool.close();
  }

  async #hold({ model, language, signal = new AbortController().signal }: SessionOptions): Promise<HeldModel> {
    const { parts } = this.#options;
    const spoken = language ?? parts.options.language ?? 'auto';
    if (model === undefined) return { ...(await parts.models.hold(spoken, signal)), decode: undefined };
    const own = parts.ownModel(model);
    const close = () => void own.models.close().catch(() => undefined);
    try {
      const held = await own.models.hold(spoken, signal);
      const release = () => {
        held.release();
        close();
      };
      return { language: held.language, decode: (chunk) => own.residents.decode(chunk), release };
    } catch (error) {
      close();
      throw error;
    }
  }

  #admit(held: HeldModel, chosen: Pick<SessionParts, 'decoding' | 'plan' | 'carriedCharacters'>): Session {
    const { parts, scheduler, buffers, ladder } = this.#options;
    const { logger, clock, listener, telemetry } = parts;
    const { language, decode } = held;
    const session: Session = new Session({
      clock,
      buffers,
      ears: listener,
      language,
      ...chosen,
      spool: this.#spool,
      serviceOf: (priority) => ladder.serviceOf(priority),
      openLane: (lane) => scheduler.openLane({ ...lane, decode }),
      detach: (leaving) => this.#detach(leaving),
      onUtterance: (name, channel, ended) => {
        const source = latestOf(session, name);
        if (source) ladder.recordings.heard(source, channel, ended);
      },
      onEvent: (event) => this.#note(event, session),
      onEnd: () => {
        held.release();
        this.#desk.leave(session);
        telemetry.sessionClosed();
        logger.info({ session: this.#ids.get(session) }, 'A live session has ended.');
      },
    });
    this.#desk.admit(session);
    this.#opened += 1;
    this.#ids.set(session, this.#opened);
    telemetry.sessionOpened();
    logger.info({ session: this.#opened, language }, 'A live session was opened.');
    ladder.wake();
    return session;
  }

  #detach(session: Session): string {
    const { logger } = this.#options.parts;
    return this.#desk.detach(session, {
      onExpire: () => {
        logger.warn({ session: this.#ids.get(session) }, 'Nobody came back to a live session; it ends.');
        session.end().catch((error: unknown) => logger.error({ error }, 'A live session could not be ended.'));
      },
    });
  }

  #tellLadder(final: FinalEvent, session: Session): void {
    const source = latestOf(session, final.source);
    if (source) this.#options.ladder.told(source, final);
  }

  #note(event: LiveEvent, session: Session): void {
    const { telemetry, logger } = this.#options.parts;
    switch (event.kind) {
      case 'partial':
        telemetry.partialLatency(event.latencySeconds);
        break;
      case 'final':
        telemetry.finalLatency(event.timings.latencySeconds);
        this.#tellLadder(event, session);
        break;
      case 'gap':
        telemetry.gap(event.reason, event.endSeconds - event.startSeconds);
        if (event.reason === 'shed') telemetry.shed('queue-full');
        logger.warn({ ...event, text: undefined }, event.message); // more people read logs than transcripts
        break;
      case 'error':
        telemetry.failed(event.error.code);
        logger.error({ source: event.source, code: event.error.code }, event.error.message);
        break;
      case 'plan':
        logger.info({ plan: event.plan }, event.reason);
        break;
      case 'speech-start':
      case 'end':
        break;
      default:
        throw new EngineError('INTERNAL', `There is no such event: ${JSON.stringify(event satisfies never)}.`);
    }
  }
}

/** The one that has the name now. */
function latestOf({ sources }: Session, wanted: string) {
  return sources.findLast(({ name }) => name === wanted);
}

/** Shorter chunks are cut in the midst of speech, which costs words and time: at 8 s nearly all end at a pause (docs/live.md). */
const shortestUsualChunkSeconds = 8;

/** What live sources follow where nobody asked for something else. */
export function livePlan({ chunkSeconds, encoderContext }: Plan): LivePlan {
  const longEnoughSeconds = Math.max(chunkSeconds, shortestUsualChunkSeconds);
  return { chunkSeconds: longEnoughSeconds, partialEverySeconds: 1, encoderContext, beamSize: 1 };
}

/** What a session asks of the plan itself. */
function livePlanOf({ chunkSeconds, partialEverySeconds }: SessionOptions): Partial<LivePlan> {
  return {
    ...(chunkSeconds !== undefined && { chunkSeconds: chunkLength(chunkSeconds) }),
    ...(partialEverySeconds !== undefined && { partialEverySeconds: partialInterval(partialEverySeconds) }),
  };
}

function chunkLength(value: number | 'continuous'): number {
  if (value === 'continuous') return Number.POSITIVE_INFINITY;
  if (typeof value === 'number' && value >= 1) return value;
  throw new EngineError(
    'OPTION_INVALID',
    `\`chunkSeconds\` is ${String(value)}; it must be a number from 1, or 'continuous'.`,
  );
}

function partialInterval(value: number | false): number | undefined {
  if (value === false) return undefined;
  if (typeof value === 'number' && value >= 0.2) return value;
  throw new EngineError(
    'OPTION_INVALID',
    `\`partialEverySeconds\` is ${String(value)}; it must be a number from 0.2, or false for no partial texts.`,
  );
}

function carriedLength(value = 0): number {
  if (Number.isInteger(value) && value >= 0 && value <= 800) return value;
  throw new EngineError(
    'OPTION_INVALID',
    `\`carriedCharacters\` is ${String(value)}; it must be a whole number from 0 to 800.`,
  );
}
