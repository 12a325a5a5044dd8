import { basename } from 'node:path';
import { inBytes } from '../../model/caches/byte-count.js';
import type { CacheState } from '../../model/caches/cache-report.js';
import type { ListedModel } from '../../model/store/inventory.js';
import { type ExitCode, stateExitCodes } from '../exit-code.js';
import { printable } from '../progress-line.js';
import type { Terminal } from '../terminal.js';
import { tableText } from './table.js';

/** A model file in what `list --json` and `verify --json` print. Fields are added, never renamed. */
interface ListedFile {
  readonly file: string;
  readonly path: string;
  /** `folder`: of the search path; `package`; `cache`: where downloads go; `file`: a path that was given. */
  readonly source: string;
  readonly sizeBytes: number;
  readonly state: CacheState;
  /** Of a complete one. */
  readonly name?: string;
  readonly variant?: string;
  readonly multilingual?: boolean;
  /** `sha256`: every byte is the published one; `structure`: whole and loadable. */
  readonly checked?: string;
  /** Of any other: the code of the error and its sentence. */
  readonly code?: string;
  readonly reason?: string;
}

/** Prints model files, with what is wrong with them, and says with what to exit. */
export function printListing(terminal: Terminal, listed: readonly ListedModel[], json: boolean): ExitCode {
  const models = listed.map(entryOf);
  const state = stateOf(models);
  if (json) terminal.printJson({ state, models });
  else if (models.length > 0) {
    const head = ['model', 'variant', 'size', 'state', 'checked', 'path'];
    terminal.print(tableText(head, models.map(row), terminal.stdout));
    for (const model of listed) if (model.state === 'broken') terminal.report(model.refusal);
  }
  return stateExitCodes[state];
}

function entryOf(listed: ListedModel): ListedFile {
  const { path, source, sizeBytes } = listed;
  const file = basename(path);
  switch (listed.state) {
    case 'good': {
      const { name, variant, multilingual, checked, sizeBytes } = listed.model;
      return { file, path, source, sizeBytes, state: 'complete', name, variant, multilingual, checked };
    }
    case 'broken': {
      const { code, message: reason } = listed.refusal;
      // A path that was given may lead nowhere. What lies in a folder is there, even if it is a link that leads nowhere.
      const state = source === 'file' && code === 'MODEL_MISSING' ? 'missing' : 'incomplete';
      return { file, path, source, sizeBytes, state, code, reason };
    }
    default:
      return listed satisfies never;
  }
}

function stateOf(models: readonly ListedFile[]): CacheState {
  if (models.some(({ state }) => state === 'incomplete')) return 'incomplete';
  return models.some(({ state }) => state === 'complete') ? 'complete' : 'missing';
}

function row({ name = '-', variant = '-', sizeBytes, state, checked = '-', path }: ListedFile): readonly string[] {
  return [name, variant, inBytes(sizeBytes), state, checked, printable(path)];
}
