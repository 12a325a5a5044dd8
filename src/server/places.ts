import type { Caller } from './gate.js';
import { LimitReached } from './limit-reached.js';

type PlaceKind = Parameters<Caller['enter']>[0];

/** How many places of each kind there are; undefined for as many as are wanted. */
export type PlaceLimits = Readonly<Record<PlaceKind, number | undefined>>;

const names = { session: 'live sessions', transcription: 'transcriptions' };
/** Nobody knows when a place is free again. A transcription takes seconds, a session minutes. */
const retryAfterSeconds = { session: 30, transcription: 5 };

/** Places that are taken and given back: those of a key, or all that the server has. */
export class Places {
  readonly #holder: string;
  readonly #taken: Record<PlaceKind, number> = { session: 0, transcription: 0 };

  /** @param holder as an error names it: `this key` */
  constructor(holder: string) {
    this.#holder = holder;
  }

  /**
   * Takes a place; the returned function gives it back, once.
   * @throws EngineError `LIMIT_REACHED`
   */
  enter(kind: PlaceKind, { [kind]: limit = Number.POSITIVE_INFINITY }: PlaceLimits): () => void {
    if (this.#taken[kind] >= limit) {
      throw new LimitReached(
        `The ${limit} ${names[kind]} that ${this.#holder} may have at once are taken. Come back when one has ended.`,
        retryAfterSeconds[kind],
      );
    }
    this.#taken[kind] += 1;
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      this.#taken[kind] -= 1;
    };
  }
}
