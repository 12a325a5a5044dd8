import type { WireSourceOptions } from '../wire/live-messages.js';
import { BufferRoom } from './buffer-room.js';
import type { ClientEvent, ClientEventMap, ClientSummary } from './client-events.js';
import { type ClientOptions, clientOptions, type ResolvedClientOptions } from './client-options.js';
import { ClientSource } from './client-source.js';
import type { ClientState } from './connection-state.js';
import { Conversation } from './conversation.js';
import { Emitter } from './emitter.js';
import { ServerAddress } from './server-address.js';
import { ServerLink } from './server-link.js';
import type { SourceBooks } from './source-books.js';
import { Waiting } from './waiting.js';

/** How long bytes that do not fill a packet wait for more. */
const tailSeconds = 0.1;
/** When a full line is looked at again. */
const fullLineSeconds = 0.05;

/** What was heard: one entry for each channel of each source, in the order in which they were added. */
export interface ClientTranscript {
  readonly sources: readonly ClientSummary[];
}

/**
 * A live transcription by a server (`whisperpool serve`) that survives the network: it reconnects, sends again what the
 * server has not settled, and tells every final once. It connects as soon as it is made.
 */
export class LiveClient implements AsyncDisposable {
  readonly #options: ResolvedClientOptions;
  readonly #events = new Emitter<ClientEventMap>();
  readonly #conversation: Conversation;
  readonly #link: ServerLink;
  readonly #sources: ClientSource[] = [];
  readonly #room: BufferRoom;
  readonly #waiting = new Waiting();
  #stopTail: (() => void) | undefined;
  #stopPause: (() => void) | undefined;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#options = clientOptions(options);
    const { key, session, buffer } = this.#options;
    this.#room = new BufferRoom(buffer.packets);
    const tell = (event: ClientEvent) => this.#events.emit(event.kind, event);
    const conversation = new Conversation({ key, session, tell });
    this.#conversation = conversation;
    this.#link = new ServerLink({
      options: this.#options,
      address: new ServerAddress(url),
      greeting: () => conversation.greeting(),
      onMessage: (message) => conversation.take(message),
      onTold: () => {
        this.#speak();
        this.#look();
      },
      onBroken: (isSessionGone) => {
        if (isSessionGone) conversation.forgetSession();
        else conversation.hangUp();
        return conversation.state !== 'ended';
      },
      onSettled: (state) => this.#settle(state),
      onState: (state) => this.#events.emit('state', state),
    });
    // Later, so that who made it can listen first.
    queueMicrotask(() => void this.#link.dial());
  }

  /** Where it stands with its server. */
  get state(): ClientState {
    return this.#link.state;
  }

  /**
   * A new stream of audio; connected or not. A name can be used again when the source that had it has ended.
   * @throws EngineError `SOURCE_EXISTS`, `SESSION_ENDED`, `OPTION_INVALID`
   */
  addSource(name: string, options: WireSourceOptions): ClientSource {
    const books = this.#conversation.addSource(name, options);
    this.#speak();
    const { whenFull, aheadSeconds } = this.#options.buffer;
    const waits = whenFull === 'wait';
    const isCaughtUp = () => this.state.kind !== 'live' || books.unreceivedSeconds <= aheadSeconds;
    const source = new ClientSource(
      {
        books,
        accept: (bytes) => this.#accept(books, bytes),
        room: () => this.#until(() => !this.#room.isFull(this.#buffers)),
        caughtUp: () => this.#until(isCaughtUp),
        end: () => {
          this.#flush();
          books.end();
          this.#speak();
        },
        ended: () => this.#until(() => books.state === 'ended'),
      },
      waits,
    );
    this.#sources.push(source);
    return source;
  }

  /** Calls `listener` with each event of a kind, and for `state` with each new state. */
  on<Kind extends keyof ClientEventMap>(kind: Kind, listener: (event: ClientEventMap[Kind]) => void): this {
    this.#events.on(kind, listener);
    return this;
  }

  off<Kind extends keyof ClientEventMap>(kind: Kind, listener: (event: ClientEventMap[Kind]) => void): this {
    this.#events.off(kind, listener);
    return this;
  }

  /** Tries at once, and as often again as in the beginning; the session goes on if it is still there. For `lost` and `waiting`. */
  reconnect(): void {
    this.#link.reconnect();
  }

  /**
   * Ends all sources. Resolves when everything that was written is told.
   * @throws EngineError `CONNECTION_LOST`: call it again after `reconnect()`, or `abort()`; what the server refused with
   */
  async end(): Promise<ClientTranscript> {
    await Promise.all(this.#sources.map((source) => source.written()));
    this.#flush();
    this.#conversation.end();
    this.#speak();
    this.#look();
    await this.#until(() => this.#conversation.state === 'ended');
    return { sources: this.#conversation.summaries };
  }

  /** Ends it now, connected or not: what is not told yet becomes gaps. */
  abort(): ClientTranscript {
    this.#flush();
    this.#conversation.giveUp();
    this.#look();
    return { sources: this.#conversation.summaries };
  }

  /** As `end`; as `abort` where that is not possible. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end().catch(() => this.abort());
  }

  get #buffers() {
    return this.#conversation.sources.map(({ buffer }) => buffer);
  }

  /** Who waits for room keeps what there is, and a packet more when it comes to its end. */
  #makeRoom(): void {
    if (this.#options.buffer.whenFull === 'dropOldest') this.#room.make(this.#buffers);
  }

  #accept(books: SourceBooks, bytes: Uint8Array): void {
    books.write(bytes, this.#options.clock.nowSeconds(), () => this.#makeRoom());
    this.#stopTail ??= this.#options.clock.after(tailSeconds, () => this.#flush());
    this.#speak();
  }

  #flush(): void {
    this.#stopTail?.();
    this.#stopTail = undefined;
    const { clock } = this.#options;
    for (const books of this.#conversation.sources) {
      books.flush(clock.nowSeconds(), () => this.#makeRoom());
    }
    this.#speak();
  }

  #speak(): void {
    const { line } = this.#link;
    if (!line) return;
    const { clock, buffer } = this.#options;
    const ttlSeconds = buffer.whenFull === 'wait' ? Number.POSITIVE_INFINITY : buffer.ttlSeconds;
    this.#conversation.speak(line, clock.nowSeconds() - ttlSeconds);
    if (!line.isFull) return;
    this.#stopPause ??= clock.after(fullLineSeconds, () => {
      this.#stopPause = undefined;
      this.#speak();
    });
  }

  /** A connection is no more. */
  #settle(state: ClientState): void {
    if (state.kind === 'ended' || state.kind === 'refused') this.#conversation.giveUp();
    if (state.kind === 'lost' || state.kind === 'refused') this.#waiting.refuse(state.error);
    this.#look();
  }

  /** Something has happened that somebody may have waited for. */
  #look(): void {
    if (this.#conversation.state === 'ended') {
      this.#stopTail?.();
      this.#stopPause?.();
      this.#link.end();
    }
    this.#waiting.look();
  }

  /** @throws EngineError when it cannot come to that without a reconnect by hand, or at all */
  async #until(isOver: () => boolean): Promise<void> {
    if (isOver()) return;
    if (this.state.kind === 'lost' || this.state.kind === 'refused') throw this.state.error;
    await this.#waiting.until(isOver);
  }
}

/** The same as `new LiveClient(url, options)`. @throws EngineError `OPTION_INVALID` */
export function connect(url: string | URL, options?: ClientOptions): LiveClient {
  return new LiveClient(url, options);
}
