import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { WireSessionOptions } from '../wire/live-messages.js';
import { clientClock } from './client-clock.js';
import type { WebSocketClass } from './web-socket.js';

/** What is kept until a server has told it. */
export interface BufferOptions {
  /** Packets of 100 ms, of all sources together. @defaultValue 1000 */
  readonly packets?: number | undefined;
  /** Audio that could not be sent for so long is given up; not with `whenFull: 'wait'`. @defaultValue 30 */
  readonly ttlSeconds?: number | undefined;
  /**
   * `dropOldest`, for what is spoken now: the oldest becomes a gap. `wait`, for files: `write` waits, and nothing is
   * lost while the server lives. @defaultValue 'dropOldest'
   */
  readonly whenFull?: 'dropOldest' | 'wait' | undefined;
  /** While connected, `write` waits when the server has yet to take more than this of a source. @defaultValue 20 */
  readonly aheadSeconds?: number | undefined;
}

/** How a client transcribes, and how it stays in touch. */
export interface ClientOptions extends WireSessionOptions {
  /** API key; said in the first message, never in the address. */
  readonly key?: string | undefined;
  readonly buffer?: BufferOptions | undefined;
  /** A server that does not answer in this time is not reached. @defaultValue 10 */
  readonly connectSeconds?: number | undefined;
  /** The server acknowledges every second; a connection that is silent for so long is dead. @defaultValue 10 */
  readonly silenceSeconds?: number | undefined;
  /** @defaultValue the global `WebSocket`, or that of undici under Node 20 */
  readonly webSocket?: WebSocketClass | undefined;
  /** @internal */
  readonly clock?: Clock | undefined;
  /** From 0, below 1. @internal */
  readonly chance?: (() => number) | undefined;
}

export interface ResolvedClientOptions {
  readonly key: string | undefined;
  readonly session: WireSessionOptions;
  readonly buffer: { readonly [Key in keyof BufferOptions]-?: Exclude<BufferOptions[Key], undefined> };
  readonly connectSeconds: number;
  readonly silenceSeconds: number;
  readonly webSocket: WebSocketClass | undefined;
  readonly clock: Clock;
  readonly chance: () => number;
}

/** @throws EngineError `OPTION_INVALID` */
export function clientOptions(options: ClientOptions): ResolvedClientOptions {
  const { key, buffer = {}, connectSeconds, silenceSeconds, webSocket, clock, chance, ...session } = options;
  const { packets = 1000, ttlSeconds, whenFull = 'dropOldest', aheadSeconds } = buffer;
  if (!Number.isSafeInteger(packets) || packets < 10 || packets > 100_000) {
    throw invalid('buffer.packets', packets, 'a whole number from 10 to 100,000');
  }
  if (!['dropOldest', 'wait'].includes(whenFull)) throw invalid('buffer.whenFull', whenFull, "'dropOldest' or 'wait'");
  return {
    key,
    session,
    buffer: {
      packets,
      ttlSeconds: seconds('buffer.ttlSeconds', ttlSeconds, 30),
      whenFull,
      aheadSeconds: seconds('buffer.aheadSeconds', aheadSeconds, 20),
    },
    connectSeconds: seconds('connectSeconds', connectSeconds, 10),
    silenceSeconds: seconds('silenceSeconds', silenceSeconds, 10),
    webSocket,
    clock: clock ?? clientClock,
    chance: chance ?? Math.random,
  };
}

function seconds(name: string, value: number | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (typeof value === 'number' && value > 0) return value;
  throw invalid(name, value, 'a number above zero');
}

function invalid(name: string, value: unknown, wanted: string): EngineError {
  return new EngineError('OPTION_INVALID', `\`${name}\` is ${String(value)}; it must be ${wanted}.`);
}
