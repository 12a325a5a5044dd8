import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../clock.js';
import { EngineError } from '../../errors.js';
import { folderError } from '../../session/spool-file.js';

/** An upload on disk. */
export interface Upload {
  readonly path: string;
  /** Never rejects: what cannot be removed now goes with the folder. */
  remove(): Promise<void>;
}

const prefix = 'whisperpool-uploads-';
/** A server says so often that its folder is in use. */
const beatSeconds = 60;
/** Nobody uses a folder that has been silent for so long. */
const silentSeconds = 300;

/**
 * Where uploads lie while they are transcribed: private to this user and to this server. What a server left that was
 * killed is removed by the next one that uses the same parent, or by itself, minutes later. Process ids would not tell:
 * containers that share a disk each have their own.
 */
export class UploadFolder {
  readonly #path: string;
  readonly #parent: string;
  readonly #clock: Clock;
  #stopBeating: () => void = () => undefined;

  private constructor(parent: string, path: string, clock: Clock) {
    this.#parent = parent;
    this.#path = path;
    this.#clock = clock;
  }

  /** @throws EngineError `OPTION_INVALID` when `parent` cannot be written, `DISK_FULL` */
  static async open(parent: string, clock: Clock): Promise<UploadFolder> {
    const path = await mkdtemp(join(parent, prefix)).catch((cause: unknown) => {
      throw folderError(parent, cause);
    });
    const folder = new UploadFolder(parent, path, clock);
    await folder.#beat();
    return folder;
  }

  /**
   * Writes a stream to a new file; what could not be written whole leaves nothing behind.
   * @throws EngineError `DISK_FULL`, `INTERNAL` when the folder is gone; the error of the stream
   */
  async receive(stream: Readable): Promise<Upload> {
    const path = join(this.#path, randomUUID());
    const upload = { path, remove: () => rm(path, { force: true }).catch(() => undefined) };
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    try {
      await pipeline(stream, file);
      return upload;
    } catch (error) {
      await upload.remove();
      throw isOfDisk(error) ? uploadError(error) : error;
    }
  }

  async close(): Promise<void> {
    this.#stopBeating();
    await rm(this.#path, { recursive: true, force: true }).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    this.#stopBeating = this.#clock.after(beatSeconds, () => void this.#beat());
    const now = new Date();
    await utimes(this.#path, now, now).catch(() => undefined);
    await this.#removeLeftOvers().catch(() => undefined);
  }

  async #removeLeftOvers(): Promise<void> {
    // By the clock of the disk, which may be another machine's.
    const { mtimeMs: nowMs } = await stat(this.#path);
    for (const name of await readdir(this.#parent)) {
      if (!name.startsWith(prefix)) continue;
      const path = join(this.#parent, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: nowMs }));
      if (nowMs - mtimeMs > silentSeconds * 1000) {
        await rm(path, { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }
}

/** An error of the stream ends the file, too, but comes from no call of the system. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** What a client may know: not where its upload was to lie. */
function uploadError(cause: unknown): EngineError {
  const { code } = folderError('', cause);
  return code === 'DISK_FULL'
    ? new EngineError(code, 'There is no room here for the upload. Come back later.', { cause })
    : new EngineError('INTERNAL', 'The upload could not be kept. The log of the server says more.', { cause });
}
