import { dirname, join } from 'node:path';
import { refuseIfAborted } from '../refusal.js';
import { inBytes } from './byte-count.js';
import type { CacheFile } from './cache-report.js';
import { hashMismatch } from './content-hash.js';
import { isReadable, lookAt, reasonOf, type Sight, walkFolder } from './sight.js';
import type { CacheModel, ExpectedFile, ExpectedSize, InspectOptions, VariantSize } from './tool-cache.js';

/** What there is of a model's files in one folder. */
export interface FilesFound {
  readonly files: readonly CacheFile[];
  /** Sentences; the model is whole when there are none. */
  readonly faults: readonly string[];
  readonly missingFolders: readonly string[];
  /** As the sizes of the files tell it. */
  readonly variant?: string | undefined;
  /** False when none of the files is there at all. */
  readonly begun: boolean;
}

/** What is known about the files of this one folder, beside what the model says. */
export interface FolderKnowledge {
  /** Exact size of a file, by its name in the model. */
  readonly exactBytes?: ((name: string) => number | undefined) | undefined;
  /** Hash that a file's content must have. */
  readonly hashOf?: ((file: { readonly name: string; readonly storedAt: string }) => string | undefined) | undefined;
  /** The user may have made these files himself, in another variant than the published one. */
  readonly ownConversion?: boolean | undefined;
}

type Knowledge = FolderKnowledge & InspectOptions;

/** Compares a folder with what a model must have. */
export async function findFiles(
  folder: string,
  model: Pick<CacheModel, 'files' | 'total'>,
  knowledge: Knowledge,
): Promise<FilesFound> {
  const parts: FilesFound[] = [];
  for (const expected of model.files) {
    refuseIfAborted(knowledge.signal);
    parts.push(await findPart(folder, expected, knowledge));
  }
  const files = parts.flatMap((part) => part.files);
  const faults = parts.flatMap((part) => part.faults);
  const sizeBytes = totalBytes(files);
  if (faults.length === 0 && model.total && sizeBytes < floor(model.total)) {
    faults.push(`All files together have ${inBytes(sizeBytes)} of ${about(model.total)}.`);
  }
  return {
    files,
    faults,
    missingFolders: parts.flatMap((part) => part.missingFolders),
    variant: parts.find((part) => part.variant !== undefined)?.variant,
    begun: parts.some((part) => part.begun),
  };
}

