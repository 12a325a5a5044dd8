import { EngineError } from '../../errors.js';
import { type QuantisedVariant, quantizeModel } from '../../model/conversion/quantize-model.js';
import { modelWish } from '../../model/model-wish.js';
import { ModelStore } from '../../model/store/store.js';
import type { ExitCode } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { type ConversionFlags, converting, madeFolder } from './converting.js';

export type QuantizeFlags = ConversionFlags;

/** `whisperpool models quantize` */
export function quantize(
  terminal: Terminal,
  model: string,
  variant: QuantisedVariant,
  flags: QuantizeFlags,
): Promise<ExitCode> {
  return converting(terminal, `${model} ${variant}`, flags, async (options) => {
    const wish = modelWish(model, 'f16');
    const store = new ModelStore();
    const path = wish.kind === 'file' ? wish.path : await sourcePath(store, model, terminal.signal);
    const into = flags.into ?? (wish.kind === 'file' ? undefined : store.folder);
    return quantizeModel(path, variant, { ...options, into: into === undefined ? undefined : await madeFolder(into) });
  });
}

/** Every byte of it is compared with what was published: a fault would be in all that is made of it. */
async function sourcePath(store: ModelStore, model: string, signal: AbortSignal): Promise<string> {
  const listed = await store.verify(model, { variant: 'f16', signal });
  const good = listed.find(({ state }) => state === 'good');
  if (good) return good.path;
  for (const each of listed) if (each.state === 'broken') throw each.refusal;
  throw new EngineError(
    'MODEL_MISSING',
    `The model '${model}' is not here as f16. \`whisperpool models pull ${model} --variant f16\` fetches it.`,
  );
}
