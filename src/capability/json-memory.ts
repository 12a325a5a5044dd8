import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../model/search-path.js';

export interface JsonMemoryOptions<Value> {
  /** In the cache folder. */
  readonly fileName: string;
  /** What another version wrote is not read. */
  readonly formatVersion: number;
  readonly isValue: (value: unknown) => value is Value;
}

interface Entry {
  /** Since 1970. */
  readonly keptAtSeconds: number;
  readonly value: unknown;
}

const secondsPerDay = 86_400;
const mostAgeSeconds = 30 * secondsPerDay;
/** The oldest are forgotten first. */
const mostEntries = 50;

/**
 * Values that this user's processes remember for 30 days, in a file of the cache folder. What is damaged, of another
 * version or writable by others is not believed. Where nothing can be written, nothing is remembered.
 */
export class JsonMemory<Value> {
  readonly #options: JsonMemoryOptions<Value>;
  /** The writer before this one: of two at once in a process, each keeps what the other found. */
  #written: Promise<void> = Promise.resolve();

  constructor(options: JsonMemoryOptions<Value>) {
    this.#options = options;
  }

  /** @param nowSeconds - since 1970 */
  async recall(key: string, nowSeconds: number): Promise<Value | undefined> {
    const entry = (await this.#read()).get(key);
    // A clock that was set back must not make it last for ever.
    const isFresh = entry !== undefined && Math.abs(nowSeconds - entry.keptAtSeconds) < mostAgeSeconds;
    return isFresh && this.#options.isValue(entry.value) ? entry.value : undefined;
  }

  /**
   * Never throws.
   * @param nowSeconds - since 1970
   */
  keep(key: string, value: Value, nowSeconds: number): Promise<void> {
    this.#written = this.#written.then(async () => {
      const entries = new Map(await this.#read());
      entries.delete(key);
      entries.set(key, { keptAtSeconds: nowSeconds, value });
      await this.#write([...entries].slice(-mostEntries)).catch(() => undefined);
    });
    return this.#written;
  }

  get #path(): string {
    return join(cacheFolder(), this.#options.fileName);
  }

  async #read(): Promise<ReadonlyMap<string, Entry>> {
    try {
      const content: unknown = JSON.parse(await readOwn(this.#path));
      if (!isRecord(content) || content['formatVersion'] !== this.#options.formatVersion) return new Map();
      const { entries } = content;
      if (!isRecord(entries)) return new Map();
      return new Map(Object.entries(entries).filter((entry): entry is [string, Entry] => isEntry(entry[1])));
    } catch {
      return new Map();
    }
  }

  async #write(entries: readonly (readonly [string, Entry])[]): Promise<void> {
    await mkdir(cacheFolder(), { recursive: true });
    const temporary = `${this.#path}.${randomUUID()}`;
    try {
      const { formatVersion } = this.#options;
      const content = JSON.stringify({ formatVersion, entries: Object.fromEntries(entries) });
      await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

/** What others may write to could say anything. */
async function readOwn(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { mode, uid } = await handle.stat();
    const ownUser = process.geteuid?.();
    if (ownUser !== undefined && (uid !== ownUser || (mode & 0o022) !== 0)) return '';
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isEntry(value: unknown): value is Entry {
  return isRecord(value) && typeof value['keptAtSeconds'] === 'number' && 'value' in value;
}
