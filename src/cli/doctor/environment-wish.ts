import { initialModel } from '../../engine/options.js';
import { EngineError } from '../../errors.js';
import { modelWish } from '../../model/model-wish.js';
import { type ResolvedModel, resolveFile } from '../../model/resolve.js';

/** The model that an engine takes from the environment when it is not told one. */
export interface EnvironmentWish {
  readonly model: string;
  /** Which variable names it. */
  readonly variable: string;
}

export function environmentWish(): EnvironmentWish | undefined {
  const model = initialModel(undefined);
  const variable = ['WHISPERPOOL_MODEL', 'WHISPER_MODEL_SIZE'].find((name) => process.env[name]?.trim() === model);
  return model === undefined || variable === undefined ? undefined : { model, variable };
}

/** The file that is wished for, under its path as its name, or what is wrong with it; undefined where none is. */
export async function wishedFile(wish: EnvironmentWish | undefined): Promise<ResolvedModel | EngineError | undefined> {
  if (!wish) return undefined;
  try {
    const wished = modelWish(wish.model);
    return wished.kind === 'file' ? { ...(await resolveFile(wished.path)), name: wished.path } : undefined;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}
