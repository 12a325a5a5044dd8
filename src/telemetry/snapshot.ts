import type { QueuePriority, TelemetryReading } from './reading.js';

/** An engine in one look: what `engine.snapshot()` gives. Plain values, cheap enough to take ten times a second. */
export interface EngineSnapshot {
  /** When it was taken, on the engine's monotonic clock: for differences between snapshots. It is no date. */
  readonly atSeconds: number;
  readonly slots: {
    /** Decodes that can run at a time. */
    readonly total: number;
    /** Decodes that run now. */
    readonly busy: number;
  };
  readonly sessions: {
    /** Not ended yet, the detached ones included. */
    readonly open: number;
    /** Open, and waiting for their client to come back. */
    readonly detached: number;
    /** At most this many can be open. */
    readonly limit: number;
  };
  /** Every source of every open session. */
  readonly sources: readonly SourceSnapshot[];
  readonly ladder: LadderReading;
  /** In order of preference. */
  readonly providers: readonly ProviderReading[];
  /** Counts and quantiles since the engine was made. */
  readonly telemetry: TelemetryReading;
  readonly memory: {
    /** Resident memory of the whole process, weights included. */
    readonly rssBytes: number;
  };
}

/** Where the ladder stands, and what it sees. */
export interface LadderReading {
  /** In force, with its model serving. */
  readonly rung: number;
  readonly name: string;
  /** Decided; another than `rung` while a model is warmed for it, and on a dry run. */
  readonly decided: number;
  readonly isPinned: boolean;
  /** Why `decided` was, in a sentence. */
  readonly reason: string;
  /** Every rung, from the plan as requested on. */
  readonly rungs: readonly {
    readonly name: string;
    /**
     * The share of the slots that all live sources would need there, as it was when they were last looked at; null for a
     * rung that cannot be taken, and while nothing is known.
     */
    readonly load: number | null;
  }[];
}

/** A provider in one look. */
export interface ProviderReading {
  readonly name: string;
  /** `ready` to take over, `serving`, `out` until it has passed a trial, or `on-trial`. */
  readonly state: 'serving' | 'ready' | 'out' | 'on-trial';
  /** Why it is out. */
  readonly reason?: string;
  readonly decodes: number;
  readonly failures: number;
}

/** A live source in one look. */
export interface SourceSnapshot {
  /** The session's identifier. */
  readonly session: string;
  /** The source's name in its session. */
  readonly source: string;
  readonly priority: Exclude<QueuePriority, 'batch'>;
  /** Chunks that wait for a slot. */
  readonly queuedChunks: number;
  /** Audio in them. */
  readonly queuedSeconds: number;
  /** What the oldest of them has waited; 0 when none waits. */
  readonly oldestWaitSeconds: number;
  /** Audio that was accepted and that the listener has not heard yet. */
  readonly unheardSeconds: number;
  /** Everything before this, on its own clock, is told or was silent. */
  readonly settledSeconds: number;
  readonly ledger: LedgerReading;
}

/**
 * Where all the audio of a source went:
 * `heardSeconds` = `transcribedSeconds` + `silentSeconds` + `gapSeconds` + `queuedSeconds` + `spooledSeconds`, always.
 * Where channels are split, the seconds of all channels together.
 */
export interface LedgerReading {
  /** All that came and was listened to, at 16 kHz. */
  readonly heardSeconds: number;
  /** In finals. */
  readonly transcribedSeconds: number;
  /** Nobody spoke there. */
  readonly silentSeconds: number;
  /** Reported in `gap` events. */
  readonly gapSeconds: number;
  /** Not decided yet: it is listened to, waits for a slot, or is decoded. */
  readonly queuedSeconds: number;
  /** On disk, for later. */
  readonly spooledSeconds: number;
  /** What was heard less the sum of the others, each counted by itself, in samples at 16 kHz. Anything but 0 is a defect. */
  readonly imbalanceSamples: number;
}
