import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { EngineError } from '../../errors.js';
import type { Missed } from '../../session/event-follower.js';
import type { LiveEvent } from '../../session/live-events.js';
import { type ClientMessage, closeCodes, type ServerMessage, type WireEvent } from '../../wire/live-messages.js';
import type { ServerParts } from '../server-parts.js';
import { type Farewell, farewells, refusalOf } from './farewell.js';
import { waitForHello } from './hello-wait.js';
import { type ClientFrame, Inbox } from './inbox.js';
import type { Line, LiveCall } from './live-call.js';
import { type LiveCalls, resumeSeconds } from './live-calls.js';
import { Pulse } from './pulse.js';
import { readClientMessage } from './wire-reader.js';

/** Acknowledgements are left out for a reader that has so much to read already. */
const mostUnsentBytes = 65_536;
/** With these a client says that it will not come back: it is done, or closed without a word. */
const closedForGood: readonly number[] = [1000, 1005];

export interface LiveConnectionParts extends Pick<ServerParts, 'clock' | 'gate'> {
  readonly socket: WebSocket;
  /** What is under it. */
  readonly stream: Duplex;
  /** Of the `Authorization` header of its upgrade. */
  readonly key: string | undefined;
  readonly calls: LiveCalls;
  /** Called once, when nothing of it is left. */
  readonly onClosed: () => void;
}

type State =
  /** Nobody knows who it is, or its session is being opened. */
  | { readonly kind: 'new' }
  | { readonly kind: 'live'; readonly call: LiveCall }
  /** Nothing is said any more. */
  | { readonly kind: 'closed'; readonly call: LiveCall | undefined; readonly code: number };

/** One WebSocket: lets its client in, does what it says in order, tells it events at its pace. */
export class LiveConnection implements Line {
  readonly #parts: LiveConnectionParts;
  readonly #inbox: Inbox;
  readonly #gone = new AbortController();
  #state: State = { kind: 'new' };
  /** Number of the last event that was sent. */
  #sentSequence = 0;
  /** Of the last one that need not be sent any more. */
  #doneSequence = 0;
  /** Waits for the first message, then looks whether the peer is there. */
  #pulse: Pick<Pulse, 'stop'>;

