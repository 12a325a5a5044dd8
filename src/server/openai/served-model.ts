import type { Engine } from '../../engine/engine.js';
import { RefusedField } from '../refused-field.js';

/** What OpenAI calls its models for speech: clients that name one of them mean the one there is. */
const aliases: readonly string[] = ['whisper-1', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe'];

/** The name of the model that answers; undefined while there is none. */
export function servedModel({ model }: Engine): string | undefined {
  return model.result?.actual.model;
}

/**
 * Refuses a model that is not the engine's: no stranger chooses what is loaded here.
 * @throws EngineError `MODEL_UNKNOWN`
 */
export function requireServed(engine: Engine, name: string): void {
  const { result } = engine.model;
  const names = result ? [result.actual.model, result.requested.model] : [engine.plan.model];
  if (aliases.includes(name) || names.includes(name)) return;
  const served = servedModel(engine);
  const hint = served === undefined ? 'Leave `model` out' : `Use ${served}, leave \`model\` out,`;
  throw new RefusedField(
    'model',
    `The model ${JSON.stringify(name)} is not served here. ${hint} or say whisper-1 for the one that is.`,
    'MODEL_UNKNOWN',
  );
}

/** @throws EngineError `LANGUAGE_UNSUPPORTED` */
export function requireTranslating(engine: Engine): void {
  const served = servedModel(engine);
  if (served?.endsWith('.en') !== true) return;
  throw new RefusedField(
    'model',
    `The model ${served} knows English only and cannot translate. Start the server with one without .en in its name.`,
    'LANGUAGE_UNSUPPORTED',
  );
}
