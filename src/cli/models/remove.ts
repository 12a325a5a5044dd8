import { inBytes } from '../../model/caches/byte-count.js';
import type { RemovedFiles } from '../../model/store/cleaning.js';
import { ModelStore } from '../../model/store/store.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import type { VariantFlag } from './variant-flag.js';

/** `whisperpool models rm` */
export async function removeModel(terminal: Terminal, name: string, { variant }: VariantFlag): Promise<ExitCode> {
  return printRemoved(terminal, await new ModelStore().remove(name, { variant }));
}

/** `whisperpool models prune` */
export async function pruneModels(terminal: Terminal): Promise<ExitCode> {
  return printRemoved(terminal, await new ModelStore().prune());
}

function printRemoved(terminal: Terminal, { paths, freedBytes }: RemovedFiles): ExitCode {
  for (const path of paths) terminal.print(`${path}\n`);
  terminal.say(paths.length === 0 ? 'There is nothing to remove.' : `${inBytes(freedBytes)} freed.`);
  return exitCodes.ok;
}
