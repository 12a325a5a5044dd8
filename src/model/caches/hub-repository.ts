import { basename, dirname, join } from 'node:path';
import { isContentHash } from './content-hash.js';
import { listFolder, lookAt, readSmallText } from './sight.js';

/**
 * A repository in a hub cache: `models--ORG--NAME` with `blobs`, `refs`, and a folder in `snapshots` for each revision,
 * whose files are links to blobs or, where links are not possible, the files themselves.
 */
export interface HubRepository {
  readonly path: string;
  /** What `refs/main` names, if it can be read. */
  readonly main?: string | undefined;
  /** The revision that a loader takes: `main`, or without it the latest. */
  readonly revision?: string | undefined;
  /** Every revision that is here. */
  readonly revisions: readonly string[];
  /** Why there may be more revisions, as a sentence. */
  readonly problem?: string | undefined;
}

export async function readRepository(path: string): Promise<HubRepository> {
  const main = await readMain(path);
  const dated: { readonly revision: string; readonly modifiedSeconds: number }[] = [];
  const listing = await listFolder(join(path, 'snapshots'));
  for (const revision of listing.names) {
    const sight = await lookAt(join(path, 'snapshots', revision));
    if (sight.kind === 'folder') dated.push({ revision, modifiedSeconds: sight.modifiedSeconds });
  }
  const revisions = dated.map(({ revision }) => revision);
  const latest = dated.sort((left, right) => right.modifiedSeconds - left.modifiedSeconds)[0]?.revision;
  const problem = listing.problem === undefined ? undefined : `snapshots ${listing.problem}.`;
  return { path, main, revision: main !== undefined && revisions.includes(main) ? main : latest, revisions, problem };
}

/** What the choice of the revision says about the copy: faults, and remarks that are none. */
export function judgeRevision({ main, revision, problem }: HubRepository): {
  readonly faults: readonly string[];
  readonly remarks: readonly string[];
} {
  if (problem !== undefined) return { faults: [problem], remarks: [] };
  if (main === revision && main !== undefined) return { faults: [], remarks: [] };
  if (main !== undefined) {
    const other = revision === undefined ? '' : `; revision ${revision} is`;
    return { faults: [`refs/main names revision ${main}, which is not in snapshots${other}.`], remarks: [] };
  }
  if (revision === undefined) return { faults: ['It holds no revision: a download was only begun.'], remarks: [] };
  const remark = 'There is no refs/main, so the latest revision is taken; who is offline may not find it.';
  return { faults: [], remarks: [remark] };
}

/** The hash that the bytes of a file in a hub cache must have: the name of its blob. */
export function blobHash(storedAt: string): string | undefined {
  const name = basename(storedAt);
  return basename(dirname(storedAt)) === 'blobs' && isContentHash(name) ? name : undefined;
}

/**
 * Sizes of a revision's files by name, from the list that `huggingface_hub` keeps since version 1 in `trees/`.
 * Without one, nothing is known.
 */
export async function listedSizes(
  repository: HubRepository,
  revision: string,
): Promise<(name: string) => number | undefined> {
  const text = await readSmallText(join(repository.path, 'trees', `${revision}.json`));
  const files = text === undefined ? undefined : parseFiles(text);
  return (name) => {
    const entry = files?.[name];
    return typeof entry === 'object' && entry !== null && 'size' in entry && typeof entry.size === 'number'
      ? entry.size
      : undefined;
  };
}

function parseFiles(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== 'object' || content === null || !('format_version' in content) || !('files' in content)) {
      return undefined;
    }
    const { files } = content;
    return content.format_version === 1 && typeof files === 'object' && files !== null ? { ...files } : undefined;
  } catch {
    return undefined;
  }
}

async function readMain(path: string): Promise<string | undefined> {
  const name = (await readSmallText(join(path, 'refs', 'main')))?.trim();
  return name !== undefined && /^[\w.-]+$/.test(name) && !/^\.+$/.test(name) ? name : undefined;
}
