import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { fastify } from 'fastify';
import { type ClientOptions, WebSocket } from 'ws';
import { type Clock, systemClock } from '../dist/clock.js';
import type { Engine } from '../dist/index.js';
import type { LeaseDirectory } from '../dist/queue/lease-directory.js';
import { anonymousGate } from '../dist/server/anonymous-gate.js';
import type { Gate } from '../dist/server/gate.js';
import { type LiveRoute, liveRoute } from '../dist/server/live/live-route.js';
import type { ResolvedServerOptions } from '../dist/server/options.js';
import { checkedLogger } from '../dist/telemetry/log.js';
import { encodeAudioFrame } from '../dist/wire/audio-frame.js';
import type { ClientMessage, ServerMessage, WireEvent } from '../dist/wire/live-messages.js';

export type Said<Kind extends ServerMessage['kind']> = Extract<ServerMessage, { readonly kind: Kind }>;
export type ToldOf<Kind extends WireEvent['kind']> = Extract<WireEvent, { readonly kind: Kind }>;

/** `/v1/live` of an engine, with nothing around it. */
export interface LiveServer extends AsyncDisposable {
  readonly url: string;
  readonly route: LiveRoute;
  readonly ending: AbortController;
  /** Its ends of all connections that were made. */
  readonly streams: readonly Socket[];
}

export interface LiveServerOptions {
  readonly engine: Engine;
  readonly clock?: Clock;
  readonly gate?: Gate;
  readonly leases?: LeaseDirectory;
  readonly options?: Partial<ResolvedServerOptions>;
}

export async function serveLive({ engine, clock, gate, leases, options }: LiveServerOptions): Promise<LiveServer> {
  const app = fastify({ forceCloseConnections: true });
  const ending = new AbortController();
  const route = liveRoute({
    app,
    engine,
    clock: clock ?? systemClock,
    logger: checkedLogger(undefined),
    gate: gate ?? anonymousGate({ session: undefined, transcription: undefined }),
    leases,
    draining: ending.signal,
    options: {
      host: '127.0.0.1',
      port: 0,
      keysFile: undefined,
      corsOrigins: [],
      uploadLimitBytes: 0,
      uploadFolder: '',
      audioLimitSeconds: 0,
      transcriptionLimit: 0,
      socketLimit: 256,
      requestSeconds: 300,
      drainSeconds: 30,
      page: false,
      publicUrl: undefined,
      ...options,
    },
  });
  const streams: Socket[] = [];
  app.server.on('connection', (stream) => streams.push(stream));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/v1/live`,
    route,
    ending,
    streams,
    async [Symbol.asyncDispose]() {
      route.abort();
      await app.close();
    },
  };
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A client that says exactly what it is told to say. */
export class RawLiveClient implements Disposable {
  readonly socket: WebSocket;
  readonly said: ServerMessage[] = [];
  readonly closed: Promise<Closed>;
  readonly #listeners = new Set<() => void>();
  #isClosed = false;

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.#isClosed = true;
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (bytes: Buffer) => {
      this.said.push(JSON.parse(bytes.toString()) as ServerMessage);
      this.#wake();
    });
  }

  static async connect(url: string, options?: ClientOptions): Promise<RawLiveClient> {
    const client = new RawLiveClient(url, options);
    await once(client.socket, 'open');
    return client;
  }

  say(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Bytes of the source from there on. */
  hear(sourceId: number, fromByte: number, audio: Uint8Array): void {
    this.socket.send(encodeAudioFrame({ sourceId, fromByte, audio }));
  }

  /** All of it, in pieces of that length. */
  hearAll(sourceId: number, audio: Uint8Array, { from = 0, pieceBytes = 3200 } = {}): void {
    for (let at = from; at < audio.length; at += pieceBytes) {
      this.hear(sourceId, at, audio.subarray(at, at + pieceBytes));
    }
  }

  /** Resolves with the first message that this can make something of. @throws when the connection is closed before */
  async until<T>(found: (message: ServerMessage, place: number) => T | undefined): Promise<T> {
    for (let at = 0; ; at += 1) {
      while (at >= this.said.length) {
        if (this.#isClosed)
          throw new Error(`Closed: ${JSON.stringify(await this.closed)} ${JSON.stringify(this.said.at(-1))}`);
        await new Promise<void>((resolve) => this.#listeners.add(resolve));
      }
      const message = this.said[at];
      const result = message && found(message, at);
      if (result !== undefined) return result;
    }
  }

  untilSaid<Kind extends ServerMessage['kind']>(
    kind: Kind,
    is: (message: Said<Kind>) => boolean = () => true,
  ): Promise<Said<Kind>> {
    return this.until((message) =>
      message.kind === kind && is(message as Said<Kind>) ? (message as Said<Kind>) : undefined,
    );
  }

  untilTold<Kind extends WireEvent['kind']>(
    kind: Kind,
    is: (event: ToldOf<Kind>) => boolean = () => true,
  ): Promise<ToldOf<Kind>> {
    return this.until((message) =>
      message.kind === 'event' && message.event.kind === kind && is(message.event as ToldOf<Kind>)
        ? (message.event as ToldOf<Kind>)
        : undefined,
    );
  }

  get events(): readonly WireEvent[] {
    return this.said.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
  }

  finals(): readonly ToldOf<'final'>[] {
    return this.events.filter((event): event is ToldOf<'final'> => event.kind === 'final');
  }

  /** As when a cable is pulled, or nearly. */
  cut(): void {
    this.socket.terminate();
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  #wake(): void {
    for (const wake of this.#listeners) wake();
    this.#listeners.clear();
  }
}
