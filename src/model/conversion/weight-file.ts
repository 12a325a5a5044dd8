import { type FileHandle, open } from 'node:fs/promises';
import { type FileIdentity, identifyFile, openError } from '../file-identity.js';
import { corrupt, truncated } from '../refusal.js';

/** A file that weights are read from, open. */
export class WeightFile {
  readonly identity: FileIdentity;
  readonly #handle: FileHandle;

  private constructor(identity: FileIdentity, handle: FileHandle) {
    this.identity = identity;
    this.#handle = handle;
  }

  /** @throws EngineError `MODEL_MISSING` */
  static async open(identity: FileIdentity): Promise<WeightFile> {
    try {
      return new WeightFile(identity, await open(identity.path, 'r'));
    } catch (error) {
      throw await openError(identity.path, error);
    }
  }

  /** Fills `into`. @throws EngineError `MODEL_TRUNCATED` when the file ends before, `MODEL_MISSING` */
  async read(into: Uint8Array, offsetBytes: number, section: string): Promise<void> {
    const { path } = this.identity;
    let filled = 0;
    while (filled < into.length) {
      const reading = this.#handle.read(into, filled, into.length - filled, offsetBytes + filled);
      const { bytesRead } = await reading.catch(async (error: unknown) => {
        throw await openError(path, error);
      });
      if (bytesRead === 0) throw truncated(path, `it became shorter while it was being read, in ${section}`);
      filled += bytesRead;
    }
  }

  /** @throws EngineError `MODEL_CORRUPT` when the file is not what it was when it was identified */
  async refuseChanged(): Promise<void> {
    const { key, path } = this.identity;
    if ((await identifyFile(path)).key !== key) throw corrupt(path, 'it was changed while it was being read');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
