import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rm, writeFile } from 'node:fs/promises';
import type { CatalogFile } from '../catalog.js';
import { storeError } from './store-folder.js';

/** What is known about the bytes of a partial file. Kept beside it. */
interface Origin {
  readonly formatVersion: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** What the hub called this version of the file: an entity tag or a date. */
  readonly validator?: string | undefined;
}

const formatVersion = 1;

/** The beginning of a file that is being downloaded, or whose download was broken off. */
export class PartialFile {
  readonly path: string;
  readonly #file: CatalogFile;
  #doneBytes = 0;
  #validator: string | undefined;
  #handle: FileHandle | undefined;

  private constructor(finalPath: string, file: CatalogFile) {
    this.path = partialPath(finalPath);
    this.#file = file;
  }

  /** The beginning of `finalPath` that is there, empty when what is there is of no use. */
  static async find(finalPath: string, file: CatalogFile): Promise<PartialFile> {
    const partial = new PartialFile(finalPath, file);
    const status = await lstat(partial.path).catch(() => undefined);
    const origin = await readOrigin(partial.path);
    const fits =
      status?.isFile() === true &&
      status.size <= file.sizeBytes &&
      origin?.formatVersion === formatVersion &&
      origin.sizeBytes === file.sizeBytes &&
      origin.sha256 === file.sha256;
    // Without a validator nobody can tell whether the hub would go on with the same file.
    if (fits && (origin.validator !== undefined || status.size === file.sizeBytes)) {
      partial.#doneBytes = status.size;
      partial.#validator = origin.validator;
    }
    return partial;
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  /** What the hub called the version of the file that these bytes are from. */
  get validator(): string | undefined {
    return this.#validator;
  }

  /**
   * Gets ready to write from byte `fromBytes` on: 0, or where the file ends.
   * @throws EngineError `MODEL_STORE_UNWRITABLE`, `DISK_FULL`
   */
  async open(fromBytes: number, validator: string | undefined): Promise<void> {
    await this.#guard(async () => {
      if (fromBytes > 0) {
        // Windows knows no O_NOFOLLOW.
        this.#handle = await open(this.path, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW || 0));
        return;
      }
      // Removed, not emptied: whatever lies there, a link to another place included, is left alone.
      await this.#remove();
      this.#handle = await open(this.path, 'ax', 0o644);
      this.#validator = validator;
      const { sizeBytes, sha256 } = this.#file;
      const origin: Origin = { formatVersion, sizeBytes, sha256, validator };
      await writeFile(originPath(this.path), JSON.stringify(origin), { flag: 'wx', mode: 0o644 });
    });
  }

  /** @throws EngineError `MODEL_STORE_UNWRITABLE`, `DISK_FULL` */
  async append(bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      await this.#handle?.appendFile(bytes);
      this.#doneBytes += bytes.length;
    });
  }

  /** Returns when what was written is on the disk. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await this.#guard(async () => {
      try {
        await handle?.sync();
      } finally {
        await handle?.close();
      }
    });
  }

  /** Forgets what is there. */
  async discard(): Promise<void> {
    await this.#guard(() => this.#remove());
  }

  async #remove(): Promise<void> {
    this.#doneBytes = 0;
    this.#validator = undefined;
    await rm(this.path, { force: true });
    await rm(originPath(this.path), { force: true });
  }

  async #guard(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw storeError(this.path, error);
    }
  }
}

export function partialPath(finalPath: string): string {
  return `${finalPath}.partial`;
}

/** Of the file that says where a partial one comes from. */
export function originPath(partial: string): string {
  return `${partial}.json`;
}

async function readOrigin(partial: string): Promise<Partial<Origin> | undefined> {
  try {
    const origin = JSON.parse(await readFile(originPath(partial), 'utf8')) as Partial<Origin>;
    return typeof origin.validator === 'string' ? origin : { ...origin, validator: undefined };
  } catch {
    return undefined;
  }
}
