import type { PcmBuffers } from '../pool/pcm-buffers.js';
import type { Decoded, Lane } from '../scheduler/scheduler.js';
import type { Work } from '../scheduler/work.js';
import type { Spool, Spooled } from './spool.js';

interface Late<Entry> {
  readonly entry: Entry;
  readonly written: Promise<Spooled>;
}

export interface BacklogOptions<Entry> {
  readonly spool: Spool;
  /** For what comes back from disk: it waits behind everything that is on time. */
  readonly lane: Lane;
  readonly buffers: PcmBuffers;
  /** The piece as the scheduler takes it, over audio that was read back. */
  readonly work: (entry: Entry, pcm: Float32Array) => Work;
  /** It is being read back. */
  readonly onBack: (entry: Entry) => void;
  readonly onDecoded: (entry: Entry, decoded: Decoded) => void;
  /** It could be neither written nor read (`spool`), or not decoded. */
  readonly onLost: (entry: Entry, error: unknown, where: 'spool' | 'decode') => void;
}

/** Pieces of one track that were shed to disk, oldest first, until there is time for them. */
export class Backlog<Entry extends { readonly startSample: number; readonly endSample: number }> {
  readonly #options: BacklogOptions<Entry>;
  readonly #late: Late<Entry>[] = [];
  #catchingUp: Promise<void> | undefined;

  constructor(options: BacklogOptions<Entry>) {
    this.#options = options;
  }

  /** Writes a piece to disk; the memory of `pcm` is given back when that is done. */
  add(entry: Entry, pcm: Float32Array): void {
    const { spool, buffers, onBack, onLost } = this.#options;
    const written = spool
      .put(pcm, { startSample: entry.startSample, endSample: entry.endSample })
      .finally(() => buffers.give(pcm));
    const late = { entry, written };
    this.#late.push(late);
    written.catch((error: unknown) => {
      const at = this.#late.indexOf(late);
      if (at < 0) return; // whoever took it meets the error
      this.#late.splice(at, 1);
      onBack(entry);
      onLost(entry, error, 'spool');
    });
  }

  /** Decodes the oldest piece, if there is one and none is under way. */
  catchUp(): void {
    if (this.#catchingUp) return;
    const oldest = this.#late.shift();
    if (oldest) this.#catchingUp = this.#bringBack(oldest);
  }

  /** Resolves when everything has been decoded or lost. */
  async drain(): Promise<void> {
    // Others may have begun with the next piece meanwhile.
    this.catchUp();
    while (this.#catchingUp) {
      await this.#catchingUp;
      this.catchUp();
    }
  }

  /** Gives up what is on disk. The lane must have been stopped. */
  async abort(): Promise<void> {
    const late = this.#late.splice(0);
    for (const { entry, written } of late) {
      await written.then((spooled) => this.#options.spool.discard(spooled)).catch(() => undefined);
      this.#options.onBack(entry);
    }
    await this.#catchingUp;
  }

  async #bringBack({ entry, written }: Late<Entry>): Promise<void> {
    const { spool, lane, buffers, work, onBack, onDecoded, onLost } = this.#options;
    const memory = buffers.take();
    let where: 'spool' | 'decode' = 'spool';
    try {
      const pcm = await spool.take(await written, memory);
      onBack(entry);
      where = 'decode';
      onDecoded(entry, await lane.submit(work(entry, pcm)).outcome);
    } catch (error) {
      if (where === 'spool') onBack(entry);
      onLost(entry, error, where);
    } finally {
      buffers.give(memory);
      // Now, not in a later turn: whoever is told of this piece asks for the next one.
      this.#catchingUp = undefined;
    }
  }
}
