import { EngineError } from '../errors.js';
import type { Decode, SlotOutcome } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import type { Decoded, LanePriority, Ticket, Work } from './work.js';

/** Slots that a chunk may take down before it is set aside. */
const mostDeaths = 2;

/** Told what becomes of each work, for telemetry. They must not throw. */
export interface WorkHooks {
  readonly onDecoded?: ((work: Work, decoded: Decoded, priority: LanePriority) => void) | undefined;
  /** Its ticket rejects, whatever the reason: the error's code says which. */
  readonly onFailed?: ((work: Work, error: unknown) => void) | undefined;
  /** It lost its slot; when that was for the first time it is decoded once more. */
  readonly onDeath?: ((work: Work) => void) | undefined;
}

/** The lane that a ticket is in. */
export interface TicketLane {
  readonly hooks: WorkHooks;
  readonly priority: LanePriority;
  /**
   * Its partials do not make way for finals until one was decoded: one that ran did, or waited longest of all for its turn.
   * Otherwise none might ever be decoded.
   */
  isSpared: boolean;
  /** Other work stands in the ticket's place than `earlier`. */
  replaced(ticket: OpenTicket, earlier: Work): void;
  /** The ticket waits no longer, and no slot has it. */
  left(ticket: OpenTicket): void;
}

/** What a slot said when it let go. */
export type Ended =
  | { readonly kind: 'decoded'; readonly outcome: SlotOutcome }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Why a running decode was told to stop. What was given up but is decoded all the same is welcome. */
interface Ending {
  readonly kind: 'withdrawn' | 'given-up';
  readonly reason: EngineError;
}

interface Run {
  readonly kind: 'running';
  decode: Decode | undefined;
  ending: Ending | undefined;
}

type Phase = { readonly kind: 'waiting' } | Run | { readonly kind: 'settled' };

/** A ticket as the scheduler sees it. */
export class OpenTicket<InLane extends TicketLane = TicketLane> implements Ticket {
  readonly outcome: Promise<Decoded>;
  readonly lane: InLane;
  /** Lower than that of every ticket submitted later, in any lane. */
  readonly place: number;
  readonly waitingSinceSeconds: number;
  /** What it went by when a slot first took it: its deadline, with its lane's share counted in, and that share. */
  takenByDeadlineSeconds: number | undefined;
  servedBeforeSeconds: number | undefined;
  #work: Work;
  #workSinceSeconds: number;
  #dueAtSeconds: number;
  /** Made when a slot takes it, kept for the next slot if that one dies. */
  #chunk: Chunk | undefined;
  #deaths = 0;
  #phase: Phase = { kind: 'waiting' };
  readonly #nowSeconds: () => number;
  #resolve: (decoded: Decoded) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(work: Work, lane: InLane, place: number, nowSeconds: () => number) {
    this.#work = work;
    this.lane = lane;
    this.place = place;
    this.#nowSeconds = nowSeconds;
    this.waitingSinceSeconds = this.#workSinceSeconds = nowSeconds();
    this.#dueAtSeconds = work.dueAtSeconds;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.outcome.catch(() => undefined);
  }

  get work(): Work {
    return this.#work;
  }

  get state(): Ticket['state'] {
    return this.#phase.kind;
  }

  get dueAtSeconds(): number {
    return this.#dueAtSeconds;
  }

  /** Whether its slot was told to stop, and will soon be free. */
  get isEnding(): boolean {
    return this.#phase.kind === 'running' && this.#phase.ending !== undefined;
  }

  replace(work: Work): boolean {
    // A chunk that was made has memory that its maker expects back when the ticket settles.
    if (this.#phase.kind !== 'waiting' || this.#chunk) return false;
    const earlier = this.#work;
    this.#work = work;
    this.#workSinceSeconds = this.#nowSeconds();
    // A partial that is superseded again and again would otherwise never be due.
    const isSameKind = work.kind === earlier.kind;
    this.#dueAtSeconds = isSameKind ? Math.min(this.#dueAtSeconds, work.dueAtSeconds) : work.dueAtSeconds;
    this.lane.replaced(this, earlier);
    return true;
  }

  withdraw(reason: EngineError): void {
    const phase = this.#phase;
    switch (phase.kind) {
      case 'waiting':
        this.refuse(reason);
        this.lane.left(this);
        break;
      case 'running':
        if (phase.ending?.kind !== 'withdrawn') phase.ending = { kind: 'withdrawn', reason };
        phase.decode?.stop();
        break;
      case 'settled':
        break;
      default:
        phase satisfies never;
    }
  }

  /** Stops its decode for something more urgent. */
  giveUp(reason: EngineError): void {
    const phase = this.#phase;
    if (phase.kind !== 'running' || phase.ending) return;
    phase.ending = { kind: 'given-up', reason };
    phase.decode?.stop();
  }

  /** Rejects; it must be in no line, and on no slot. */
  refuse(error: unknown): void {
    this.#settle();
    this.#reject(error);
    this.lane.hooks.onFailed?.(this.#work, error);
  }

  /**
   * A free slot takes it.
   * @returns its decode; undefined when it came to none, and the ticket is settled
   */
  begin(decode: (chunk: Chunk) => Decode): Decode | undefined {
    const run: Run = { kind: 'running', decode: undefined, ending: undefined };
    this.#phase = run;
    try {
      this.#chunk ??= this.#work.chunk();
      // Whoever made the chunk may have found that nobody wants it.
      if (!run.ending) run.decode = decode(this.#chunk);
    } catch (error) {
      this.refuse(run.ending?.reason ?? error);
      return undefined;
    }
    if (!run.decode) this.refuse(run.ending?.reason);
    return run.decode;
  }

  /**
   * Its slot has let go.
   * @returns `again` when it has to wait for another slot
   */
  ended(ended: Ended): 'settled' | 'again' {
    const ending = this.#phase.kind === 'running' ? this.#phase.ending : undefined;
    // The reason it was stopped for says more than the abort it caused.
    if (ending?.kind === 'withdrawn') this.refuse(ending.reason);
    else if (ended.kind === 'decoded') this.#decoded(ended.outcome);
    else return this.#failed(ended.error, ending);
    return 'settled';
  }

  #decoded({ startedAtSeconds, ...outcome }: SlotOutcome): void {
    const decoded = { ...outcome, queueSeconds: Math.max(0, startedAtSeconds - this.#workSinceSeconds) };
    this.#settle();
    this.#resolve(decoded);
    this.lane.hooks.onDecoded?.(this.#work, decoded, this.lane.priority);
  }

  #failed(error: unknown, ending: Ending | undefined): 'settled' | 'again' {
    const isDeath = error instanceof EngineError && error.code === 'WORKER_DIED';
    if (isDeath) {
      this.#deaths += 1;
      this.lane.hooks.onDeath?.(this.#work);
      if (!ending && this.#deaths < mostDeaths) {
        this.#phase = { kind: 'waiting' };
        return 'again';
      }
    }
    this.refuse(ending?.reason ?? (isDeath ? setAside(this.#deaths, error) : error));
    return 'settled';
  }

  #settle(): void {
    this.#phase = { kind: 'settled' };
    this.#chunk = undefined;
  }
}

function setAside(deaths: number, cause: EngineError): EngineError {
  return new EngineError(
    'CHUNK_SET_ASIDE',
    `A piece of audio ended ${deaths} worker threads and was set aside. The rest of the engine works on; please report the audio.`,
    { cause },
  );
}
