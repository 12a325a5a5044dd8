import { ModelStore } from '../../model/store/store.js';
import { ByteProgress } from '../byte-progress.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import type { VariantFlag } from './variant-flag.js';

/** `whisperpool models pull` */
export async function pullModel(terminal: Terminal, name: string, { variant }: VariantFlag): Promise<ExitCode> {
  const { signal } = terminal;
  const progress = new ByteProgress(terminal.display, terminal.clock, name);
  const onProgress = progress.advance.bind(progress);
  try {
    const model = await new ModelStore().ensure(name, { variant, signal, onProgress });
    progress.done();
    if (model.source !== 'download') terminal.say(`${model.name} is here already, as ${model.variant}.`);
    terminal.print(`${model.path}\n`);
    return exitCodes.ok;
  } catch (error) {
    if (signal.aborted && progress.keptNote !== undefined) terminal.say(progress.keptNote);
    throw error;
  }
}
