import { EngineError } from '../errors.js';
import type { DecodeRequest, Request } from '../provider/subprocess/protocol.js';

/** A host's lines are short; a longer one means that it speaks something else. */
const longestLineBytes = 2 ** 20;
const newline = 0x0a;

export interface RequestReaderOptions {
  /** Memory for the audio of a decode; undefined when it is too long: then it is passed over. */
  readonly memoryFor: (samples: number) => Float32Array | undefined;
  readonly onRequest: (request: Exclude<Request, DecodeRequest>) => void;
  /** Called when the audio is there, too. */
  readonly onDecode: (request: DecodeRequest, pcm: Float32Array | undefined) => void;
}

type State =
  | { readonly kind: 'line'; readonly parts: readonly Uint8Array[]; readonly lengthBytes: number }
  | {
      readonly kind: 'samples';
      readonly request: DecodeRequest;
      readonly pcm: Float32Array | undefined;
      readonly doneBytes: number;
    };

const startOfLine: State = { kind: 'line', parts: [], lengthBytes: 0 };

/** Cuts what a host writes into requests, wherever it is torn. Audio is copied once, to where it is decoded. */
export class RequestReader {
  readonly #options: RequestReaderOptions;
  #state: State = startOfLine;

  constructor(options: RequestReaderOptions) {
    this.#options = options;
  }

  /** @throws EngineError `INTERNAL` when it is not the protocol: nothing can be read after that */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.subarray(at);
      at += this.#state.kind === 'line' ? this.#takeLine(this.#state, rest) : this.#takeSamples(this.#state, rest);
    }
  }

  #takeLine({ parts, lengthBytes }: State & { readonly kind: 'line' }, bytes: Uint8Array): number {
    const end = bytes.indexOf(newline);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    if (lengthBytes + part.length > longestLineBytes) {
      throw new EngineError('INTERNAL', `A request is longer than ${longestLineBytes} bytes.`);
    }
    const all = [...parts, part];
    if (end < 0) {
      this.#state = { kind: 'line', parts: all, lengthBytes: lengthBytes + part.length };
      return bytes.length;
    }
    this.#state = startOfLine;
    this.#hear(JSON.parse(Buffer.concat(all).toString()) as Request);
    return end + 1;
  }

  #hear(request: Request): void {
    if (request.kind !== 'decode') {
      this.#options.onRequest(request);
      return;
    }
    this.#advance({ kind: 'samples', request, pcm: this.#options.memoryFor(request.samples), doneBytes: 0 });
  }

  #takeSamples(state: State & { readonly kind: 'samples' }, bytes: Uint8Array): number {
    const { pcm, doneBytes, request } = state;
    const taken = bytes.subarray(0, 4 * request.samples - doneBytes);
    if (pcm) new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength).set(taken, doneBytes);
    this.#advance({ ...state, doneBytes: doneBytes + taken.length });
    return taken.length;
  }

  #advance(state: State & { readonly kind: 'samples' }): void {
    const { request, pcm, doneBytes } = state;
    const isWhole = doneBytes === 4 * request.samples;
    this.#state = isWhole ? startOfLine : state;
    if (isWhole) this.#options.onDecode(request, pcm);
  }
}
