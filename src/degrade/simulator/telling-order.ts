import type { Decoded } from '../../scheduler/scheduler.js';
import type { Ticket } from '../../scheduler/work.js';
import type { Piece } from '../../session/piece.js';

type Fate = 'final' | 'dropped';

interface Pending {
  readonly piece: Piece;
  readonly ticket: Ticket | undefined;
  fate: Fate | undefined;
}

/** The utterances of a source that have ended: what became of them is told in the order in which they were spoken. */
export class TellingOrder {
  readonly #tell: (piece: Piece, fate: Fate) => void;
  readonly #pending: Pending[] = [];

  constructor(tell: (piece: Piece, fate: Fate) => void) {
    this.#tell = tell;
  }

  /** It is decoded, by `ticket` where it has one of its own. */
  add(piece: Piece, decoded: Promise<Decoded>, ticket: Ticket | undefined): void {
    const pending: Pending = { piece, ticket, fate: undefined };
    this.#pending.push(pending);
    const settle = (fate: Fate) => {
      pending.fate = fate;
      this.#tellAll();
    };
    decoded.then(
      () => settle('final'),
      () => settle('dropped'),
    );
  }

  addDropped(piece: Piece): void {
    this.#pending.push({ piece, ticket: undefined, fate: 'dropped' });
    this.#tellAll();
  }

  /** Gives up the utterance of a ticket, and says so at once. @returns false when there is none that can be given up */
  drop(ticket: Ticket): boolean {
    const at = this.#pending.findIndex((pending) => pending.ticket === ticket && !pending.fate);
    const [dropped] = at < 0 ? [] : this.#pending.splice(at, 1);
    if (!dropped) return false;
    this.#tell(dropped.piece, 'dropped');
    this.#tellAll();
    return true;
  }

  #tellAll(): void {
    for (let [oldest] = this.#pending; oldest?.fate; [oldest] = this.#pending) {
      this.#pending.shift();
      this.#tell(oldest.piece, oldest.fate);
    }
  }
}
