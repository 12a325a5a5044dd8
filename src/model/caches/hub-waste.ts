import { join } from 'node:path';
import { inBytes } from './byte-count.js';
import type { Waste } from './cache-report.js';
import { isContentHash } from './content-hash.js';
import type { HubRepository } from './hub-repository.js';
import { orphanPattern } from './orphan.js';
import { listFolder, lookAt, type SightOfFile, walkFolder } from './sight.js';

type HubWaste = Omit<Waste, 'tool'>;

interface Blob extends SightOfFile {
  readonly name: string;
  readonly path: string;
}

/** What a repository takes on the disk beside the revision that is in use; `notes` say what was not looked at. */
export async function hubWaste(
  repository: HubRepository,
): Promise<{ readonly waste: readonly HubWaste[]; readonly notes: readonly string[] }> {
  const { path, revision } = repository;
  const { names, problem } = await listFolder(join(path, 'blobs'));
  const blobs = await lookAtBlobs(join(path, 'blobs'), names);
  const used = new Set<string>();
  const older = new Map<string, SightOfFile>();
  for (const other of repository.revisions) {
    for (const { sight } of (await walkFolder(join(path, 'snapshots', other))).entries) {
      if (sight.kind !== 'file') continue;
      if (other === revision) used.add(sight.inode);
      else older.set(sight.inode, sight);
    }
  }
  const superseded = [...older.values()].filter((file) => !used.has(file.inode));
  const whole = blobs.filter((blob) => isContentHash(blob.name));
  const partial = blobs.filter((blob) => !isContentHash(blob.name));
  const unlinked = whole.filter((blob) => !used.has(blob.inode) && !older.has(blob.inode));
  const waste = [
    ...total('unlinked-blob', unlinked, 'no revision uses; `hf cache prune` of huggingface_hub removes them'),
    ...total('old-revision', superseded, `only revisions other than ${revision ?? 'none'} use`),
    ...partial.map((blob) => partialDownload(repository, blob, whole)),
  ];
  return { waste, notes: problem === undefined ? [] : [`blobs ${problem}.`] };
}

async function lookAtBlobs(folder: string, names: readonly string[]): Promise<readonly Blob[]> {
  const blobs: Blob[] = [];
  for (const name of names.filter((each) => isContentHash(each) || each.endsWith('.incomplete'))) {
    const path = join(folder, name);
    const sight = await lookAt(path);
    if (sight.kind === 'file') blobs.push({ ...sight, name, path });
  }
  return blobs;
}

function total(kind: Waste['kind'], files: readonly SightOfFile[], which: string): readonly HubWaste[] {
  if (files.length === 0) return [];
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const reason = `${inBytes(bytes)} are in files that ${which}.`;
  return [{ kind, paths: files.map((file) => file.storedAt), bytes, reason, byDesign: false }];
}

/**
 * The rest of a download. Newer versions of huggingface_hub give each attempt a name of its own and never go on with
 * it; older ones go on with `HASH.incomplete` for as long as there is no `HASH`.
 */
function partialDownload(repository: HubRepository, blob: Blob, whole: readonly Blob[]): HubWaste {
  const [hash = '', attempt = ''] = blob.name.split('.');
  const isLeaving = attempt !== 'incomplete' || whole.some(({ name }) => name === hash);
  const removal =
    isLeaving && orphanPattern.test(blob.name)
      ? { within: repository.path, modifiedSeconds: blob.modifiedSeconds }
      : undefined;
  const rest = removal ? 'nothing will go on with it' : 'the next download goes on with it';
  const reason = `${blob.name} is the beginning of a download, ${inBytes(blob.sizeBytes)}; ${rest}.`;
  return { kind: 'partial-download', paths: [blob.path], bytes: blob.sizeBytes, reason, byDesign: false, removal };
}
