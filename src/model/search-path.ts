import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere } from './file-identity.js';

/** The package's own models: two levels up from here, in src/ and in dist/ alike. */
const embeddedFolder = fileURLToPath(new URL('../../models', import.meta.url));

/** Where models are looked for: `WHISPERPOOL_MODELS`, then ./models, then the package's own. */
export function defaultSearchFolders(): readonly string[] {
  const named = (process.env['WHISPERPOOL_MODELS'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...named, 'models', embeddedFolder].map((folder) => resolve(folder)))];
}

/** The first of the names in the first of the folders that has one. */
export async function findFile(folders: readonly string[], names: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (await isThere(path)) return path;
    }
  }
  return undefined;
}
