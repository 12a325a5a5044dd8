import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EngineError } from '../../errors.js';
import { catalog, fileNameOf, preferredVariants, vadFile } from '../catalog.js';
import type { Candidate } from '../fallback.js';
import { checkModel, isNoGood, type ModelPlace, type ModelSource, type ResolvedModel } from '../resolve.js';
import type { SearchFolder } from '../search-path.js';
import type { HashOf } from '../verify.js';

interface ListedFile {
  readonly path: string;
  readonly source: ModelSource;
  /** Of the file itself, not of what a link leads to. */
  readonly sizeBytes: number;
}

/** A file that goes by the name of a model, and what was found out about it. */
export type ListedModel =
  | (ListedFile & { readonly state: 'good'; readonly model: ResolvedModel })
  | (ListedFile & { readonly state: 'broken'; readonly refusal: EngineError });

/** What a file of this name must hold: a model under a name of its own may be anything. */
const promisedBy: ReadonlyMap<string, Candidate> = new Map(
  catalog.flatMap((model) =>
    preferredVariants.map((variant) => [fileNameOf(model.name, variant), { model, variant }] as const),
  ),
);

/** Everything in the folders that is named like a model, by folder and then by name. */
export async function modelPlaces(folders: readonly SearchFolder[]): Promise<readonly ModelPlace[]> {
  const places: ModelPlace[] = [];
  for (const { path, source } of folders) {
    const names = await readdir(path).catch(() => []);
    for (const name of names.filter((entry) => entry.endsWith('.bin') && entry !== vadFile.fileName).sort()) {
      places.push({ path: join(path, name), source, promised: promisedBy.get(name) });
    }
  }
  return places;
}

/**
 * Checks them one after the other, each as far as `hashOf` goes.
 * @throws EngineError `ABORTED`
 */
export async function inspect(
  places: readonly ModelPlace[],
  hashOf: HashOf,
  signal: AbortSignal | undefined,
): Promise<readonly ListedModel[]> {
  const listed: ListedModel[] = [];
  for (const place of places) {
    const { path, source } = place;
    const sizeBytes = (await lstat(path).catch(() => undefined))?.size ?? 0;
    try {
      listed.push({ path, source, sizeBytes, state: 'good', model: await checkModel(place, signal, hashOf) });
    } catch (error) {
      if (!isNoGood(error)) throw error;
      listed.push({ path, source, sizeBytes, state: 'broken', refusal: error });
    }
  }
  return listed;
}

/** True for a file of one of these names. */
export function isNamed({ path }: ModelPlace, fileNames: readonly string[]): boolean {
  return fileNames.includes(basename(path));
}
