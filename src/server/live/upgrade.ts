import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type CallerRules, isHostAllowed, isOriginAllowed } from '../caller-place.js';

/** Why a connection does not become a WebSocket. */
export interface UpgradeRefusal {
  readonly status: 400 | 403 | 404 | 503;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

export interface UpgradeRules {
  readonly options: CallerRules;
  readonly isFull: boolean;
}

/** Undefined when it may. */
export function upgradeRefusal(
  { url, headers }: Pick<IncomingMessage, 'url' | 'headers'>,
  { options, isFull }: UpgradeRules,
): UpgradeRefusal | undefined {
  // Some clients ask for HTTP/2 with every request; over a server that knows WebSockets, Node then reads no body.
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return { status: 400, message: 'Speak HTTP/1.1 without `Upgrade`: the only protocol to change to is websocket.' };
  }
  if (url?.split('?')[0] !== '/v1/live') return { status: 404, message: 'The only WebSocket here is /v1/live.' };
  if (!isHostAllowed(headers, options))
    return { status: 403, message: 'This server is for this machine: call it localhost.' };
  if (!isOriginAllowed(headers, options)) {
    return { status: 403, message: 'Pages of this origin may not connect; the server has a list of those that may.' };
  }
  if (isFull) return { status: 503, message: 'All connections are taken. Come back later.', retryAfterSeconds: 10 };
  return undefined;
}

export function refuseUpgrade(stream: Duplex, { status, message, retryAfterSeconds }: UpgradeRefusal): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(message)}`,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
  ];
  stream.on('error', () => undefined);
  stream.once('finish', () => stream.destroy());
  stream.end(`${lines.join('\r\n')}\r\n\r\n${message}`);
}
