import type { Decoded } from '../scheduler/scheduler.js';
import type { Ticket } from '../scheduler/work.js';

/** What is decoded or will be. */
export interface Undecided {
  readonly decoded: Promise<Decoded>;
  /** Its own place in the queue, while it may be given up. */
  readonly ticket: Ticket | undefined;
}

export interface TellingOrderOptions<Entry> {
  readonly onDecoded: (entry: Entry, decoded: Decoded) => void;
  readonly onFailed: (entry: Entry, error: unknown) => void;
  /** One of the two has thrown, which is a defect; what comes after is told all the same. */
  readonly onDefect: (error: unknown) => void;
}

/** Utterances that have ended are told in the order in which they were spoken, whichever is decoded first. */
export class TellingOrder<Entry extends Undecided> {
  readonly #options: TellingOrderOptions<Entry>;
  readonly #entries: Entry[] = [];
  #telling: Promise<void> | undefined;

  constructor(options: TellingOrderOptions<Entry>) {
    this.#options = options;
  }

  /** The next to be told. */
  get oldest(): Entry | undefined {
    return this.#entries[0];
  }

  add(entry: Entry): void {
    entry.decoded.catch(() => undefined); // told in order, below
    this.#entries.push(entry);
    this.#telling ??= this.#tellAll();
  }

  /** Takes out the one that the ticket stands for: it is not told here any more. */
  remove(ticket: Ticket): Entry | undefined {
    const at = this.#entries.findIndex((entry) => entry.ticket === ticket);
    return at < 0 ? undefined : this.#entries.splice(at, 1)[0];
  }

  /** Resolves when all are told. */
  async idle(): Promise<void> {
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    const { onDecoded, onFailed } = this.#options;
    for (let [oldest] = this.#entries; oldest; [oldest] = this.#entries) {
      const entry = oldest;
      const tell = await entry.decoded.then(
        (decoded) => () => onDecoded(entry, decoded),
        (error: unknown) => () => onFailed(entry, error),
      );
      if (this.#entries[0] !== entry) continue; // taken out meanwhile
      this.#entries.shift();
      this.#attempt(tell);
    }
    // Now, not in a later turn: what ends from here on is told by another round.
    this.#telling = undefined;
  }

  #attempt(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.onDefect(error);
    }
  }
}
