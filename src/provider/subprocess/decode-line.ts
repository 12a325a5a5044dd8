import type { EngineError } from '../../errors.js';
import type { Chunk } from '../recognition.js';
import type { ProcessDecode } from './process-decode.js';
import type { ProviderChild } from './provider-child.js';

/**
 * The decodes that a process has no room for yet, first come first served. A chunk that was under way when a process
 * died may be what killed it: next time it is decoded alone, so that it takes no innocent chunk with it again.
 */
export class DecodeLine {
  #waiting: readonly ProcessDecode[] = [];
  readonly #suspects = new WeakSet<Chunk>();

  add(decode: ProcessDecode): void {
    this.#waiting = [...this.#waiting, decode];
  }

  suspect(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) this.#suspects.add(chunk);
  }

  /** What it has become acquits it, unless that was the death of its process, which accuses it again. */
  settled(decode: ProcessDecode): void {
    this.#suspects.delete(decode.chunk);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== decode);
  }

  /** Gives a process what it may take now. */
  feed(child: ProviderChild): void {
    for (let [next] = this.#waiting; next && child.hasRoom; [next] = this.#waiting) {
      const { decodes } = child;
      if (decodes.length > 0 && [next, ...decodes].some(({ chunk }) => this.#suspects.has(chunk))) return;
      this.#waiting = this.#waiting.slice(1);
      child.decode(next);
    }
  }

  refuse(error: EngineError): void {
    for (const decode of this.#waiting) decode.fail(error);
  }
}
