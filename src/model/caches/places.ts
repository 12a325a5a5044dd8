import { basename, dirname, join, resolve } from 'node:path';
import type { CacheContext } from './cache-context.js';
import { lookAt } from './sight.js';

export interface Places {
  /** Folders that exist, each once. */
  readonly folders: readonly string[];
  /** Sentences about those that may not be looked into. */
  readonly unreadable: readonly string[];
}

/** Those of the folders that can be looked into. A relative one starts at the project, `~` at home. */
export async function findPlaces(context: CacheContext, paths: readonly string[]): Promise<Places> {
  const found = new Map<string, string>();
  const unreadable = new Set<string>();
  for (const path of paths) {
    const absolute = resolve(
      context.projectFolder,
      path.replace(/^~(?=$|[/\\])/, () => context.home),
    );
    const sight = await lookAt(absolute);
    // Of a folder that may not be searched, every file would seem to be there and unreadable.
    const inside = sight.kind === 'folder' ? await lookAt(join(absolute, '.whisperpool-nothing')) : sight;
    if (inside.kind === 'hidden') unreadable.add(`${absolute} may not be looked into by this user.`);
    else if (sight.kind === 'folder' && !found.has(sight.inode)) found.set(sight.inode, absolute);
  }
  return { folders: [...found.values()], unreadable: [...unreadable] };
}

/**
 * The Hugging Face hub caches of this user: the one that `huggingface_hub` would use (its documented order of
 * variables), and those that a custom folder makes: the project's `models` as `cache_dir` or as `HF_HOME`, and every
 * given folder likewise.
 */
export function hubPlaces(context: CacheContext): Promise<Places> {
  const given = context.folders.flatMap((folder) => [
    ...(basename(folder).startsWith('models--') ? [dirname(folder)] : []),
    folder,
    join(folder, 'hub'),
  ]);
  const models = join(context.projectFolder, 'models');
  return findPlaces(context, [hubFolder(context), models, join(models, 'hub'), ...given]);
}

/** Folders in which a model may lie as a plain folder, as `--local-dir` and `git clone` leave it. */
export function plainPlaces(context: CacheContext): Promise<Places> {
  return findPlaces(context, [join(context.projectFolder, 'models'), ...context.folders]);
}

/** Folders in which single-file models lie: the project's, the user's cache, macOS's cache, and the given ones. */
export function whisperPlaces(context: CacheContext): Promise<Places> {
  return findPlaces(context, [
    join(context.projectFolder, 'models'),
    join(userCacheFolder(context), 'whisper'),
    join(context.home, '.cache', 'whisper'),
    join(context.home, 'Library', 'Caches', 'whisper'),
    ...context.folders,
  ]);
}

function hubFolder(context: CacheContext): string {
  const { env } = context;
  const huggingFaceHome = setting(env, 'HF_HOME') ?? join(userCacheFolder(context), 'huggingface');
  return setting(env, 'HF_HUB_CACHE') ?? setting(env, 'HUGGINGFACE_HUB_CACHE') ?? join(huggingFaceHome, 'hub');
}

/** Where programs of this user keep what can be fetched again. */
function userCacheFolder({ env, home }: CacheContext): string {
  return setting(env, 'XDG_CACHE_HOME') ?? join(home, '.cache');
}

/** A variable that is set to nothing is not set. */
function setting(env: CacheContext['env'], name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}
