import type { Decode } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import { type Decoded, Scheduler } from '../scheduler/scheduler.js';
import type { Work } from '../scheduler/work.js';
import type { EngineParts } from './parts.js';

export interface SchedulingOptions {
  readonly decode: (chunk: Chunk) => Decode;
  /** Told of every decode for a live source. */
  readonly onLive: (work: Work, decoded: Decoded) => void;
}

/** What hands chunks to the slots, counted. */
export function scheduling({ pool, clock, telemetry }: EngineParts, { decode, onLive }: SchedulingOptions): Scheduler {
  return new Scheduler({ slots: pool.slots, decode }, clock, {
    onDecoded: (work, decoded, priority) => {
      const { kind, audioSeconds } = work;
      const { model, recognition, queueSeconds } = decoded;
      const { encoderContext, decodeSeconds, retriedBecause } = recognition;
      telemetry.decoded({
        kind,
        priority,
        model: model?.name ?? 'unknown',
        variant: model?.variant ?? 'unknown',
        encoderContext,
        audioSeconds,
        decodeSeconds,
        queueSeconds,
        retried: retriedBecause !== undefined,
      });
      if (kind !== 'piece') onLive(work, decoded);
    },
  });
}
