import type { SendBuffer } from './send-buffer.js';

/** Keeps all buffers of a client together within a number of packets. */
export class BufferRoom {
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  isFull(buffers: readonly SendBuffer[]): boolean {
    return buffers.reduce((sum, { packets }) => sum + packets, 0) >= this.#limit;
  }

  /** Room for one more: what a server has already goes first, then what has waited longest. */
  make(buffers: readonly SendBuffer[]): void {
    if (!this.isFull(buffers)) return;
    for (const which of ['received', 'unreceived'] as const) {
      const oldest = buffers
        .map((buffer) => ({ buffer, atSeconds: buffer.oldestAtSeconds(which) ?? Number.POSITIVE_INFINITY }))
        .sort((one, other) => one.atSeconds - other.atSeconds)[0];
      if (oldest?.atSeconds === undefined || oldest.atSeconds === Number.POSITIVE_INFINITY) continue;
      oldest.buffer.giveUpOldest(which);
      return;
    }
  }
}
