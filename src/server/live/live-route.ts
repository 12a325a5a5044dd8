import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { EngineError } from '../../errors.js';
import { bearerKey } from '../bearer-key.js';
import type { ServerParts } from '../server-parts.js';
import { LiveCalls, type LiveListener } from './live-calls.js';
import { LiveConnection } from './live-connection.js';
import { refuseUpgrade, upgradeRefusal } from './upgrade.js';

/** Of one frame: a second of the widest audio that a browser has. */
const longestFrameBytes = 1_048_576;
/** A peer that is told to go has so long to answer. */
const closeMilliseconds = 2_000;

const socketOptions = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: longestFrameBytes,
  closeTimeout: closeMilliseconds, // its types do not know it yet
};

/** `WS /v1/live`: live sessions over WebSockets, as docs/live-protocol.md says. */
export function liveRoute(parts: ServerParts): LiveRoute {
  return new LiveRoute(parts);
}

export class LiveRoute {
  readonly #parts: ServerParts;
  readonly #calls: LiveCalls;
  readonly #connections = new Set<LiveConnection>();
  readonly #sockets = new WebSocketServer(socketOptions);
  #onLastClosed: (() => void) | undefined;

  /** @internal Use `liveRoute`. */
  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#calls = new LiveCalls(parts);
    parts.app.server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    parts.draining.addEventListener('abort', () => {
      for (const connection of this.#connections) connection.refuseNew(draining());
    });
  }

  /** Calls `listener` with every event of every session. @returns ends that */
  onEvent(listener: LiveListener): () => void {
    return this.#calls.onEvent(listener);
  }

  /**
   * Tells every client that the server ends, and what was heard until now. Resolves when that is told and all
   * connections are closed; a client that reads too slowly can hold it up until `abort`.
   */
  async drain(): Promise<void> {
    await this.#calls.drain(this.#parts.options.drainSeconds);
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onLastClosed = resolve;
    });
  }

  /** Ends what still runs. What is not told by now, clients can say again elsewhere. */
  abort(reason = draining()): void {
    this.#calls.abort(reason);
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { options } = this.#parts;
    const refusal = upgradeRefusal(request, { options, isFull: this.#connections.size >= options.socketLimit });
    if (refusal) refuseUpgrade(stream, refusal);
    else this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#connect(socket, stream, request));
  }

  #connect(socket: WebSocket, stream: Duplex, { headers }: IncomingMessage): void {
    const connection: LiveConnection = new LiveConnection({
      ...this.#parts,
      socket,
      stream,
      key: bearerKey(headers),
      calls: this.#calls,
      onClosed: () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#onLastClosed?.();
      },
    });
    this.#connections.add(connection);
    if (this.#parts.draining.aborted) connection.refuseNew(draining());
  }
}

function draining(): EngineError {
  return new EngineError('SERVER_DRAINING', 'The server is ending. Come back in a moment, or ask another one.');
}
