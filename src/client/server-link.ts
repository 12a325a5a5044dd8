import { EngineError } from '../errors.js';
import type { ClientMessage, ServerMessage } from '../wire/live-messages.js';
import { closeCodes } from '../wire/live-messages.js';
import type { ResolvedClientOptions } from './client-options.js';
import { Connection } from './connection.js';
import { type ConnectionEnd, meaningOf } from './connection-end.js';
import { type ClientState, type ConnectionAct, firstState, nextState } from './connection-state.js';
import type { Line } from './conversation.js';
import type { ServerAddress } from './server-address.js';
import { webSocketClass } from './web-socket.js';

export interface ServerLinkParts {
  readonly options: ResolvedClientOptions;
  readonly address: ServerAddress;
  readonly greeting: () => ClientMessage;
  /** @returns false when the session is of no more use */
  readonly onMessage: (message: ServerMessage) => boolean;
  /** After each message, when the state is the new one. */
  readonly onTold: () => void;
  /** The connection is no more, and perhaps the session. @returns whether there is anything left to connect for */
  readonly onBroken: (isSessionGone: boolean) => boolean;
  /** After that, when the state is the new one. */
  readonly onSettled: (state: ClientState) => void;
  readonly onState: (state: ClientState) => void;
}

/** One connection after the other to wherever the session is. */
export class ServerLink {
  readonly #parts: ServerLinkParts;
  #state = firstState;
  #connection: Connection | undefined;
  #stopRetry: () => void = () => undefined;

  constructor(parts: ServerLinkParts) {
    this.#parts = parts;
  }

  get state(): ClientState {
    return this.#state.shown;
  }

  /** Where to speak; undefined while nobody hears. */
  get line(): Line | undefined {
    return this.state.kind === 'live' ? this.#connection : undefined;
  }

  async dial(): Promise<void> {
    const { options, address, greeting } = this.#parts;
    this.#stopRetry();
    let webSocket = options.webSocket;
    try {
      webSocket ??= await webSocketClass();
    } catch (cause) {
      const error = new EngineError('PACKAGE_MISSING', 'There is no WebSocket here: `npm install undici`.', { cause });
      this.#over({ code: closeCodes.protocolBroken, reason: error.message, error });
      return;
    }
    if (this.state.kind === 'ended' || this.#connection) return;
    this.#act({ kind: 'dial' });
    this.#connection = new Connection({
      ...options,
      url: address.url,
      webSocket,
      greeting,
      onMessage: (message) => this.#take(message),
      onEnd: (end) => this.#over(end),
    });
  }

  /** By hand, and at once. */
  reconnect(): void {
    if (this.state.kind !== 'lost' && this.state.kind !== 'waiting') return;
    this.#act({ kind: 'reconnect' });
    void this.dial();
  }

  /** There is nothing left to connect for. */
  end(): void {
    this.#stopRetry();
    this.#connection?.drop();
    this.#connection = undefined;
    this.#act({ kind: 'end' });
  }

  #take(message: ServerMessage): void {
    const { address, onMessage, onTold } = this.#parts;
    if (!onMessage(message)) {
      // The server may forget the old session at once.
      this.#connection?.send({ kind: 'end' });
      const reason = 'Events are missing; another session hears that audio again.';
      this.#over({ code: closeCodes.sessionUnknown, reason });
      return;
    }
    if (message.kind === 'opened' || message.kind === 'resumed') this.#act({ kind: 'answered' });
    if (message.kind === 'ack') this.#act({ kind: 'useful' });
    if (message.kind === 'moved') address.moveTo(message.url);
    onTold();
  }

  #over(end: ConnectionEnd): void {
    const { options, address, onBroken, onSettled } = this.#parts;
    const { clock, chance } = options;
    this.#connection?.drop();
    this.#connection = undefined;
    if (meaningOf(end) === 'failed') address.hasFailed();
    if (onBroken(end.code === closeCodes.sessionUnknown)) {
      this.#act({ kind: 'closed', end, nowSeconds: clock.nowSeconds(), chance });
    }
    const { state } = this;
    if (state.kind === 'waiting') this.#stopRetry = clock.after(state.retryInSeconds, () => void this.dial());
    onSettled(state);
  }

  #act(act: ConnectionAct): void {
    const before = this.state;
    this.#state = nextState(this.#state, act);
    if (this.state !== before) this.#parts.onState(this.state);
  }
}
