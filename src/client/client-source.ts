import { EngineError } from '../errors.js';
import type { ClientSummary } from './client-events.js';
import type { SourceBooks } from './source-books.js';

export interface ClientSourceParts {
  readonly books: SourceBooks;
  /** Takes bytes of any length now, however full the buffer is. */
  readonly accept: (bytes: Uint8Array) => void;
  /** Resolves when a packet more can be kept without giving up another; at once where the oldest goes. */
  readonly room: () => Promise<void>;
  /** Resolves when the server is not too far behind. */
  readonly caughtUp: () => Promise<void>;
  readonly end: () => void;
  /** Resolves when everything of it is told. */
  readonly ended: () => Promise<void>;
}

/** One stream of audio. Made by `client.addSource`. */
export class ClientSource implements AsyncDisposable {
  readonly name: string;
  readonly #parts: ClientSourceParts;
  readonly #waits: boolean;
  /** Writes come in one after the other. */
  #turn: Promise<void> = Promise.resolve();

  /** @internal Use `client.addSource`. */
  constructor(parts: ClientSourceParts, waits: boolean) {
    this.name = parts.books.name;
    this.#parts = parts;
    this.#waits = waits;
  }

  /** What came of it so far, one for each channel where they are split; with the books of where its audio went. */
  get summaries(): readonly ClientSummary[] {
    return this.#parts.books.summaries;
  }

  /**
   * Gives it audio, cut anywhere; the bytes are copied. Resolves when more may come: a microphone that cannot wait need
   * not. With `whenFull: 'wait'` the bytes must not be changed until then.
   * @throws EngineError `SOURCE_ENDED`, `OPTION_INVALID`; `CONNECTION_LOST` and what the server refused with for a write
   * that waited: what was accepted by then stays
   */
  async write(bytes: Uint8Array): Promise<void> {
    const { accept, caughtUp } = this.#parts;
    this.#requireOpen();
    if (!(bytes instanceof Uint8Array)) {
      throw new EngineError('OPTION_INVALID', 'A source is written bytes: a Uint8Array.');
    }
    if (!this.#waits) {
      accept(bytes);
      await caughtUp();
      return;
    }
    const written = this.#turn.then(() => this.#writeAsThereIsRoom(bytes));
    this.#turn = written.catch(() => undefined);
    await written;
  }

  /**
   * Ends it after everything that was written. Resolves when all of that is told.
   * @throws EngineError `CONNECTION_LOST`: call it again after `client.reconnect()`; what the server refused with
   */
  async end(): Promise<void> {
    await this.written();
    this.#parts.end();
    await this.#parts.ended();
  }

  /** Resolves when no write waits. @internal */
  written(): Promise<void> {
    return this.#turn;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  #requireOpen(): void {
    if (this.#parts.books.state === 'open') return;
    throw new EngineError('SOURCE_ENDED', `The source '${this.name}' has ended. Add another one.`);
  }

  async #writeAsThereIsRoom(bytes: Uint8Array): Promise<void> {
    const { books, accept, room, caughtUp } = this.#parts;
    const { packetBytes } = books.clock;
    for (let at = 0; at < bytes.length; at += packetBytes) {
      await room();
      this.#requireOpen();
      accept(bytes.subarray(at, at + packetBytes));
      await caughtUp();
    }
  }
}
