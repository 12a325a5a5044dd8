import { EventEmitter, once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the hub answers one question. */
export type Behaviour = (hub: HubServer, request: IncomingMessage, response: ServerResponse) => void;

interface Asked {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** A model hub on this machine that serves one file under every name, well unless it is told how not to. */
export class HubServer {
  readonly file: Buffer;
  /** Changes when the file does. */
  etag = '"first"';
  /** Every question so far. */
  readonly asked: Asked[] = [];
  /** `asked` at every question, and whatever a behaviour tells. */
  readonly events = new EventEmitter();
  readonly #server: Server;
  #script: Behaviour[] = [];

  private constructor(file: Buffer) {
    this.file = file;
    this.#server = createServer((request, response) => {
      this.asked.push({ path: request.url, headers: request.headers });
      // A client that goes away in the middle is what many of these tests are about.
      response.on('error', () => undefined);
      (this.#script.shift() ?? honest)(this, request, response);
      this.events.emit('asked');
    });
  }

  static async start(file: Buffer): Promise<HubServer> {
    const hub = new HubServer(file);
    hub.#server.listen(0, '127.0.0.1');
    await once(hub.#server, 'listening');
    return hub;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/models/`;
  }

  /** The first bytes of the ranges that were asked for; 0 for all of the file. */
  get offsets(): readonly number[] {
    return this.asked.map(({ headers }) => firstByte(headers) ?? 0);
  }

  /** Answers the next questions like this, one each, and those after them well. */
  will(...behaviours: readonly Behaviour[]): this {
    this.#script = [...behaviours];
    return this;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

function firstByte(headers: IncomingHttpHeaders): number | undefined {
  const first = /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
  return first === undefined ? undefined : Number(first);
}

/** As a good server does: with ranges, an entity tag, and If-Range heeded. */
const honest: Behaviour = (hub, request, response) => {
  const first = firstByte(request.headers);
  if (first === undefined || request.headers['if-range'] !== hub.etag) whole(hub, request, response);
  else if (first >= hub.file.length) status(416)(hub, request, response);
  else part(first)(hub, request, response);
};

/** All of the file, whatever was asked for. */
export const whole: Behaviour = ({ etag, file }, _, response) => {
  response.writeHead(200, { etag, 'content-length': file.length, 'content-type': 'application/octet-stream' });
  response.end(file);
};

/** The bytes from `first` on, whatever was asked for. */
export function part(first: number, etag?: string): Behaviour {
  return (hub, _, response) => {
    const { length } = hub.file;
    const range = { 'content-range': `bytes ${first}-${length - 1}/${length}`, 'content-length': length - first };
    response.writeHead(206, { etag: etag ?? hub.etag, ...range });
    response.end(hub.file.subarray(first));
  };
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (_, __, response) => response.writeHead(code, headers).end('no');
}

export function redirect(location: string | ((hub: HubServer) => string), code = 302): Behaviour {
  return (hub, _, response) =>
    response.writeHead(code, { location: typeof location === 'string' ? location : location(hub) }).end();
}

/** 200 and this body, without a length. */
export function body(content: Buffer | string, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return ({ etag }, _, response) => response.writeHead(200, { etag, ...headers }).end(content);
}

/** Begins to answer well, and after so many bytes of the file says nothing more, but tells `paused` with the answer. */
export function pause(afterBytes: number): Behaviour {
  return begin(afterBytes, (hub, response) => hub.events.emit('paused', response));
}

/** Begins to answer well, and breaks the connection after so many bytes of the file. */
export function breakOff(afterBytes: number): Behaviour {
  return begin(afterBytes, (_, response) => response.destroy());
}

/** Begins to answer well, and after so many bytes of the file sends one every few milliseconds. */
export function drip(afterBytes: number): Behaviour {
  return begin(afterBytes, ({ file }, response) => {
    let next = afterBytes;
    const timer = setInterval(() => {
      response.write(file.subarray(next, next + 1));
      next += 1;
    }, 5);
    response.on('close', () => clearInterval(timer));
  });
}

/** Never answers. */
export const silence: Behaviour = () => undefined;

function begin(bytes: number, then: (hub: HubServer, response: ServerResponse) => void): Behaviour {
  return (hub, request, response) => {
    const first = firstByte(request.headers) ?? 0;
    const { length } = hub.file;
    const range = first > 0 && { 'content-range': `bytes ${first}-${length - 1}/${length}` };
    response.writeHead(first > 0 ? 206 : 200, { etag: hub.etag, 'content-length': length - first, ...range });
    response.write(hub.file.subarray(first, first + bytes), () => then(hub, response));
  };
}
