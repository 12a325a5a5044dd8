import { Scheduler } from '../scheduler/scheduler.js';
import type { EngineParts } from './parts.js';

/** What hands chunks to the slots, counted. */
export function scheduling({ pool, residents, clock, telemetry }: EngineParts): Scheduler {
  return new Scheduler({ slots: pool.slots, decode: (chunk) => residents.decode(chunk) }, clock, {
    onDecoded: ({ kind, audioSeconds }, { model, recognition, queueSeconds }, priority) => {
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
    },
  });
}
