import { EngineError } from '../errors.js';
import type { LiveEvent } from './live-events.js';

/** Events that were gone before a reader came to them: it was too slow, or came too late. */
export interface Missed {
  readonly kind: 'missed';
  readonly fromSequence: number;
  /** The last one that is gone. */
  readonly toSequence: number;
  readonly count: number;
}

/** What there is to read after a position. */
export type NextInLog =
  | { readonly kind: 'item'; readonly item: LiveEvent | Missed }
  | { readonly kind: 'nothing-yet' }
  | { readonly kind: 'ended' };

/** What is followed. */
export interface Followed {
  nextAfter(sequence: number): NextInLog;
  /** Calls `wake` whenever there may be more, until the returned function is called. */
  onMore(wake: () => void): () => void;
}

type Result = IteratorResult<LiveEvent | Missed, undefined>;
const done: Result = { done: true, value: undefined };

/**
 * One reader of a log, at its own pace. The log and the signal know of it only while it waits, so one that is
 * forgotten costs nothing; all it has itself is a position.
 */
export class EventFollower implements AsyncIterableIterator<LiveEvent | Missed, undefined> {
  readonly #log: Followed;
  readonly #signal: AbortSignal | undefined;
  /** The last number that it has read, or knows to be gone. */
  #sequence: number;
  #isDone = false;
  /** Calls of `next` without an answer yet, oldest first. */
  readonly #calls: ((result: Result) => void)[] = [];
  #stopWaiting: (() => void) | undefined;

  /** @throws EngineError `OPTION_INVALID` */
  constructor(log: Followed, after: number, signal: AbortSignal | undefined) {
    if (signal && typeof signal.addEventListener !== 'function') {
      throw new EngineError('OPTION_INVALID', '`signal` must be an AbortSignal.');
    }
    this.#log = log;
    this.#sequence = after;
    this.#signal = signal;
  }

  next(): Promise<Result> {
    return new Promise((resolve) => {
      this.#calls.push(resolve);
      this.#proceed();
    });
  }

  /** Ends the reading; calls of `next` that still wait are told so. */
  return(): Promise<Result> {
    this.#isDone = true;
    this.#proceed();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answers as many calls as it can, and waits for the others' sake. */
  readonly #proceed = (): void => {
    for (let [call] = this.#calls; call; [call] = this.#calls) {
      const result = this.#take();
      if (!result) break;
      this.#calls.shift();
      call(result);
    }
    if (this.#calls.length > 0) this.#wait();
    else this.#stopWaiting?.();
  };

  #take(): Result | undefined {
    if (this.#isDone || this.#signal?.aborted) return done;
    const next = this.#log.nextAfter(this.#sequence);
    switch (next.kind) {
      case 'item':
        this.#sequence = next.item.kind === 'missed' ? next.item.toSequence : next.item.sequence;
        return { done: false, value: next.item };
      case 'nothing-yet':
        return undefined;
      case 'ended':
        return done;
      default:
        return next satisfies never;
    }
  }

  #wait(): void {
    if (this.#stopWaiting) return;
    const forget = this.#log.onMore(this.#proceed);
    this.#signal?.addEventListener('abort', this.#proceed);
    this.#stopWaiting = () => {
      forget();
      this.#signal?.removeEventListener('abort', this.#proceed);
      this.#stopWaiting = undefined;
    };
  }
}
