import { type FileHandle, open } from 'node:fs/promises';
import { type FileIdentity, openError } from './file-identity.js';
import { refuseIfAborted, truncated } from './refusal.js';

/** Large enough that a vocabulary takes 30 reads, small enough that hopping over tensors costs next to nothing. */
const windowBytes = 16 * 1024;

/** Walks through a file by positioned reads of one small window. Nothing is read or skipped past the end of the file. */
export class GgmlReader {
  readonly file: FileIdentity;
  /** Bytes the whole file must have, once its header has said so. */
  expectedBytes: number | undefined;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;
  readonly #window = Buffer.allocUnsafe(windowBytes);
  #windowStart = 0;
  #windowEnd = 0;
  #position = 0;

  private constructor(file: FileIdentity, handle: FileHandle, signal: AbortSignal | undefined) {
    this.file = file;
    this.#handle = handle;
    this.#signal = signal;
  }

  /** @throws EngineError `MODEL_MISSING` when the file cannot be opened. */
  static async open(file: FileIdentity, signal?: AbortSignal): Promise<GgmlReader> {
    try {
      return new GgmlReader(file, await open(file.path, 'r'), signal);
    } catch (error) {
      throw await openError(file.path, error);
    }
  }

  get position(): number {
    return this.#position;
  }

  /** Bytes from here to the end of the file. */
  get remainingBytes(): number {
    return this.file.sizeBytes - this.#position;
  }

  /** Bytes that can be taken without waiting for a read. */
  get bufferedBytes(): number {
    return this.#position < this.#windowStart ? 0 : Math.max(0, this.#windowEnd - this.#position);
  }

  /**
   * Makes `bytes` (at most the window) available to `int32` and `peek`.
   * @throws EngineError `MODEL_TRUNCATED`, naming `section`, when the file ends before them
   */
  async need(bytes: number, section: string): Promise<void> {
    if (this.bufferedBytes >= bytes) return;
    this.#refuseBeyondEnd(bytes, section);
    refuseIfAborted(this.#signal);
    const wanted = Math.min(windowBytes, this.remainingBytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await this.#handle.read(this.#window, filled, wanted - filled, this.#position + filled);
      if (bytesRead === 0) throw truncated(this.file.path, `it became shorter while it was being read, in ${section}`);
      filled += bytesRead;
    }
    this.#windowStart = this.#position;
    this.#windowEnd = this.#position + filled;
  }

  /** The next little-endian integer. `need` comes first. */
  int32(): number {
    const value = this.#window.readInt32LE(this.#position - this.#windowStart);
    this.#position += 4;
    return value;
  }

  /** A copy of the next `length` bytes, which stay where they are. `need` comes first. */
  peek(length: number): Buffer {
    const start = this.#position - this.#windowStart;
    return Buffer.from(this.#window.subarray(start, start + length));
  }

  /** @throws EngineError `MODEL_TRUNCATED`, naming `section`, when the file ends before them */
  skip(bytes: number, section: string): void {
    this.#refuseBeyondEnd(bytes, section);
    this.#position += bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #refuseBeyondEnd(bytes: number, section: string): void {
    if (bytes <= this.remainingBytes) return;
    const { path, sizeBytes } = this.file;
    const atLeast = this.expectedBytes ?? `at least ${this.#position + bytes}`;
    throw truncated(path, `it has ${sizeBytes} of ${atLeast} bytes and ends in ${section}`);
  }
}
