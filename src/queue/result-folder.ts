import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, EngineError } from '../errors.js';
import type { Transcript } from '../transcript/transcript.js';
import { openScratchFolder, type ScratchFolder } from './scratch-folder.js';

/** Results as files: whole or not there, and the first one of a job stays. */
export class ResultFolder implements AsyncDisposable {
  readonly #folder: string;
  readonly #scratch: ScratchFolder;

  private constructor(folder: string, scratch: ScratchFolder) {
    this.#folder = folder;
    this.#scratch = scratch;
  }

  /** @throws EngineError `DISK_FULL`, `INTERNAL` when it cannot be written to */
  static async open(folder: string): Promise<ResultFolder> {
    const scratch = await openScratchFolder(folder).catch((error: unknown) => {
      throw unwritable(folder, error);
    });
    return new ResultFolder(folder, scratch);
  }

  /** The result of a job that was done before. */
  async read(id: string): Promise<Transcript | undefined> {
    try {
      return JSON.parse(await readFile(this.#path(id), 'utf8')) as Transcript;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new EngineError('INTERNAL', `The result ${this.#path(id)} cannot be read: ${describe(error)}.`, {
        cause: error,
      });
    }
  }

  /**
   * Writes a result, and gives back the one that is there now: a job that was done twice has one result.
   * @throws EngineError `DISK_FULL`, `INTERNAL`
   */
  async write(id: string, transcript: Transcript): Promise<Transcript> {
    const half = join(this.#scratch.path, randomUUID());
    try {
      await writeWhole(half, `${JSON.stringify(transcript)}\n`);
      await appear(half, this.#path(id));
      await syncFolder(this.#folder);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw unwritable(this.#folder, error);
    } finally {
      await rm(half, { force: true });
    }
    return (await this.read(id)) ?? transcript;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A link never replaces what is there; a file system without links has the next best. */
async function appear(half: string, path: string): Promise<void> {
  try {
    await link(half, path);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error))) throw error;
    await rename(half, path);
  }
}

/** The name of a new file is on disk only when its folder is; systems that cannot do it write it themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function unwritable(folder: string, cause: unknown): EngineError {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(codeOf(cause));
  const message = isFull
    ? `There is no room for results in ${folder}. Make some; the job is tried again.`
    : `Results cannot be written to ${folder}: ${describe(cause)}.`;
  return new EngineError(isFull ? 'DISK_FULL' : 'INTERNAL', message, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
