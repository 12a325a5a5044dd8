import type { Clock } from '../../clock.js';
import { describe, EngineError } from '../../errors.js';
import type { CheckedAnswer } from './answer-check.js';
import { audioBytes } from './audio-bytes.js';
import type { OpenedModel } from './held-model.js';
import type { ProcessDecode } from './process-decode.js';
import type { Hello, ModelSettings, Request } from './protocol.js';
import { recognitionOf } from './recognition-check.js';

/** No piece of audio takes so long: 20 times its own length, for the longest. */
const longestDecodeSeconds = 600;

export interface ExchangeOptions {
  readonly clock: Clock;
  /** Who decodes. */
  readonly provider: () => string;
  readonly send: (request: Request, bytes?: Uint8Array) => void;
  /** @param because - goes on after “It was killed, because it …” */
  readonly kill: (because: string) => void;
}

interface Promised<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: EngineError) => void;
}

type Asked =
  | ({ readonly kind: 'open' } & Promised<OpenedModel>)
  | ({ readonly kind: 'close' } & Promised<void>)
  | { readonly kind: 'ping' }
  | { readonly kind: 'decode'; readonly decode: ProcessDecode; readonly cancel: () => void };

/** What is asked of one process, by id, until it is answered. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #servedDecodes = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Those included whose outcome nobody waits for any more. */
  get decodes(): readonly ProcessDecode[] {
    return [...this.#asked.values()].flatMap((asked) => (asked.kind === 'decode' ? [asked.decode] : []));
  }

  get servedDecodes(): number {
    return this.#servedDecodes;
  }

  get isOpening(): boolean {
    return [...this.#asked.values()].some((asked) => asked.kind === 'open');
  }

  open(model: ModelSettings): Promise<OpenedModel> {
    return new Promise((resolve, reject) => {
      const id = this.#note({ kind: 'open', resolve, reject });
      this.#options.send({ kind: 'open', id, model });
    });
  }

  close(model: OpenedModel): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#note({ kind: 'close', resolve, reject });
      this.#options.send({ kind: 'close', id, model: model.id });
    });
  }

  ping(): void {
    this.#options.send({ kind: 'ping', id: this.#note({ kind: 'ping' }) });
  }

  decode(decode: ProcessDecode, { id: model, capabilities }: OpenedModel): void {
    const { clock, send, kill } = this.#options;
    const { pcm, deadlineAtSeconds, ...settings } = decode.chunk;
    let bytes: Uint8Array;
    try {
      bytes = audioBytes(pcm);
    } catch (error) {
      decode.fail(EngineError.from(error, 'DECODE_FAILED', 'The audio could not be sent to its provider.'));
      return;
    }
    const stuck = () => kill(`did not answer a decode within ${longestDecodeSeconds} s`);
    const id = this.#note({ kind: 'decode', decode, cancel: clock.after(longestDecodeSeconds, stuck) });
    decode.begin({ canStop: capabilities.abort, stop: () => send({ kind: 'stop', id }), kill });
    const leftSeconds = Math.max(0, deadlineAtSeconds - clock.nowSeconds());
    const deadline = Number.isFinite(leftSeconds) && { deadlineSeconds: leftSeconds };
    send({ kind: 'decode', id, model, samples: pcm.length, ...settings, ...deadline }, bytes);
  }

  /** @returns what is wrong with the answer */
  take(answer: Exclude<CheckedAnswer, Hello>): string | undefined {
    const asked = this.#asked.get(answer.id);
    if (!asked) return 'nobody asked this';
    switch (answer.kind) {
      case 'text':
        if (asked.kind !== 'decode') break;
        asked.decode.told(answer.text);
        return undefined;
      case 'decoded':
        if (asked.kind !== 'decode') break;
        return this.#decoded(answer, asked);
      case 'failed':
        if (asked.kind === 'ping') break;
        this.#end(answer.id);
        fail(asked, new EngineError(answer.code ?? defaultCode[asked.kind], answer.message));
        return undefined;
      case 'opened': {
        if (asked.kind !== 'open') break;
        this.#end(answer.id);
        const { id, capabilities, loading } = answer;
        asked.resolve({ id, capabilities, loading });
        return undefined;
      }
      case 'closed':
        if (asked.kind !== 'close') break;
        this.#end(answer.id);
        asked.resolve();
        return undefined;
      case 'pong':
        if (asked.kind !== 'ping') break;
        this.#end(answer.id);
        return undefined;
      default:
        answer satisfies never;
    }
    return `request ${answer.id} was a ${asked.kind}`;
  }

  /** The process is gone. */
  fail(error: EngineError): void {
    for (const [id, asked] of [...this.#asked]) {
      this.#end(id);
      fail(asked, error);
    }
  }

  #decoded(
    { id, recognition: value }: Extract<CheckedAnswer, { kind: 'decoded' }>,
    { decode }: Extract<Asked, { kind: 'decode' }>,
  ): string | undefined {
    try {
      const recognition = recognitionOf(value, decode.audioSeconds);
      const startedAtSeconds = this.#options.clock.nowSeconds() - recognition.decodeSeconds;
      this.#end(id);
      this.#servedDecodes += 1;
      decode.succeed({ provider: this.#options.provider(), recognition, startedAtSeconds });
      return undefined;
    } catch (error) {
      return describe(error);
    }
  }

  #note(asked: Asked): number {
    this.#lastId += 1;
    this.#asked.set(this.#lastId, asked);
    return this.#lastId;
  }

  #end(id: number): void {
    const asked = this.#asked.get(id);
    if (asked?.kind === 'decode') asked.cancel();
    this.#asked.delete(id);
  }
}

/** For a code that no provider may say. */
const defaultCode = { open: 'MODEL_LOAD_FAILED', close: 'INTERNAL', decode: 'DECODE_FAILED' } as const;

function fail(asked: Asked, error: EngineError): void {
  switch (asked.kind) {
    case 'open':
    case 'close':
      asked.reject(error);
      break;
    case 'decode':
      asked.decode.fail(error);
      break;
    case 'ping':
      break;
    default:
      asked satisfies never;
  }
}
