import { EngineError, type EngineErrorCode } from '../errors.js';
import {
  type Answer,
  type DecodeRequest,
  type Hello,
  protocolVersion,
  type Request,
} from '../provider/subprocess/protocol.js';
import { RequestReader } from './request-reader.js';

/** What a process can do for its host. What it throws is told to the host. */
export interface HostService {
  readonly hello: Omit<Hello, 'kind' | 'protocol'>;
  /** What an error counts as that is none of the engine's. */
  readonly unexpected: readonly [code: EngineErrorCode, message: string];
  /** Memory for the audio of a decode; undefined when it is too long. */
  readonly memoryFor: (samples: number) => Float32Array | undefined;
  readonly open: (request: Request & { readonly kind: 'open' }) => Promise<Answer>;
  readonly close: (request: Request & { readonly kind: 'close' }) => Promise<Answer>;
  /** `pcm` is undefined when there was no memory for it. */
  readonly decode: (request: DecodeRequest, pcm: Float32Array | undefined) => Promise<Answer>;
  /** Stops the decode of this id, if it runs. */
  readonly stop: (id: number) => void;
}

/** The provider's side of the protocol, on the standard input and output of this process, which ends when its host does. */
export function serveHost(service: HostService): void {
  const answer = async (id: number, work: Promise<Answer>) => {
    try {
      say(await work);
    } catch (thrown) {
      const { code, message } = EngineError.from(thrown, ...service.unexpected);
      say({ kind: 'failed', id, error: { code, message } });
    }
  };
  say({ kind: 'hello', protocol: protocolVersion, ...service.hello });
  const reader = new RequestReader({
    memoryFor: service.memoryFor,
    onDecode: (request, pcm) => void answer(request.id, service.decode(request, pcm)),
    onRequest: (request) => {
      switch (request.kind) {
        case 'open':
          void answer(request.id, service.open(request));
          return;
        case 'close':
          void answer(request.id, service.close(request));
          return;
        case 'stop':
          service.stop(request.id);
          return;
        case 'ping':
          say({ kind: 'pong', id: request.id });
          return;
        default:
          request satisfies never;
      }
    },
  });
  process.stdin.on('data', (bytes: Buffer) => reader.push(bytes));
  process.stdin.on('end', end).on('error', end);
  process.stdout.on('error', end);
}

function say(message: Answer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** The host is gone, or wants this process gone. Nothing is to be tidied, and whatever hangs in here cannot hold it up. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
