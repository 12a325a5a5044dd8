import { ModelStore } from '../../model/store/store.js';
import type { ExitCode } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import { printListing } from './listing.js';

export interface ListFlags {
  readonly json?: boolean;
}

/** `whisperpool models list` */
export async function listModels(terminal: Terminal, { json = false }: ListFlags): Promise<ExitCode> {
  const store = new ModelStore();
  const listed = await store.list({ signal: terminal.signal });
  if (listed.length === 0) {
    const folders = store.searchFolders().join(', ');
    terminal.say(`whisperpool: There is no model in ${folders}. \`whisperpool models pull base\` fetches one.`);
  }
  return printListing(terminal, listed, json);
}