  constructor(parts: LiveConnectionParts) {
    this.#parts = parts;
    const { socket } = parts;
    this.#inbox = new Inbox({
      take: (frame) => this.#take(frame),
      onFailure: (error) => this.#refuse(error),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    });
    this.#pulse = { stop: waitForHello({ ...parts, onFailure: (error) => this.#refuse(error) }) };
    socket.on('message', (bytes, isBinary) => {
      if (!this.#isClosed) this.#inbox.add({ bytes: bytes as Buffer, isBinary });
    });
    // The package says what is wrong with a frame in its close code; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', (code) => this.#closed(code));
  }

  /** One that has no session is not let in any more. */
  refuseNew(error: EngineError): void {
    if (this.#state.kind === 'new') this.#refuse(error);
  }

  hangUp(farewell: Farewell): void {
    if (this.#state.kind === 'live') this.#acknowledge(this.#state.call);
    this.#close(farewell);
  }

  warn(withinSeconds: number): void {
    if (this.#state.kind !== 'live') return;
    this.#say({ kind: 'drain', token: this.#state.call.token.text, withinSeconds });
  }

  get #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  async #take({ bytes, isBinary }: ClientFrame): Promise<void> {
    switch (this.#state.kind) {
      case 'new':
        this.#pulse.stop();
        this.#pulse = new Pulse({ ...this.#parts, onBeat: () => this.#beat() });
        if (isBinary) throw broken('The first message is `open` or `resume`, in text.');
        await this.#greet(readClientMessage(bytes.toString()));
        break;
      case 'live': {
        const said = isBinary ? bytes : readClientMessage(bytes.toString());
        if ('kind' in said && (said.kind === 'open' || said.kind === 'resume')) {
          throw broken('This connection has a session already.');
        }
        await this.#state.call.take(said, this);
        break;
      }
      case 'closed':
        break;
      default:
        this.#state satisfies never;
    }
  }

  async #greet(message: ClientMessage): Promise<void> {
    if (message.kind !== 'open' && message.kind !== 'resume') {
      throw broken('The first message is `open` or `resume`.');
    }
    const { gate, key, calls } = this.#parts;
    const caller = gate.admit(message.key ?? key);
    if (message.kind === 'open') {
      const call = await calls.open(message.session ?? {}, caller, this.#gone.signal);
      const { session, text } = call.token;
      this.#begin(call, 0, () => ({ kind: 'opened', session, token: text, resumeSeconds }));
      // Nobody will ever know its token.
      if (this.#isClosed) calls.leave(call, this, true);
      return;
    }
    const found = await calls.find(message.token);
    if (this.#isClosed) return;
    if ('url' in found) {
      this.#say({ kind: 'moved', url: found.url });
      this.#close(farewells.moved);
      return;
    }
    const { after } = message;
    this.#begin(found, after, () => ({
      kind: 'resumed',
      session: found.token.session,
      sources: found.receipts(after),
    }));
  }

  #begin(call: LiveCall, after: number, hello: () => ServerMessage): void {
    // It refuses a number that no event has; only then is another connection replaced.
    const events = call.session.events({ after, signal: this.#gone.signal });
    this.#parts.calls.attach(call, this);
    if (this.#isClosed) return;
    this.#state = { kind: 'live', call };
    this.#sentSequence = after;
    this.#doneSequence = after;
    this.#say(hello());
    this.#tell(call, events).catch((error: unknown) => this.#refuse(error));
  }

  /** One after the other: what a slow reader has yet to read stays in the session's bounded log. */
  async #tell(call: LiveCall, events: AsyncIterable<LiveEvent | Missed>): Promise<void> {
    for await (const event of events) {
      const isTold = call.isTold(event);
      if (isTold) await this.#sent({ kind: 'event', event: onWire(event) });
      this.#doneSequence = event.kind === 'missed' ? event.toSequence : event.sequence;
      if (isTold) this.#sentSequence = this.#doneSequence;
    }
    this.hangUp(call.state === 'ending' ? farewells.ended : farewells.restarting);
  }

  #beat(): void {
    const { socket } = this.#parts;
    if (this.#state.kind === 'live' && socket.bufferedAmount <= mostUnsentBytes) this.#acknowledge(this.#state.call);
  }

  #acknowledge(call: LiveCall): void {
    this.#say({ kind: 'ack', sequence: this.#sentSequence, sources: call.receipts(this.#doneSequence) });
  }

  #say(message: ServerMessage): void {
    if (!this.#isClosed) this.#parts.socket.send(JSON.stringify(message));
  }

  #sent(message: ServerMessage): Promise<void> {
    // One that cannot be sent any more is not kept: the connection is closed, and whoever comes back asks for it.
    return new Promise((resolve) => this.#parts.socket.send(JSON.stringify(message), () => resolve()));
  }

  #refuse(error: unknown): void {
    const { message, farewell } = refusalOf(error);
    this.#say(message);
    this.#close(farewell);
  }

  #close({ code, reason }: Farewell): void {
    if (this.#state.kind === 'closed') return;
    this.#state = { kind: 'closed', code, call: this.#state.kind === 'live' ? this.#state.call : undefined };
    this.#pulse.stop();
    this.#inbox.drop();
    this.#gone.abort();
    this.#parts.socket.close(code, reason);
  }

  #closed(code: number): void {
    const { calls, onClosed } = this.#parts;
    const state = this.#state;
    const ours = state.kind === 'closed' ? state.code : undefined;
    const call = state.kind === 'new' ? undefined : state.call;
    this.#state = { kind: 'closed', code, call };
    this.#pulse.stop();
    this.#inbox.drop();
    this.#gone.abort();
    if (call) calls.leave(call, this, ours === closeCodes.protocolBroken || closedForGood.includes(code));
    onClosed();
  }
}

function onWire(event: LiveEvent | Missed): WireEvent {
  return event.kind === 'error' ? { ...event, error: event.error.toWire() } : event;
}

function broken(message: string): EngineError {
  return new EngineError('PROTOCOL_BROKEN', message);
}
