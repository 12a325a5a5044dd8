import { importModel } from '../../model/conversion/import-model.js';
import { ModelStore } from '../../model/store/store.js';
import type { ExitCode } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { type ConversionFlags, converting, madeFolder } from './converting.js';

export interface ImportFlags extends ConversionFlags {
  readonly name?: string;
}

/** `whisperpool models import` */
export function importFolder(terminal: Terminal, folder: string, flags: ImportFlags): Promise<ExitCode> {
  const { into = new ModelStore().folder, name } = flags;
  return converting(terminal, folder, flags, async (options) =>
    importModel(folder, { ...options, into: await madeFolder(into), name }),
  );
}
