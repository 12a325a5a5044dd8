import { basename } from 'node:path';
import { fileNameOf } from '../../model/catalog.js';
import { modelWish } from '../../model/model-wish.js';
import type { ListedModel } from '../../model/store/inventory.js';
import { ModelStore } from '../../model/store/store.js';
import { ByteProgress } from '../byte-progress.js';
import type { ExitCode } from '../exit-code.js';
import type { Terminal } from '../terminal.js';
import type { ListFlags } from './list.js';
import { printListing } from './listing.js';
import type { VariantFlag } from './variant-flag.js';

export type VerifyFlags = ListFlags & VariantFlag;

/** `whisperpool models verify` */
export async function verifyModels(
  terminal: Terminal,
  name: string | undefined,
  { json = false, variant }: VerifyFlags,
): Promise<ExitCode> {
  const store = new ModelStore();
  const wish = name === undefined ? undefined : modelWish(name, variant);
  if (wish?.kind === 'file') {
    return printListing(terminal, await store.verify(wish.path, { signal: terminal.signal }), json);
  }
  const fileNames = wish?.variants.map((each) => fileNameOf(wish.model.name, each));
  const listed = await store.list({ signal: terminal.signal });
  const wanted = listed.filter(({ path }) => fileNames?.includes(basename(path)) ?? true);
  if (wanted.length === 0) {
    const folders = store.searchFolders().join(', ');
    terminal.say(`whisperpool: There is no ${fileNames?.join(', ') ?? 'model'} in ${folders}.`);
    return printListing(terminal, [], json);
  }
  return printListing(terminal, await verified(terminal, store, wanted), json);
}

/** One after the other: a bar that knows how many bytes are left needs to know how many there are. */
async function verified(
  { signal, display, clock }: Terminal,
  store: ModelStore,
  listed: readonly ListedModel[],
): Promise<readonly ListedModel[]> {
  const progress = new ByteProgress(display, clock, 'verify');
  const totalBytes = listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const results: ListedModel[] = [];
  let doneBytes = 0;
  for (const model of listed) {
    progress.advance({ doneBytes, totalBytes });
    // What the name promises was looked at already; a path promises nothing.
    const read = model.state === 'broken' ? [model] : await store.verify(model.path, { signal });
    results.push(...read.map((each) => ({ ...each, source: model.source })));
    doneBytes += model.sizeBytes;
  }
  progress.advance({ doneBytes, totalBytes });
  progress.done();
  return results;
}
