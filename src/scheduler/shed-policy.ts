import type { Ticket } from './work.js';

/** What is to be done so that there is room in a source's queue. */
export type Shed =
  /** Nothing: what is new does not come in, its `write` waits. */
  | { readonly kind: 'refuse' }
  /** Take this out; the audio of a final becomes a gap. */
  | { readonly kind: 'drop'; readonly ticket: Ticket }
  /** Put the audio of this on disk, to be decoded later. */
  | { readonly kind: 'spool'; readonly ticket: Ticket };

/** What a source does when its queue is full. Pure: it chooses, others act. */
export interface ShedPolicy {
  readonly name: string;
  /**
   * Asked again until there is room, or the answer is `refuse`.
   * @param waiting - the source's tickets that no slot has, oldest first
   */
  choose(waiting: readonly Ticket[]): Shed;
}

const refused: Shed = { kind: 'refuse' };

/**
 * Nothing is lost, and whoever writes is slowed down. For audio that can wait where it is: a recording, a socket that
 * holds its peer back. A microphone cannot.
 */
const refuse: ShedPolicy = {
  name: 'refuse',
  choose: () => refused,
};

/**
 * Gives up the oldest text that was only to be shown; when there is none, `write` waits. For sources whose every word counts
 * but whose live display may stutter.
 */
const dropOldestPartial: ShedPolicy = {
  name: 'dropOldestPartial',
  choose: (waiting) => dropped(oldestPartial(waiting)),
};

/**
 * Keeps up with the present: gives up the oldest partial, which loses no audio, and without one the oldest final, which becomes
 * a gap. For captions and voice agents, where late text is worth nothing, and for sources that cannot wait.
 */
const dropOldest: ShedPolicy = {
  name: 'dropOldest',
  choose: (waiting) => dropped(oldestPartial(waiting) ?? waiting[0]),
};

/**
 * Gives up the oldest partial, and without one puts the oldest final on disk. For what has to be complete in the end, and may
 * be late: records of calls and meetings.
 */
const spool: ShedPolicy = {
  name: 'spool',
  choose(waiting) {
    const partial = oldestPartial(waiting);
    if (partial) return dropped(partial);
    const [ticket] = waiting;
    return ticket ? { kind: 'spool', ticket } : refused;
  },
};

/** What an engine comes with; any object of the kind will do. */
export const shedPolicies = { refuse, dropOldestPartial, dropOldest, spool } as const satisfies Record<
  string,
  ShedPolicy
>;

function oldestPartial(waiting: readonly Ticket[]): Ticket | undefined {
  return waiting.find(({ work }) => work.kind === 'partial');
}

function dropped(ticket: Ticket | undefined): Shed {
  return ticket ? { kind: 'drop', ticket } : refused;
}
