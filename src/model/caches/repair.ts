import { join } from 'node:path';
import { inBytes } from './byte-count.js';
import { mayBeInUse } from './cache-context.js';
import type { CacheFile, CacheReport, FoundModel } from './cache-report.js';
import { blobHash } from './hub-repository.js';
import { isWithin } from './within.js';

interface RepairBase {
  readonly path: string;
  /** The known folder that it stays in, whatever links lead where. */
  readonly within: string;
  /** Bytes that it takes, or gives back. */
  readonly bytes: number;
  readonly reason: string;
}

/** One change to the disk, which is made only when it is applied. */
export type Repair =
  | (RepairBase & { readonly kind: 'make-folder' })
  | (RepairBase & {
      readonly kind: 'copy';
      readonly from: string;
      /** What the copy must hash to, where its place tells. */
      readonly sha256?: string | undefined;
    })
  | (RepairBase & { readonly kind: 'remove' });

/**
 * What can be put right with what is on this machine: missing folders are made, missing or broken files are copied from
 * a complete copy of the same publication, leavings of downloads are removed. Files that may be in use are left alone.
 * Nothing is done yet.
 */
export function planRepairs(report: Pick<CacheReport, 'findings' | 'waste'>, nowSeconds: number): readonly Repair[] {
  const found = report.findings.filter((finding) => finding.state !== 'missing');
  const broken = found.filter((finding) => finding.state === 'incomplete');
  const sources = found.flatMap((model) => [model, ...model.spares]).filter((model) => model.state === 'complete');
  const repairs = [
    ...broken.flatMap(missingFolders),
    ...broken.flatMap((model) => copies(model, sources, nowSeconds)),
    ...leavings(report, nowSeconds),
  ];
  // Two tools that share a folder ask for the same.
  return [...new Map(repairs.map((repair) => [`${repair.kind} ${repair.path}`, repair])).values()];
}

function missingFolders(model: FoundModel): readonly Repair[] {
  const reason = `${model.tool} cannot go on with the download of ${model.model} without this folder.`;
  const { within } = model;
  return model.missingFolders.map((path) => ({ kind: 'make-folder', path, within, bytes: 0, reason }));
}

function copies(model: FoundModel, sources: readonly FoundModel[], nowSeconds: number): readonly Repair[] {
  // Of a copy without files it is not known where they belong.
  const source = model.files.length === 0 ? undefined : sources.find((candidate) => canSupply(candidate, model));
  if (!source) return [];
  const reason = `${model.tool} needs it for ${model.model}, and ${source.paths[0]} has it.`;
  return source.files.flatMap((file): readonly Repair[] => {
    const old = model.files.find((candidate) => candidate.name === file.name);
    if (old && (isAsGood(old, file) || mayBeInUse(old.modifiedSeconds, nowSeconds))) return [];
    const path = destination(model, file, old);
    const hash = blobHash(path);
    const sha256 = hash?.length === 64 ? hash : undefined;
    return [{ kind: 'copy', from: file.storedAt, path, within: model.within, bytes: file.sizeBytes, reason, sha256 }];
  });
}

function canSupply(source: FoundModel, model: FoundModel): boolean {
  const sameRevision =
    source.revision === undefined || model.revision === undefined || source.revision === model.revision;
  return (
    source.source === model.source && source.variant === model.variant && sameRevision && source.folder !== model.folder
  );
}

function isAsGood(old: CacheFile, file: CacheFile): boolean {
  return old.sound && old.sizeBytes >= file.sizeBytes;
}

/** Behind a link if it stays in the folder, as a blob does; in place of a link that leaves it. */
function destination(model: FoundModel, file: CacheFile, old: CacheFile | undefined): string {
  if (!old) return join(model.folder, file.name);
  return isWithin(model.within, old.storedAt) ? old.storedAt : old.path;
}

function leavings(report: Pick<CacheReport, 'waste'>, nowSeconds: number): readonly Repair[] {
  return report.waste.flatMap(({ paths, removal, bytes, reason }): readonly Repair[] => {
    const [path] = paths;
    if (path === undefined || !removal || mayBeInUse(removal.modifiedSeconds, nowSeconds)) return [];
    return [{ kind: 'remove', path, within: removal.within, bytes, reason: `${reason} That frees ${inBytes(bytes)}.` }];
  });
}
