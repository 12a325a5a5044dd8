import { homedir } from 'node:os';

/** Where to look. Everything about the machine is given, so that any machine's layout can be checked on any other. */
export interface CacheContext {
  /** The user's home folder. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its `models` folder is looked into. */
  readonly projectFolder: string;
  /** Folders to look into beside the known ones: hub caches, model folders, or folders of those. */
  readonly folders: readonly string[];
  /** Seconds since 1970, to tell how old files are. */
  readonly nowSeconds: number;
}

/** This machine, this user and the current folder, now. */
export function thisMachine(folders: readonly string[] = []): CacheContext {
  return {
    home: homedir(),
    platform: process.platform,
    env: process.env,
    projectFolder: process.cwd(),
    folders,
    nowSeconds: Date.now() / 1000,
  };
}

/**
 * A file that was changed so recently may still be written to. Such files are neither replaced nor removed.
 */
export function mayBeInUse(modifiedSeconds: number, nowSeconds: number): boolean {
  return nowSeconds - modifiedSeconds < 600;
}
