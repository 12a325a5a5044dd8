import { EngineError } from '../../errors.js';
import type { Missed } from '../../session/event-follower.js';
import type { LiveEvent } from '../../session/live-events.js';
import type { Session } from '../../session/session.js';
import { decodeAudioFrame } from '../../wire/audio-frame.js';
import type { ClientMessage, SourceReceipt } from '../../wire/live-messages.js';
import { CallSource, type SourceMessage } from './call-source.js';
import { type Farewell, farewells } from './farewell.js';
import type { SessionToken } from './session-token.js';
import { Settlements } from './settlements.js';

/** All sources of a session together, those that have ended, too. */
const mostSources = 1_000;
const mostOpenSources = 64;

/** What a client says about a session that it has. */
export type SessionMessage = Exclude<ClientMessage, { readonly kind: 'open' | 'resume' }>;

/** A connection of a call. */
export interface Line {
  /** Says what has been settled by now, and nothing more. */
  hangUp(farewell: Farewell): void;
  /** The server ends soon. */
  warn(withinSeconds: number): void;
}

export interface LiveCallParts {
  readonly token: SessionToken;
  readonly session: Session;
  /** Ends the absence that `session.detach()` began. @throws EngineError `SESSION_UNKNOWN` */
  readonly goOn: (absence: string) => void;
}

/**
 * - `open`: audio comes, or will
 * - `ending`: the client has asked for the end
 * - `draining`: the server ends; what was heard is told, but no end, for which nobody has asked
 */
type State = 'open' | 'ending' | 'draining';

/** A live session as its client knows it, over however many connections, one at a time. */
export class LiveCall {
  readonly token: SessionToken;
  readonly session: Session;
  readonly #goOn: (absence: string) => void;
  readonly #sources: CallSource[] = [];
  readonly #settlements = new Settlements();
  #state: State = 'open';
  #hasEnded = false;
  #line: Line | undefined;
  /** What `session.detach()` gave. */
  #absence: string | undefined;
  /** Everything that was said before is done. */
  #turn: Promise<void> = Promise.resolve();

  constructor({ token, session, goOn }: LiveCallParts) {
    this.token = token;
    this.session = session;
    this.#goOn = goOn;
    session.on('end', ({ source }) => {
      if (source === undefined) this.#hasEnded = true;
    });
  }

  /** All of it is told. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get state(): State {
    return this.#state;
  }

  get hasLine(): boolean {
    return this.#line !== undefined;
  }

  /** The client is on this line now. @throws EngineError `SESSION_UNKNOWN` when it comes too late */
  attach(line: Line): void {
    if (this.#absence !== undefined && !this.#hasEnded) this.#goOn(this.#absence);
    this.#absence = undefined;
    const before = this.#line;
    this.#line = line;
    before?.hangUp(farewells.replaced);
  }

  /** The line is cut. @returns false when another one had taken its place */
  detach(line: Line): boolean {
    if (this.#line !== line) return false;
    this.#line = undefined;
    try {
      this.#absence = this.session.detach();
    } catch {
      // It ends already, and waits for nobody.
    }
    return true;
  }

  /**
   * Does as the client says, after what it said before, over whichever line. Resolves when there is room for more.
   * @throws EngineError `PROTOCOL_BROKEN`, `OPTION_INVALID`, `AUDIO_INVALID`, `SOURCE_EXISTS`
   */
  take(said: SessionMessage | Uint8Array, line: Line): Promise<void> {
    const done = this.#turn.then(async () => {
      // What was said before the end, or by who was replaced, is not done any more.
      if (this.#state === 'open' && this.#line === line) await this.#take(said);
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** What may be said to who knows the events up to this one. */
  receipts(sequence: number): readonly SourceReceipt[] {
    const settledNow = this.#sources.map((source) => source.settledSeconds);
    this.#settlements.add(this.session.lastSequence, settledNow);
    const settled = this.#settlements.knownAfter(sequence);
    return this.#sources.map(({ receivedBytes }, id) => ({ id, receivedBytes, settledSeconds: settled[id] ?? 0 }));
  }

  /** Whether the client is told this event: not of an end that only this server wants. */
  isTold(event: LiveEvent | Missed): boolean {
    if (event.kind !== 'end') return true;
    if (event.source === undefined) return this.#state === 'ending';
    const source = this.#sources.findLast(({ name }) => name === event.source);
    return this.#state !== 'draining' || source?.isEndedByClient === true;
  }

  /** What was heard is told; nothing more is heard. */
  drain(withinSeconds: number): void {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    this.#line?.warn(withinSeconds);
    void this.session.end();
  }

  /** Ends at once; the client is told nothing that it could take for an end of its audio. */
  giveUp(reason: EngineError): void {
    this.#line?.hangUp(farewells.restarting);
    this.abort(reason);
  }

  /** Nobody wants to know any more. */
  abort(reason: EngineError): void {
    if (this.#state === 'open') this.#state = 'draining';
    this.session.abort(reason).catch(() => undefined);
  }

  async #take(said: SessionMessage | Uint8Array): Promise<void> {
    if (said instanceof Uint8Array) {
      const frame = decodeAudioFrame(said);
      await this.#source(frame.sourceId).hear(frame);
      return;
    }
    switch (said.kind) {
      case 'source':
        this.#announce(said);
        break;
      case 'lost':
        await this.#source(said.id).lose(said.fromByte, said.toByte);
        break;
      case 'end-source':
        this.#source(said.id).end(said.atByte);
        break;
      case 'end':
        this.#state = 'ending';
        void this.session.end();
        break;
      default:
        said satisfies never;
    }
  }

  #announce(message: SourceMessage): void {
    const known = this.#sources[message.id];
    if (known?.isAnnouncedBy(message)) return;
    if (known) throw broken(`Source ${message.id} is another one already.`);
    if (message.id !== this.#sources.length) throw broken(`The next source is number ${this.#sources.length}.`);
    if (this.#sources.length >= mostSources) throw tooMany(`${mostSources} sources`);
    if (this.#sources.filter(({ isOpen }) => isOpen).length >= mostOpenSources) {
      throw tooMany(`${mostOpenSources} sources at once`);
    }
    this.#sources.push(new CallSource(message, this.session));
  }

  #source(id: number): CallSource {
    const source = this.#sources[id];
    if (source) return source;
    throw broken(`There is no source ${id}; announce it first.`);
  }
}

function broken(message: string): EngineError {
  return new EngineError('PROTOCOL_BROKEN', message);
}

function tooMany(most: string): EngineError {
  return new EngineError('OPTION_INVALID', `A session has at most ${most}.`);
}
