import type { EngineError } from '../errors.js';

/** A step of the ladder that is in force. */
export interface PlanChange {
  readonly from: number;
  readonly to: number;
  /** A sentence with numbers. */
  readonly reason: string;
  /** The numbers of the reason. */
  readonly evidence: Readonly<Record<string, number>>;
}

/** What an engine tells of its ladder, by kind. */
export interface LadderEventMap {
  readonly plan: PlanChange;
  /** A policy was put aside. */
  readonly error: EngineError;
}
