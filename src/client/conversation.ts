import { EngineError } from '../errors.js';
import type { AudioFrame } from '../wire/audio-frame.js';
import {
  type ClientMessage,
  liveProtocol,
  type ServerMessage,
  type WireEvent,
  type WireSessionOptions,
  type WireSourceOptions,
} from '../wire/live-messages.js';
import type { ClientEvent, ClientSummary, UnnumberedClientEvent } from './client-events.js';
import { EventOrder } from './event-order.js';
import { SourceBooks } from './source-books.js';

/** Where a conversation says what it has to say. */
export interface Line {
  /** What was said has not gone out yet: say more later. */
  readonly isFull: boolean;
  send(message: ClientMessage): void;
  sendAudio(frame: AudioFrame): void;
}

export interface ConversationOptions {
  readonly key: string | undefined;
  readonly session: WireSessionOptions;
  /** Told of each event, numbered. */
  readonly tell: (event: ClientEvent) => void;
}

/**
 * One transcription, through however many connections, sessions and servers it takes: what to say, and what to tell. It
 * has no effects of its own: somebody else connects, and knows what time it is.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #sources: SourceBooks[] = [];
  #token: string | undefined;
  #order = new EventOrder();
  /** Numbers of sources in this session. */
  #nextId = 0;
  #sequence = 0;
  #state: 'open' | 'ending' | 'ended' = 'open';
  /** On this connection. */
  #isEndSent = false;
  /** On any connection of this session. */
  #isEndAsked = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  get state(): 'open' | 'ending' | 'ended' {
    return this.#state;
  }

  get sources(): readonly SourceBooks[] {
    return this.#sources;
  }

  get summaries(): readonly ClientSummary[] {
    return this.#sources.flatMap(({ summaries }) => summaries);
  }

  /** @throws EngineError `SESSION_ENDED`, `SOURCE_EXISTS`, `OPTION_INVALID` */
  addSource(name: string, options: WireSourceOptions): SourceBooks {
    if (this.#state !== 'open') throw new EngineError('SESSION_ENDED', 'The session has ended. Open a new one.');
    if (typeof name !== 'string' || name === '') {
      throw new EngineError('OPTION_INVALID', 'A source must have a name.');
    }
    if (this.#sources.some((source) => source.name === name && source.state !== 'ended')) {
      throw new EngineError(
        'SOURCE_EXISTS',
        `The session has a source '${name}' already. End it first, or take another name.`,
      );
    }
    const source = new SourceBooks(name, options, (event) => this.#tell(event));
    this.#sources.push(source);
    if (this.#token !== undefined) source.begin(this.#newId());
    return source;
  }

  /** No more is said. What was written is sent and told first. */
  end(): void {
    if (this.#state === 'open') this.#state = 'ending';
    for (const source of this.#sources) source.end();
    if (this.#token === undefined) this.#finishIfDone();
  }

  /** The first message on a connection. */
  greeting(): ClientMessage {
    const { key, session } = this.#options;
    const common = { protocol: liveProtocol, ...(key !== undefined && { key }) };
    if (this.#token === undefined) return { kind: 'open', ...common, session };
    return { kind: 'resume', ...common, token: this.#token, after: this.#order.lastSequence };
  }

  /** @returns false when the session is of no more use: events are missing that cannot be had again */
  take(message: ServerMessage): boolean {
    switch (message.kind) {
      case 'opened':
        this.#token = message.token;
        for (const source of this.#open) source.begin(this.#newId());
        return true;
      case 'resumed':
        for (const source of this.#open) source.goOn(message.sources.find(({ id }) => id === source.id));
        return true;
      case 'drain':
        this.#token = message.token;
        return true;
      case 'ack':
        for (const receipt of message.sources) this.#of(receipt.id)?.receive(receipt);
        this.#order.hold(message);
        this.#takeAcks();
        return true;
      case 'event':
        return this.#takeEvent(message.event);
      case 'moved':
      case 'refused':
        return true;
      default:
        // A newer server may say more.
        message satisfies never;
        return true;
    }
  }

  /** Says what there is to say. Audio written before `notBeforeSeconds` that no server has had is given up. */
  speak(line: Line, notBeforeSeconds: number): void {
    for (let isMore = true; isMore && !line.isFull; ) {
      isMore = false;
      for (const source of this.#open) isMore = this.#speakOf(source, line, notBeforeSeconds) || isMore;
    }
    if (this.#state !== 'ending' || this.#isEndSent || !this.#open.every(({ isEndSent }) => isEndSent)) return;
    this.#isEndSent = true;
    this.#isEndAsked = true;
    line.send({ kind: 'end' });
  }

  /** The connection is no more; the session may be. */
  hangUp(): void {
    this.#isEndSent = false;
    for (const source of this.#open) source.hangUp();
  }

  /** The session is no more: another one hears what this one has not told. */
  forgetSession(): void {
    this.hangUp();
    this.#token = undefined;
    this.#isEndAsked = false;
    this.#order = new EventOrder();
    this.#nextId = 0;
    for (const source of this.#open) source.leave();
    this.#finishIfDone();
  }

  /** Nobody will hear the rest: it is told as gaps. */
  giveUp(): void {
    this.#finish();
  }

  get #open(): readonly SourceBooks[] {
    return this.#sources.filter(({ state }) => state !== 'ended');
  }

  #newId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  #of(id: number): SourceBooks | undefined {
    return this.#open.find((source) => source.id === id);
  }

  #speakOf(source: SourceBooks, line: Line, notBeforeSeconds: number): boolean {
    const { id } = source;
    if (id === undefined || line.isFull) return false;
    const sending = source.next(notBeforeSeconds);
    if (!sending) return false;
    if (sending.kind === 'audio') line.sendAudio({ sourceId: id, fromByte: sending.fromByte, audio: sending.audio });
    else line.send({ id, ...sending });
    return true;
  }

  #takeEvent(event: WireEvent): boolean {
    if (event.kind === 'missed') return false;
    const place = this.#order.take(event.sequence);
    if (place === 'missing') return false;
    if (place === 'next') this.#takeNext(event);
    this.#takeAcks();
    return true;
  }

  #takeNext(event: Exclude<WireEvent, { kind: 'missed' }>): void {
    switch (event.kind) {
      case 'speech-start':
      case 'partial':
      case 'final':
      case 'gap':
        this.#open.find((source) => source.name === event.source)?.take(event);
        return;
      case 'plan':
        this.#tell(event);
        return;
      case 'error':
        this.#tell({ ...event, error: EngineError.fromWire(event.error) });
        return;
      case 'end':
        // A server that drains ends what nobody has asked it to end; another one goes on with that.
        if (event.source !== undefined) this.#open.find(({ name }) => name === event.source)?.takeEnd();
        else if (this.#isEndAsked) this.#finish();
        return;
      default:
        event satisfies never;
    }
  }

  #takeAcks(): void {
    for (const { sources } of this.#order.due()) {
      for (const receipt of sources) this.#of(receipt.id)?.settle(receipt);
    }
  }

  #finishIfDone(): void {
    if (this.#state === 'ending' && this.#open.length === 0) this.#finish();
  }

  #finish(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    for (const source of this.#open) source.giveUp();
    this.#tell({ kind: 'end', sources: this.summaries });
  }

  #tell(event: UnnumberedClientEvent): void {
    this.#sequence += 1;
    this.#options.tell({ ...event, sequence: this.#sequence });
  }
}
