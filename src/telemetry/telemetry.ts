import type { Clock } from '../clock.js';
import type { EngineErrorCode } from '../errors.js';
import { DecodeTally } from './decode-tally.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { isMeasure } from './measure.js';
import { type PlannedDecode, PlanTally } from './plan-tally.js';
import type { DecodeKind, GapsReading, QueuePriority, RestartedThread, TelemetryReading } from './reading.js';
import { SlidingHistogram, secondsScale, windowSecondsAt } from './sliding-histogram.js';

/** A decode that a slot has finished. */
export interface FinishedDecode extends PlannedDecode {
  readonly kind: DecodeKind;
  readonly priority: QueuePriority;
  /** From submission to the slot that decoded it. */
  readonly queueSeconds: number;
}

/**
 * Counts and quantiles of one engine. Recording takes about a microsecond and reading well under a millisecond; what
 * is no measure (NaN, Infinity, below zero) is left out. Nothing here throws, waits, or keeps the process alive.
 */
export class Telemetry {
  readonly #clock: Clock;
  readonly #startedAtSeconds: number;
  readonly #decodes = { final: new DecodeTally(), partial: new DecodeTally(), piece: new DecodeTally() };
  readonly #queueSeconds = { critical: seconds(), normal: seconds(), background: seconds(), batch: seconds() };
  readonly #plans = new PlanTally();
  readonly #finalLatency = seconds();
  readonly #partialLatency = seconds();
  readonly #sheds = new Map<string, number>();
  readonly #gaps = new Map<string, GapsReading>();
  readonly #restarts: Record<RestartedThread, number> = { slot: 0, listener: 0 };
  readonly #failures = new Map<EngineErrorCode, number>();
  readonly #sessions = { opened: 0, closed: 0 };
  readonly #eventLoopDelay = new EventLoopDelay();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtSeconds = clock.nowSeconds();
  }

  /** A slot has decoded a chunk. */
  decoded(decode: FinishedDecode): void {
    const nowSeconds = this.#clock.nowSeconds();
    this.#decodes[decode.kind].add(decode, nowSeconds);
    this.#queueSeconds[decode.priority].record(decode.queueSeconds, nowSeconds);
    this.#plans.add(decode, nowSeconds);
  }

  /** From the end of the speech to the `final` event. */
  finalLatency(latencySeconds: number): void {
    this.#finalLatency.record(latencySeconds, this.#clock.nowSeconds());
  }

  /** From the newest audio in it to the `partial` event. */
  partialLatency(latencySeconds: number): void {
    this.#partialLatency.record(latencySeconds, this.#clock.nowSeconds());
  }

  /** A chunk was given up or refused. */
  shed(reason: string): void {
    countIn(this.#sheds, reason);
  }

  /** A gap was reported. */
  gap(reason: string, gapSeconds: number): void {
    if (!isMeasure(gapSeconds)) return;
    const { count, seconds: before } = this.#gaps.get(reason) ?? { count: 0, seconds: 0 };
    this.#gaps.set(reason, { count: count + 1, seconds: before + gapSeconds });
  }

  /** A thread has died and was replaced. */
  restarted(thread: RestartedThread): void {
    this.#restarts[thread] += 1;
  }

  /** Work has failed. */
  failed(code: EngineErrorCode): void {
    countIn(this.#failures, code);
  }

  sessionOpened(): void {
    this.#sessions.opened += 1;
  }

  sessionClosed(): void {
    this.#sessions.closed += 1;
  }

  /** Everything up to now, as plain values of its own. The first reading begins to watch the event loop. */
  read(): TelemetryReading {
    const nowSeconds = this.#clock.nowSeconds();
    const eventLoopDelaySeconds = this.#eventLoopDelay.read(nowSeconds);
    const { final, partial, piece } = this.#decodes;
    const { critical, normal, background, batch } = this.#queueSeconds;
    return {
      uptimeSeconds: Math.max(0, nowSeconds - this.#startedAtSeconds),
      windowSeconds: windowSecondsAt(nowSeconds, this.#startedAtSeconds),
      decodes: { final: final.read(nowSeconds), partial: partial.read(nowSeconds), piece: piece.read(nowSeconds) },
      queueSeconds: {
        critical: critical.read(nowSeconds),
        normal: normal.read(nowSeconds),
        background: background.read(nowSeconds),
        batch: batch.read(nowSeconds),
      },
      plans: this.#plans.read(nowSeconds),
      finalLatencySeconds: this.#finalLatency.read(nowSeconds),
      partialLatencySeconds: this.#partialLatency.read(nowSeconds),
      sheds: Object.fromEntries(this.#sheds),
      gaps: Object.fromEntries(this.#gaps),
      restarts: { ...this.#restarts },
      failures: Object.fromEntries(this.#failures),
      sessions: { ...this.#sessions },
      ...(eventLoopDelaySeconds && { eventLoopDelaySeconds }),
    };
  }

  /** Stops watching the event loop. Counts can still be read. */
  close(): void {
    this.#eventLoopDelay.close();
  }
}

function seconds(): SlidingHistogram {
  return new SlidingHistogram(secondsScale);
}

function countIn<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
