import type { Priority } from '../scheduler/work.js';

/** How a live source stands, at a tick. */
export interface SourceReading {
  readonly priority: Priority;
  /** 0 … 1: the share of its audio that is speech, over the last half minute or so. */
  readonly speechShare: number;
  /** Audio accepted and not yet decoded. */
  readonly queuedSeconds: number;
  /** Of its queue. Infinity for a source that is written faster than real time: its queue is meant to be full. */
  readonly limitSeconds: number;
  /** Its finals are dropped or spooled now. */
  readonly isShed: boolean;
}
