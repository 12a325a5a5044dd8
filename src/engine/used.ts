import type { Used } from '../transcript/transcript.js';
import { notReady } from './model-service.js';
import type { EngineParts } from './parts.js';

/** What decodes for an engine now. @throws EngineError `MODEL_NOT_READY` */
export function usedBy({ plan, models }: EngineParts): Used {
  const { loaded } = models;
  if (!loaded) throw notReady(models.state);
  return {
    provider: 'whisper-cpp',
    model: loaded.model.name,
    variant: loaded.model.variant,
    modelPath: loaded.model.path,
    slots: plan.slots,
    threadsPerSlot: plan.threadsPerSlot,
    flashAttention: loaded.use.flashAttention,
  };
}
