import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const prefix = '.whisperpool-work-';
/** Of this machine: in a folder that several share, each removes only its own. */
const ownPrefix = `${prefix}${hostname()}-`;

/** Those of this process that are in use. */
const held = new Set<string>();

/**
 * A folder for half-done files, inside `parent`. Those of processes that were killed are removed first: what a worker
 * leaves behind lasts until the next one starts on its machine.
 */
export async function openScratchFolder(parent: string): Promise<ScratchFolder> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (isLeftBehind(name) && !held.has(path)) await rm(path, { recursive: true, force: true });
  }
  const path = await mkdtemp(join(parent, `${ownPrefix}${process.pid}-`));
  held.add(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      held.delete(path);
    },
  };
}

export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

function isLeftBehind(name: string): boolean {
  if (!name.startsWith(ownPrefix)) return false;
  const pid = Number.parseInt(name.slice(ownPrefix.length), 10);
  return pid === process.pid || !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
