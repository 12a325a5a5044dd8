import { EngineError } from '../errors.js';
import type { Lane } from '../scheduler/scheduler.js';
import type { Shed, ShedPolicy } from '../scheduler/shed-policy.js';
import type { Ticket } from '../scheduler/work.js';
import type { QueueLimits } from './source-options.js';

export interface QueueRoomOptions {
  readonly lane: Lane;
  readonly limits: QueueLimits;
  readonly policy: ShedPolicy;
  /** Audio that is accepted and not decided about. */
  readonly queuedSeconds: () => number;
  /** Gives up a final that waits. @returns false when that is not possible */
  readonly shed: (ticket: Ticket, how: 'drop' | 'spool') => boolean;
}

/** The room in the queue of a source; what its policy gives up makes more. */
export class QueueRoom {
  readonly #options: QueueRoomOptions;
  #hasWarned = false;

  constructor(options: QueueRoomOptions) {
    this.#options = options;
  }

  /** Whether there is room for so much more audio, after shedding if need be. */
  has(seconds: number): boolean {
    const { lane, limits, queuedSeconds, shed } = this.#options;
    // Nothing is given up for what will never fit.
    if (seconds > limits.seconds) return false;
    while (queuedSeconds() + seconds > limits.seconds || lane.waiting.length >= limits.chunks) {
      const { waiting } = lane;
      const choice = this.#chosen(waiting);
      // A policy of a user's may name a ticket that waits no longer: nothing would ever come of it.
      if (choice.kind === 'refuse' || !waiting.includes(choice.ticket)) return false;
      if (choice.ticket.work.kind === 'partial') choice.ticket.withdraw(noPartial());
      else if (!shed(choice.ticket, choice.kind)) return false;
    }
    return true;
  }

  /** An error of a user's policy must not stop the audio; it is reported once. */
  #chosen(waiting: readonly Ticket[]): Shed {
    const { policy } = this.#options;
    try {
      return policy.choose(waiting);
    } catch (error) {
      const warning = EngineError.from(error, 'INTERNAL', `The shed policy '${policy.name}' threw an error.`);
      if (!this.#hasWarned) process.emitWarning(warning);
      this.#hasWarned = true;
      return { kind: 'refuse' };
    }
  }
}

function noPartial(): EngineError {
  return new EngineError('CHUNK_SHED', 'A partial text was given up: the queue of its source was full.');
}