export function totalBytes(files: readonly CacheFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** A file as it is, whether or not it is what it should be. */
export function cacheFile(name: string, path: string, sight: Sight, sound = sight.kind === 'file'): CacheFile {
  if (sight.kind === 'file') {
    const { storedAt, sizeBytes, inode, modifiedSeconds } = sight;
    return { name, path, storedAt, sound, sizeBytes, inode, modifiedSeconds };
  }
  const storedAt = sight.kind === 'unusable' ? (sight.storedAt ?? path) : path;
  return { name, path, storedAt, sound: false, sizeBytes: 0, inode: '', modifiedSeconds: 0 };
}

async function findPart(folder: string, expected: ExpectedFile, knowledge: Knowledge): Promise<FilesFound> {
  const wanted = expected.bundle ? 'folder' : 'file';
  const [first] = expected.names;
  let best: { readonly name: string; readonly sight: Sight } = { name: first, sight: { kind: 'nothing' } };
  for (const name of expected.names) {
    const sight = await lookAt(join(folder, name));
    if (best.sight.kind === 'nothing' || sight.kind === wanted) best = { name, sight };
    if (sight.kind === wanted) break;
  }
  const { name, sight } = best;
  const path = join(folder, name);
  if (sight.kind === 'folder' && expected.bundle) return findBundle(path, name, expected, knowledge);
  if (sight.kind === 'file' && !expected.bundle) {
    const { fault, variant } = await checkFile(name, sight, expected, knowledge);
    const files = [cacheFile(name, path, sight, fault === undefined)];
    return {
      files,
      faults: fault === undefined ? [] : [`${name} ${fault}.`],
      missingFolders: [],
      variant,
      begun: true,
    };
  }
  const missingFolders = (expected.bundle ?? []).map((inner) => dirname(join(path, inner)));
  const inside = (expected.bundle ?? []).map((inner) =>
    cacheFile(`${name}/${inner}`, join(path, inner), { kind: 'nothing' }),
  );
  const files = expected.bundle ? inside : [cacheFile(name, path, sight)];
  const fault = `${expected.names.join(' or ')} ${absence(sight, wanted)}.`;
  return { files, faults: [fault], missingFolders, begun: sight.kind !== 'nothing' && sight.kind !== 'hidden' };
}

function absence(sight: Sight, wanted: 'file' | 'folder'): string {
  const isThere = sight.kind === 'file' || sight.kind === 'folder';
  return isThere ? `is a ${sight.kind} where a ${wanted} should be` : reasonOf(sight);
}

async function checkFile(
  name: string,
  sight: Extract<Sight, { kind: 'file' }>,
  expected: ExpectedFile,
  { exactBytes, hashOf, ownConversion, deep, signal }: Knowledge,
): Promise<{ readonly fault?: string | undefined; readonly variant?: string }> {
  const { sizeBytes } = sight;
  if (sizeBytes === 0) return { fault: 'is empty' };
  if (!(await isReadable(sight.storedAt))) return { fault: 'may not be read by this user' };
  const exact = exactBytes?.(name) ?? (expected.sha256 === undefined ? undefined : expected.size?.bytes);
  if (exact !== undefined && sizeBytes !== exact) {
    return { fault: `has ${sizeBytes} bytes, where ${exact} are expected` };
  }
  const conversion = ownConversion ? nearest(sizeBytes, expected.otherSizes ?? []) : undefined;
  if (conversion) return { variant: conversion.variant };
  if (expected.size && sizeBytes < floor(expected.size)) {
    return { fault: `has ${inBytes(sizeBytes)} of ${about(expected.size)}` };
  }
  const hash = expected.sha256 ?? hashOf?.({ name, storedAt: sight.storedAt });
  return { fault: deep && hash !== undefined ? await hashMismatch(sight, hash, signal) : undefined };
}

async function findBundle(
  path: string,
  name: string,
  expected: ExpectedFile,
  knowledge: Knowledge,
): Promise<FilesFound> {
  const { entries, problem } = await walkFolder(path);
  const files = entries.map((entry) => cacheFile(`${name}/${entry.name}`, entry.path, entry.sight));
  const faults = problem === undefined ? [] : [`${name} ${problem}.`];
  for (const { name: inner, sight } of entries) {
    const fault = await bundledFault(`${name}/${inner}`, sight, knowledge);
    if (fault !== undefined) faults.push(`${name}/${inner} ${fault}.`);
  }
  const missingFolders: string[] = [];
  for (const inner of expected.bundle ?? []) {
    if (entries.some((entry) => entry.name === inner)) continue;
    const parent = dirname(inner);
    const parentIsThere = (await lookAt(join(path, parent))).kind === 'folder';
    if (!parentIsThere) missingFolders.push(join(path, parent));
    faults.push(`${name}/${inner} is missing${parentIsThere ? '' : `, and so is its folder ${parent}`}.`);
    files.push(cacheFile(`${name}/${inner}`, join(path, inner), { kind: 'nothing' }));
  }
  const sizeBytes = totalBytes(files);
  if (expected.size && sizeBytes < floor(expected.size)) {
    faults.push(`${name} has ${inBytes(sizeBytes)} of ${about(expected.size)}.`);
  }
  return { files, faults, missingFolders, begun: true };
}

async function bundledFault(
  name: string,
  sight: Sight,
  { hashOf, deep, signal }: Knowledge,
): Promise<string | undefined> {
  if (sight.kind === 'unusable' || sight.kind === 'hidden') return reasonOf(sight);
  if (/\.(?:partial|incomplete)$/.test(name)) return 'is a download that broke off';
  if (sight.kind !== 'file') return undefined;
  if (sight.sizeBytes === 0 && name.endsWith('.bin')) return 'is empty';
  const hash = deep ? hashOf?.({ name, storedAt: sight.storedAt }) : undefined;
  return hash === undefined ? undefined : hashMismatch(sight, hash, signal);
}

function floor({ bytes, tolerance }: ExpectedSize): number {
  return bytes * (1 - tolerance);
}

function nearest(sizeBytes: number, sizes: readonly VariantSize[]): VariantSize | undefined {
  const off = ({ bytes }: VariantSize) => Math.abs(sizeBytes - bytes) / bytes;
  return sizes.filter((size) => off(size) <= size.tolerance).sort((left, right) => off(left) - off(right))[0];
}

function about({ bytes, tolerance }: ExpectedSize): string {
  return `${tolerance === 0 ? '' : 'about '}${inBytes(bytes)}`;
}
