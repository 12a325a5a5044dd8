import { EngineError } from '../errors.js';
import type { Decoded } from '../scheduler/scheduler.js';
import type { Ticket, Work } from '../scheduler/work.js';
import type { Purpose } from './chunk-maker.js';
import type { Piece } from './piece.js';

export interface UtteranceOptions {
  /** From 1, in its track. */
  readonly number: number;
  /** A piece as the scheduler takes it. */
  readonly work: (piece: Piece, purpose: Purpose) => Work;
  readonly submit: (work: Work) => Ticket;
  readonly onPartial: (piece: Piece, decoded: Decoded) => void;
}

/** What is to be decoded, or was. */
interface Wish {
  readonly piece: Piece;
  /** It ends in a pause: when that lasts, its text is the final one. */
  readonly isPause: boolean;
}

/** The decode of a final, and while it waits its place in the queue. */
export interface FinalDecode {
  readonly decoded: Promise<Decoded>;
  readonly ticket: Ticket | undefined;
}

/**
 * One utterance on its way to a text. While it grows at most one decode of it waits or runs. What was decoded in a pause
 * is the final text when the pause lasts, so that the same audio is not decoded twice and nobody waits for it.
 */
export class Utterance {
  readonly number: number;
  readonly #options: UtteranceOptions;
  /** The decode that waits or runs. */
  #attempt: (Wish & { readonly ticket: Ticket }) | undefined;
  /** To be decoded when the one that runs has ended. */
  #next: Wish | undefined;
  #latest: (Wish & { readonly decoded: Decoded }) | undefined;
  #hasEnded = false;

  constructor(options: UtteranceOptions) {
    this.#options = options;
    this.number = options.number;
  }

  /** Wants a text of what there is so far. */
  grow(piece: Piece, isPause: boolean): void {
    const work = this.#options.work(piece, { kind: 'partial', isPassing: !isPause });
    if (!this.#attempt) this.#try({ piece, isPause, ticket: this.#options.submit(work) });
    else if (this.#attempt.ticket.replace(work)) this.#attempt = { ...this.#attempt, piece, isPause };
    else this.#queue({ piece, isPause }, this.#attempt);
  }

  /** A text that may be the final one does not wait for one that cannot. */
  #queue(next: Wish, running: Wish & { readonly ticket: Ticket }): void {
    this.#next = next;
    if (next.isPause && !running.isPause) running.ticket.withdraw(superseded());
  }

  /** It has ended, and is `piece`. */
  end(piece: Piece): FinalDecode {
    this.#hasEnded = true;
    const [latest, attempt] = [this.#latest, this.#attempt];
    if (latest && isFinalText(latest, piece)) {
      attempt?.ticket.withdraw(new EngineError('CHUNK_SHED', 'The text of the utterance is there already.'));
      return { decoded: Promise.resolve(latest.decoded), ticket: undefined };
    }
    const work = this.#options.work(piece, { kind: 'final', isPassing: false });
    if (attempt?.ticket.replace(work)) return { decoded: attempt.ticket.outcome, ticket: attempt.ticket };
    if (attempt && isFinalText(attempt, piece)) {
      const decoded = attempt.ticket.outcome.catch((error: unknown) => {
        // While it was a partial it could be given up for a final of somebody else.
        if (error instanceof EngineError && error.code === 'CHUNK_SHED') return this.#options.submit(work).outcome;
        throw error;
      });
      return { decoded, ticket: undefined };
    }
    attempt?.ticket.withdraw(superseded());
    const ticket = this.#options.submit(work);
    return { decoded: ticket.outcome, ticket };
  }

  #try(attempt: Wish & { readonly ticket: Ticket }): void {
    this.#attempt = attempt;
    attempt.ticket.outcome.then(
      (decoded) => this.#settled(decoded),
      () => this.#settled(undefined),
    );
  }

  #settled(decoded: Decoded | undefined): void {
    const [attempt, next] = [this.#attempt, this.#next];
    this.#attempt = undefined;
    this.#next = undefined;
    if (this.#hasEnded || !attempt) return;
    if (decoded) {
      this.#latest = { piece: attempt.piece, isPause: attempt.isPause, decoded };
      this.#options.onPartial(attempt.piece, decoded);
    }
    if (next) this.grow(next.piece, next.isPause);
  }
}

function superseded(): EngineError {
  return new EngineError('CHUNK_SHED', 'More of the utterance was heard; it is decoded as a whole.');
}

/** Whether nobody said more in `piece`: they may differ in the silence at the end. */
function isFinalText({ piece: decoded, isPause }: Wish, piece: Piece): boolean {
  const [last, lastDecoded] = [piece.speech.at(-1), decoded.speech.at(-1)];
  return isPause && decoded.startSample === piece.startSample && lastDecoded?.endSample === last?.endSample;
}
