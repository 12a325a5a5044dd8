export { EngineError, type EngineErrorCode } from '../errors.js';
export type {
  ClientEndEvent,
  ClientEvent,
  ClientEventMap,
  ClientGapEvent,
  ClientLedger,
  ClientSummary,
} from './client-events.js';
export type { BufferOptions, ClientOptions } from './client-options.js';
export type { ClientSource } from './client-source.js';
export type { ClientState } from './connection-state.js';
export { type ClientTranscript, connect, LiveClient } from './live-client.js';
export type { WebSocketClass, WebSocketLike } from './web-socket.js';
