const newline = 0x0a;

/** Cuts bytes into lines, wherever a pipe has cut them. Keeps no more than one line that is not whole. */
export class LineReader {
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Whether a line was longer than the limit; nothing after it is read. */
  get isOverfull(): boolean {
    return this.#sizeBytes > this.#limitBytes;
  }

  /** The lines that `bytes` complete, without their ends. */
  *push(bytes: Buffer): Generator<string> {
    let start = 0;
    for (let end: number; !this.isOverfull; start = end + 1) {
      end = bytes.indexOf(newline, start);
      const part = bytes.subarray(start, end === -1 ? undefined : end);
      this.#sizeBytes += part.length;
      this.#parts.push(part);
      if (end === -1 || this.#sizeBytes > this.#limitBytes) break;
      const line = Buffer.concat(this.#parts).toString();
      this.#parts = [];
      this.#sizeBytes = 0;
      yield line;
    }
    if (this.isOverfull) this.#parts = [];
  }
}
