import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import { type AudioFrame, encodeAudioFrame } from '../wire/audio-frame.js';
import type { ClientMessage, ServerMessage } from '../wire/live-messages.js';
import type { ConnectionEnd } from './connection-end.js';
import type { Line } from './conversation.js';
import type { WebSocketClass, WebSocketLike } from './web-socket.js';

/** What waits to leave this machine; beyond it, the network is slower than the audio. */
const mostBufferedBytes = 65_536;
/** Of the standard: a connection that broke. */
const brokenCode = 1006;

export interface ConnectionParts {
  readonly url: string;
  readonly webSocket: WebSocketClass;
  readonly clock: Clock;
  readonly connectSeconds: number;
  readonly silenceSeconds: number;
  readonly greeting: () => ClientMessage;
  readonly onMessage: (message: ServerMessage) => void;
  /** Called once, unless it is dropped before. */
  readonly onEnd: (end: ConnectionEnd) => void;
}

/** One WebSocket, watched: one that says nothing for too long has ended. */
export class Connection implements Line {
  readonly #parts: ConnectionParts;
  readonly #socket: WebSocketLike;
  #refused: Extract<ServerMessage, { kind: 'refused' }> | undefined;
  #stopWatch: () => void;

  /** @throws what the WebSocket does for an address that is none */
  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const socket = new parts.webSocket(parts.url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.send(parts.greeting());
    socket.onmessage = ({ data }: { readonly data: unknown }) => this.#take(data);
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
      this.#end(code, reason === '' ? `The connection broke (${code}).` : reason);
    };
    // `close` follows.
    socket.onerror = () => undefined;
    const { connectSeconds } = parts;
    this.#stopWatch = parts.clock.after(connectSeconds, () => {
      this.#end(brokenCode, `The server did not answer in ${connectSeconds} s.`);
    });
  }

  get isFull(): boolean {
    return this.#socket.readyState !== 1 || this.#socket.bufferedAmount > mostBufferedBytes;
  }

  send(message: ClientMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  sendAudio(frame: AudioFrame): void {
    this.#socket.send(encodeAudioFrame(frame));
  }

  /** Nothing more is heard from it. */
  drop(): void {
    this.#stopWatch();
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
  }

  #take(text: unknown): void {
    const { clock, silenceSeconds, onMessage } = this.#parts;
    this.#stopWatch();
    this.#stopWatch = clock.after(silenceSeconds, () => {
      this.#end(brokenCode, `The server said nothing for ${silenceSeconds} s.`);
    });
    let message: ServerMessage;
    try {
      message = JSON.parse(String(text)) as ServerMessage;
    } catch {
      this.#end(brokenCode, 'The server sent what is no message.');
      return;
    }
    if (message.kind === 'refused') this.#refused = message;
    onMessage(message);
  }

  #end(code: number, reason: string): void {
    this.drop();
    const refused = this.#refused;
    this.#parts.onEnd({
      code,
      reason: refused?.error.message ?? reason,
      ...(refused && { error: EngineError.fromWire(refused.error), retryAfterSeconds: refused.retryAfterSeconds }),
    });
  }
}
