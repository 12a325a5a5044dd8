import { isAbsolute, relative } from 'node:path';

/** Whether a path is in a folder, by its name alone. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}
