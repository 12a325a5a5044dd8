import type { Heard } from './heard.js';

/** What was heard last on one channel of a source. */
interface Line {
  readonly caller: string;
  /** The last finals and gaps, and the partial after them. */
  readonly told: readonly Heard[];
}

const mostTold = 5;
const mostLines = 100;

/** The latest of every live source, for those who begin to watch now. What is older is forgotten. */
export class HeardMemory {
  /** By session, source and channel; the one that was heard last is the last. */
  readonly #lines = new Map<string, Line>();

  keep(heard: Heard, caller: string): void {
    const { session, source, channel } = heard;
    if (heard.kind === 'end') {
      for (const [key, { told }] of this.#lines) {
        if (told.some((one) => one.session === session && one.source === source)) this.#lines.delete(key);
      }
      return;
    }
    const key = JSON.stringify([session, source, channel]);
    const settled = this.#lines.get(key)?.told.filter(({ kind }) => kind !== 'partial') ?? [];
    this.#lines.delete(key);
    this.#lines.set(key, { caller, told: [...settled, heard].slice(-mostTold) });
    for (const oldest of this.#lines.keys()) {
      if (this.#lines.size <= mostLines) break;
      this.#lines.delete(oldest);
    }
  }

  /** Of the sessions of one caller, in the order in which they were heard. */
  of(caller: string): readonly Heard[] {
    return [...this.#lines.values()].filter((line) => line.caller === caller).flatMap(({ told }) => told);
  }
}
