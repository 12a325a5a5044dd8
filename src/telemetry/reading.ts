import type { EngineErrorCode } from '../errors.js';

/** What was decoded: a final commits its text, a partial is only shown, a piece is of a file. */
export type DecodeKind = 'final' | 'partial' | 'piece';

/** Whose turn it is to wait: the priorities of live sources, and `batch` for files. */
export type QueuePriority = 'critical' | 'normal' | 'background' | 'batch';

/** Threads that are replaced when they die. */
export type RestartedThread = 'slot' | 'listener';

/**
 * Quantiles of what was measured in the last 60–120 s, in the unit that the name of the field says. Each is at most
 * 0.8 % above the value that it stands for.
 */
export interface Quantiles {
  /** Measurements in the window. */
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The largest. */
  readonly max: number;
}

/** Measurements of one thing, in the unit that the name of the field says. */
export interface Distribution {
  /** Measurements since the start. */
  readonly count: number;
  /** Of all of them: `sum` / `count` is the mean since the start. */
  readonly sum: number;
  /** Of the last 60–120 s; absent when nothing was measured in them. */
  readonly recent?: Quantiles;
}

/** Decodes of one kind, since the start. */
export interface DecodesReading {
  /** Decodes that took place. */
  readonly count: number;
  /** Audio that was decoded. What is decoded again, as partials are, counts again. */
  readonly audioSeconds: number;
  /** Decodes whose sized encode was not believed and was made again in full. */
  readonly retries: number;
  /** Wall time inside the provider, of one decode. */
  readonly decodeSeconds: Distribution;
}

/** Decodes by one plan: a model, its variant, and a size of the encoder's window. */
export interface PlanReading {
  readonly model: string;
  /** Quantisation of the weights. */
  readonly variant: string;
  /** Frames of the encoder's window at 20 ms a frame, rounded up to 384, 512, 768, 1024 or 1500. */
  readonly encoderContext: number;
  /** Decodes, since the start. */
  readonly count: number;
  /** Audio that was decoded, since the start. */
  readonly audioSeconds: number;
  /** Wall time inside the provider, since the start. */
  readonly decodeSeconds: number;
  /** Decodes that had to be made again in full, since the start. */
  readonly retries: number;
  /** Decode seconds over audio seconds, of one decode. Below 1 is faster than real time. */
  readonly rtf: Distribution;
}

/** Gaps of one reason, since the start. */
export interface GapsReading {
  readonly count: number;
  /** Audio in them. */
  readonly seconds: number;
}

/** Counts and quantiles of one engine. Plain values: it can be kept, compared, and written as JSON. */
export interface TelemetryReading {
  /** Since the engine was made. */
  readonly uptimeSeconds: number;
  /** How far back `recent` reaches: 60–120 s, less when the engine is younger. */
  readonly windowSeconds: number;
  /** What the slots did. */
  readonly decodes: Readonly<Record<DecodeKind, DecodesReading>>;
  /** Sojourn: what a chunk waited before a slot took it. */
  readonly queueSeconds: Readonly<Record<QueuePriority, Distribution>>;
  /** By plan; at most 32, those that decoded last. */
  readonly plans: readonly PlanReading[];
  /** From the end of the speech to the `final` event. */
  readonly finalLatencySeconds: Distribution;
  /** From the newest audio in it to the `partial` event. */
  readonly partialLatencySeconds: Distribution;
  /** Chunks that were given up or refused, by reason, since the start. */
  readonly sheds: Readonly<Record<string, number>>;
  /** Audio that gave no text though it was no silence, by reason, since the start. */
  readonly gaps: Readonly<Record<string, GapsReading>>;
  /** Threads that died and were replaced, since the start. */
  readonly restarts: Readonly<Record<RestartedThread, number>>;
  /** Work that failed, by the code of its error, since the start. */
  readonly failures: Readonly<Partial<Record<EngineErrorCode, number>>>;
  readonly sessions: {
    /** Since the start. */
    readonly opened: number;
    /** Since the start; the difference is open now. */
    readonly closed: number;
  };
  /**
   * How late the main thread was with its timers. Watched from the first reading on, so absent in that one; a reading
   * covers the last 60–120 s, or the time since the reading before, where that is longer.
   */
  readonly eventLoopDelaySeconds?: Quantiles;
}
