import type { Lane } from '../../scheduler/scheduler.js';
import type { Work } from '../../scheduler/work.js';
import type { Ledger } from '../../session/ledger.js';
import type { Piece } from '../../session/piece.js';

export interface LatePiecesOptions {
  readonly ledger: Ledger;
  /** Behind everything that is on time. */
  readonly lane: Lane;
  readonly work: (piece: Piece) => Work;
  /** Whether there is room for one now; `catchUp` is to be called again when something was told. */
  readonly mayComeBack: () => boolean;
  readonly tell: (piece: Piece, fate: 'late' | 'dropped') => void;
}

/** The utterances of a source that are on disk, until there is time for them: one after the other, oldest first. */
export class LatePieces {
  readonly #options: LatePiecesOptions;
  readonly #pieces: Piece[] = [];
  #isComingBack = false;

  constructor(options: LatePiecesOptions) {
    this.#options = options;
  }

  add(piece: Piece): void {
    this.#options.ledger.spool(piece.startSample, piece.endSample);
    this.#pieces.push(piece);
  }

  catchUp(): void {
    const { ledger, lane, work, mayComeBack, tell } = this.#options;
    if (this.#isComingBack || this.#pieces.length === 0 || !mayComeBack()) return;
    const piece = this.#pieces.shift();
    if (!piece) return;
    this.#isComingBack = true;
    ledger.unspool(piece.startSample, piece.endSample);
    const back = (fate: 'late' | 'dropped') => {
      this.#isComingBack = false;
      tell(piece, fate);
    };
    lane.submit(work(piece)).outcome.then(
      () => back('late'),
      () => back('dropped'),
    );
  }
}
