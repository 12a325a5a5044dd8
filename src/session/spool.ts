import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, EngineError } from '../errors.js';
import type { Stretch } from './piece.js';
import { folderError, readAndRemovePiece, removePiece, systemCode, writePiece } from './spool-file.js';

export interface SpoolOptions {
  /** Must exist; a private folder is made in it when there is something to write. @defaultValue the system's for temporary files */
  readonly folder?: string | undefined;
  /** Of audio on disk at once; a second of it takes 64,000. @defaultValue 1 GiB */
  readonly limitBytes?: number | undefined;
}

/** A stretch of audio on disk. Given out by `put`; good for one `take` or `discard` of the same spool. */
export type Spooled = Stretch;

/** Audio that waits on disk until there is time for it: whole samples, so that its text is the same as at once. */
export class Spool {
  readonly #parent: string;
  readonly #limitBytes: number;
  /** Private to this user, and to this spool. Made when it is first needed. */
  #folder: Promise<string> | undefined;
  /** Where each piece lies. */
  readonly #paths = new Map<Spooled, string>();
  readonly #underWay = new Set<Promise<unknown>>();
  #bytes = 0;
  #written = 0;
  #end: Promise<void> | undefined;

  /** @throws EngineError `OPTION_INVALID` */
  constructor({ folder = tmpdir(), limitBytes = 2 ** 30 }: SpoolOptions = {}) {
    if (typeof folder !== 'string' || folder === '') {
      throw new EngineError('OPTION_INVALID', `The spool's folder is ${describe(folder)}; it must be a path.`);
    }
    if (!(Number.isSafeInteger(limitBytes) && limitBytes >= 0)) {
      throw new EngineError('OPTION_INVALID', `The spool's limit is ${limitBytes} bytes; it must be a whole number.`);
    }
    this.#parent = resolve(folder);
    this.#limitBytes = limitBytes;
  }

  /** On disk, or promised to what is being written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** On disk. */
  get pieces(): number {
    return this.#paths.size;
  }

  /**
   * Writes a piece. `pcm` is 16 kHz mono, as long as its stretch; its memory is the caller's again when this settles.
   * What could not be written leaves nothing behind.
   * @throws EngineError `DISK_FULL`, `OPTION_INVALID` when the folder cannot be written or is gone, `ENGINE_CLOSED`
   */
  put(pcm: Float32Array, stretch: Stretch): Promise<Spooled> {
    return this.#noting(this.#put(pcm, stretch));
  }

  /**
   * Reads a piece into the first part of `into`, which it returns, and removes it from the disk, whatever happens.
   * @throws EngineError `AUDIO_MISSING` when its file is gone, `AUDIO_BROKEN` when that is damaged, `ENGINE_CLOSED`
   */
  take(spooled: Spooled, into: Float32Array): Promise<Float32Array> {
    return this.#noting(this.#take(spooled, into));
  }

  /** Removes a piece from the disk; does nothing when it is not there any more. */
  async discard(spooled: Spooled): Promise<void> {
    const path = this.#release(spooled);
    if (path !== undefined) await this.#noting(removePiece(path));
  }

  /**
   * Removes everything from the disk, when what is under way has ended.
   * @throws EngineError `INTERNAL` when audio had to stay there
   */
  close(): Promise<void> {
    this.#end ??= this.#removeAll();
    return this.#end;
  }

  async #put(pcm: Float32Array, { startSample, endSample }: Stretch): Promise<Spooled> {
    this.#requireOpen();
    if (pcm.length !== endSample - startSample) {
      throw unsound(`samples ${startSample} to ${endSample} came as ${pcm.length} samples`);
    }
    if (this.#bytes + pcm.byteLength > this.#limitBytes) throw this.#overLimit(pcm.byteLength);
    this.#bytes += pcm.byteLength;
    const spooled: Spooled = Object.freeze({ startSample, endSample });
    try {
      this.#paths.set(spooled, await this.#write(pcm));
    } catch (error) {
      this.#bytes -= pcm.byteLength;
      throw error;
    }
    return spooled;
  }

  async #take(spooled: Spooled, into: Float32Array): Promise<Float32Array> {
    this.#requireOpen();
    const samples = spooled.endSample - spooled.startSample;
    if (into.length < samples) throw unsound(`a piece of ${samples} samples was taken into ${into.length}`);
    const path = this.#release(spooled);
    if (path === undefined) throw unsound('a piece was taken twice, or from another spool');
    const pcm = into.subarray(0, samples);
    await readAndRemovePiece(path, pcm);
    return pcm;
  }

  async #write(pcm: Float32Array): Promise<string> {
    this.#folder ??= this.#makeFolder();
    const made = this.#folder;
    const folder = await made;
    this.#written += 1;
    const path = join(folder, `${this.#written}.f32`);
    try {
      await writePiece(path, pcm);
      return path;
    } catch (error) {
      // Whoever cleans up took the folder; what comes next gets a new one.
      if (systemCode(error) === 'ENOENT' && this.#folder === made) this.#folder = undefined;
      throw folderError(folder, error);
    }
  }

  async #makeFolder(): Promise<string> {
    try {
      return await mkdtemp(join(this.#parent, 'whisperpool-spool-'));
    } catch (error) {
      this.#folder = undefined;
      throw folderError(this.#parent, error);
    }
  }

  async #removeAll(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    const folder = await this.#folder?.catch(() => undefined);
    this.#paths.clear();
    this.#bytes = 0;
    if (folder === undefined) return;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch((cause: unknown) => {
      throw new EngineError('INTERNAL', `Audio in ${folder} could not be removed. Remove it by hand.`, { cause });
    });
  }

  /** Where the piece lies, which is nobody's any more. */
  #release(spooled: Spooled): string | undefined {
    const path = this.#paths.get(spooled);
    if (path === undefined) return undefined;
    this.#paths.delete(spooled);
    this.#bytes -= (spooled.endSample - spooled.startSample) * Float32Array.BYTES_PER_ELEMENT;
    return path;
  }

  /** What is under way is waited for when the spool closes. */
  async #noting<Value>(work: Promise<Value>): Promise<Value> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  #overLimit(bytes: number): EngineError {
    return new EngineError(
      'DISK_FULL',
      `${bytes} bytes of audio were to wait on disk, where ${this.#bytes} do already, and the limit is ${this.#limitBytes}. Raise the limit, or send less at once.`,
    );
  }

  #requireOpen(): void {
    if (this.#end) throw new EngineError('ENGINE_CLOSED', 'The engine is closed, and with it what waited on disk.');
  }
}

function unsound(what: string): EngineError {
  return new EngineError('INTERNAL', `The spool: ${what}. This is a defect of the engine; please report it.`);
}
