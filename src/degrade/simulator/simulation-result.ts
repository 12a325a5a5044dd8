import type { Priority } from '../../scheduler/work.js';
import type { LedgerReading } from '../../session/ledger.js';
import type { RungChange } from '../policy.js';

/** Of the finals, from the end of their speech to their text, in seconds; those that waited on disk left out. NaN without any. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** What became of the utterances of the sources of one priority, in seconds of audio. */
export interface Fate {
  /** In time. */
  readonly decodedSeconds: number;
  /** From disk. */
  readonly lateSeconds: number;
  readonly droppedSeconds: number;
  /** Of all. */
  readonly droppedShare: number;
  /** Went to disk. */
  readonly spooledSeconds: number;
}

/** A step that was taken, and the numbers it was taken for. */
export interface SimulatedChange extends RungChange {
  readonly evidence: Readonly<Record<string, number>>;
}

/** One second of a simulation. */
export interface TimelinePoint {
  readonly atSeconds: number;
  /** ρ on rung 0, and on the rung in force, as the meter sees them. */
  readonly load: number;
  readonly loadHere: number;
  readonly rung: number;
  /** Seconds of audio that wait for a slot, finals only. */
  readonly queuedSeconds: number;
  /** The longest of the finals of this second; absent when there were none. */
  readonly latencySeconds?: number;
  readonly droppedSeconds: number;
  readonly spooledSeconds: number;
  readonly sources: number;
}

/** What came of a load under a policy. Plain data; the same trace, policy and machine give the same again. */
export interface SimulationResult {
  readonly policy: string;
  readonly trace: string;
  readonly machine: string;
  readonly seconds: number;
  readonly transitions: number;
  /** The last one in force. */
  readonly lastRung: number;
  readonly latency: { readonly all: Latency; readonly critical: Latency };
  readonly fates: Readonly<Record<Priority | 'all', Fate>>;
  readonly rungs: readonly { readonly name: string; readonly seconds: number }[];
  /** Every step, with its reason. */
  readonly decisions: readonly SimulatedChange[];
  /** What was wrong with the policy, so that the standard rule took over; empty when nothing was. */
  readonly faults: readonly string[];
  readonly timeline: readonly TimelinePoint[];
  /** All sources together, at the end of the trace. */
  readonly ledger: LedgerReading;
  /** Decodes of utterances, and of partial texts. */
  readonly decodes: { readonly final: number; readonly partial: number };
}
