import { type Decoded, Scheduler } from '../scheduler/scheduler.js';
import type { Work } from '../scheduler/work.js';
import type { EngineParts } from './parts.js';

/**
 * What hands chunks to the slots, counted.
 * @param onLive - told of every decode for a live source
 */
export function scheduling(
  { pool, residents, clock, telemetry }: EngineParts,
  onLive: (work: Work, decoded: Decoded) => void,
): Scheduler {
  return new Scheduler({ slots: pool.slots, decode: (chunk) => residents.decode(chunk) }, clock, {
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
