import type { Rung } from './rung.js';
import type { LoadSnapshot } from './snapshot.js';

/** What a policy wants now. */
export interface Decision {
  /** To be in force from now on; that of the snapshot when nothing is to change. */
  readonly rung: number;
  /** A sentence with numbers. */
  readonly reason: string;
  /** The numbers of the reason. */
  readonly evidence: Readonly<Record<string, number>>;
}

/** A step that was taken. */
export interface RungChange {
  readonly atSeconds: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** What was before: all that a policy may remember. */
export interface History {
  /** Of the last 10 min at most, newest last. Whether the present one is among them makes no difference. */
  readonly snapshots: readonly LoadSnapshot[];
  /** Newest last. */
  readonly changes: readonly RungChange[];
}

/** Says which rung should be in force. */
export interface Policy {
  readonly name: string;
  /** Rung 0 is the plan as requested. */
  readonly rungs: readonly Rung[];
  /** Called once a second. Pure: the same input gives the same decision, so that a recorded load can be replayed. */
  decide(snapshot: LoadSnapshot, history: History): Decision;
}
