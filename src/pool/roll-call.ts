import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { EngineError } from '../errors.js';
import type { Loading, ModelUse } from '../provider/recognition.js';
import type { Reply, SlotMessage, SlotSetup } from '../workers/protocol.js';

type Answer = Reply<readonly Loading[]>;

interface Call {
  readonly inTurn: boolean;
  readonly onAnswer: (slotsHolding: number) => void;
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: EngineError) => void;
}

/**
 * Tells every slot which models to hold, and waits until each has answered for itself. Slots that die meanwhile are
 * replaced by ones that start with what is to be held; they answer in their place.
 */
export class RollCall {
  /** For the slots' `workerData`; always says what is to be held now. */
  readonly setup: { -readonly [Key in keyof SlotSetup]: SlotSetup[Key] };
  readonly #channel: BroadcastChannel;
  readonly #threadIds: () => readonly number[];
  /** What each slot was last told and has last answered. */
  readonly #told = new Map<number, number>();
  readonly #answers = new Map<number, { readonly revision: number; readonly answer: Answer }>();
  #call: Call | undefined;
  #isClosed = false;

  constructor(threadIds: () => readonly number[]) {
    this.setup = { channelName: `whisperpool-${randomUUID()}`, residency: { revision: 0, models: [] } };
    this.#threadIds = threadIds;
    this.#channel = new BroadcastChannel(this.setup.channelName);
    this.#channel.onmessage = (event) => {
      this.#hear((event as { readonly data: SlotMessage }).data);
    };
    this.#channel.unref();
  }

  /**
   * Resolves with every slot's answer. One call at a time.
   * @param inTurn - one slot after the other, instead of all at once
   * @throws EngineError `WORKER_DIED` when no slot is left
   */
  hold(
    models: readonly ModelUse[],
    { inTurn, onAnswer }: Pick<Call, 'inTurn' | 'onAnswer'>,
  ): Promise<readonly Answer[]> {
    if (this.#isClosed) return Promise.reject(closed());
    this.setup.residency = { revision: this.setup.residency.revision + 1, models };
    // Whoever waits for an answer keeps the process alive; a listener that waits for none does not.
    this.#channel.ref();
    const answers = new Promise<readonly Answer[]>((resolve, reject) => {
      this.#call = { inTurn, onAnswer, resolve, reject };
      this.proceed();
    });
    return answers.finally(() => {
      this.#channel.unref();
    });
  }

  /** Looks again at who is there: to be called when a thread has ended. */
  proceed(): void {
    if (this.#isClosed) return;
    const ids = this.#threadIds();
    for (const known of [this.#told, this.#answers]) {
      for (const id of known.keys()) if (!ids.includes(id)) known.delete(id);
    }
    const { revision } = this.setup.residency;
    const answers = ids.flatMap((id) => {
      const given = this.#answers.get(id);
      return given?.revision === revision ? [given.answer] : [];
    });
    const silent = ids.filter((id) => this.#answers.get(id)?.revision !== revision);
    for (const id of this.#call?.inTurn ? silent.slice(0, 1) : silent) this.#tell(id);
    if (!this.#call) return;
    if (ids.length === 0) {
      this.#call.reject(
        new EngineError('WORKER_DIED', 'All worker threads ended while a model was loaded. Try again.'),
      );
      this.#call = undefined;
    } else if (silent.length === 0) {
      this.#call.resolve(answers);
      this.#call = undefined;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#channel.close();
    this.#call?.reject(closed());
    this.#call = undefined;
  }

  #tell(threadId: number): void {
    const { residency } = this.setup;
    if (this.#told.get(threadId) === residency.revision) return;
    this.#told.set(threadId, residency.revision);
    this.#channel.postMessage({ kind: 'hold', threadId, residency } satisfies SlotMessage);
  }

  #hear(message: SlotMessage): void {
    if (message.kind !== 'held') return;
    const { threadId, revision, reply } = message;
    this.#answers.set(threadId, { revision, answer: reply });
    // A slot that has just come up may not have been listening yet when it was told.
    if (revision !== this.setup.residency.revision) this.#told.delete(threadId);
    else this.#call?.onAnswer([...this.#answers.values()].filter((given) => given.revision === revision).length);
    this.proceed();
  }
}

function closed(): EngineError {
  return new EngineError('ENGINE_CLOSED', 'The worker threads have ended.');
}
