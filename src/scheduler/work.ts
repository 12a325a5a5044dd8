import type { EngineError } from '../errors.js';
import type { DecodingModel } from '../provider/decode.js';
import type { Chunk, Recognition } from '../provider/recognition.js';

/** How much a source's text matters, against other sources. */
export type Priority = 'critical' | 'normal' | 'background';

/** How much a lane matters; `batch` is for files, which wait for all live sources. */
export type LanePriority = Priority | 'batch';

/** Audio that waits for a slot. */
export interface Work {
  /** A `final` commits its text, a `partial` is only shown, a `piece` is of a file. */
  readonly kind: 'final' | 'partial' | 'piece';
  readonly audioSeconds: number;
  /** When its text is wanted, on the scale of `Clock.nowSeconds`; Infinity for a file's. */
  readonly dueAtSeconds: number;
  /**
   * Called once, when a slot takes it, so that memory, prompt and plan are those of that moment. What it throws is what
   * the ticket rejects with.
   */
  chunk(): Chunk;
}

/** Work that was decoded. */
export interface Decoded {
  /** Who decoded it, where that is not whisper.cpp. */
  readonly provider?: string;
  readonly model?: DecodingModel;
  /** What its chunk asked for. */
  readonly asked?: Pick<Chunk, 'encoderContext' | 'beamSize'>;
  readonly recognition: Recognition;
  /** From when this work was handed in to when the slot that decoded it began. */
  readonly queueSeconds: number;
}

/** A place in a lane, and what becomes of the work there. */
export interface Ticket {
  readonly work: Work;
  readonly state: 'waiting' | 'running' | 'settled';
  /**
   * Settles when no slot uses the chunk's memory any more. Nobody has to listen: a rejection that is not read does no harm.
   * @throws EngineError what the decode threw, the reason of `withdraw` or of the lane's `stop`, `CHUNK_SHED` for a
   * partial that made way for a final, `CHUNK_SET_ASIDE`
   */
  readonly outcome: Promise<Decoded>;
  /**
   * Puts newer work in its place. The place and the time waited are kept, and the earlier of the two deadlines; work of
   * another kind comes with its own deadline, and goes where its kind goes.
   * @returns false when a slot has it, or has had it, so that it stays what it is
   */
  replace(work: Work): boolean;
  /** Rejects with `reason`: at once while it waits, else when its slot has let go, which is told to stop. */
  withdraw(reason: EngineError): void;
}
