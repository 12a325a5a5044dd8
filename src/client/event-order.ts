import type { ServerMessage } from '../wire/live-messages.js';

type Ack = Extract<ServerMessage, { kind: 'ack' }>;

/** The numbers of one session's events: each is taken once, and what is acknowledged counts when they are there. */
export class EventOrder {
  #lastSequence = 0;
  #acks: readonly Ack[] = [];

  /** What is asked for after a reconnect: the events after this one. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Whether an event is the next one, one that is known already, or one before which others are missing. */
  take(sequence: number): 'next' | 'known' | 'missing' {
    if (sequence <= this.#lastSequence) return 'known';
    if (sequence > this.#lastSequence + 1) return 'missing';
    this.#lastSequence = sequence;
    return 'next';
  }

  hold(ack: Ack): void {
    this.#acks = [...this.#acks, ack];
  }

  /** Acknowledgements that hold from now on, in order. */
  due(): readonly Ack[] {
    const due = this.#acks.filter(({ sequence }) => sequence <= this.#lastSequence);
    this.#acks = this.#acks.filter(({ sequence }) => sequence > this.#lastSequence);
    return due;
  }
}
