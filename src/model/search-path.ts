import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import envPaths from 'env-paths';

/** A folder that models are looked for in. */
export interface SearchFolder {
  /** Absolute. */
  readonly path: string;
  /** `package`: the models that this package comes with. `cache`: the user's own. `folder`: any other. */
  readonly source: 'folder' | 'package' | 'cache';
}

/** The package's own models: two levels up from here, in src/ and in dist/ alike. */
const embeddedFolder = fileURLToPath(new URL('../../models', import.meta.url));

/** The value of an environment variable. An empty one means the same as none. */
export function setting(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** What whisperpool keeps for this user between runs: `WHISPERPOOL_CACHE`, or a folder where the system has such things. */
export function cacheFolder(): string {
  return resolve(setting('WHISPERPOOL_CACHE') ?? envPaths('whisperpool', { suffix: '' }).cache);
}

/** Where models of this user are kept. */
export function cachedModelsFolder(): string {
  return join(cacheFolder(), 'models');
}

/**
 * Where models are looked for, first one first: `WHISPERPOOL_MODELS`, ./models, the package's own, and the user's. A list
 * that was `given` takes the place of all of them, and a store's folder the place of the user's.
 */
export function searchPath(given?: readonly string[], storeFolder?: string): readonly SearchFolder[] {
  const named = (setting('WHISPERPOOL_MODELS') ?? '').split(delimiter).filter((folder) => folder !== '');
  const first = given ?? [...named, 'models', embeddedFolder];
  const last = storeFolder ?? (given ? undefined : cachedModelsFolder());
  const paths = [...first, ...(last === undefined ? [] : [last])].map((folder) => resolve(folder));
  return [...new Set(paths)].map((path) => ({ path, source: sourceOf(path, last) }));
}

function sourceOf(path: string, cached: string | undefined): SearchFolder['source'] {
  if (path === embeddedFolder) return 'package';
  return path === (cached ?? cachedModelsFolder()) ? 'cache' : 'folder';
}
