/** Bytes in the order in which they came; any stretch of them can be had until it is dropped. */
export class ByteQueue {
  readonly #blocks: Uint8Array[] = [];
  /** Bytes of the first block that are dropped already. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds bytes; they are the queue's from now on. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#blocks.push(bytes);
    this.#length += bytes.length;
  }

  /** A copy of the bytes from `start` to `end`. */
  copy(start: number, end: number): Uint8Array {
    const copied = new Uint8Array(end - start);
    let position = -this.#offset;
    for (const block of this.#blocks) {
      if (position >= end) break;
      const part = block.subarray(Math.max(0, start - position), Math.max(0, end - position));
      if (part.length > 0) copied.set(part, Math.max(0, position - start));
      position += block.length;
    }
    return copied;
  }

  dropFirst(count: number): void {
    this.#offset += count;
    this.#length -= count;
    let [first] = this.#blocks;
    while (first && this.#offset >= first.length) {
      this.#offset -= first.length;
      this.#blocks.shift();
      [first] = this.#blocks;
    }
  }
}
