import { EngineError } from '../errors.js';
import { speaks } from '../model/language.js';
import { isMultilingual } from '../model/model-name.js';
import type { DecodingPool } from '../pool/decoding-pool.js';
import type { Decode } from '../provider/decode.js';
import type { Chunk } from '../provider/recognition.js';
import type { LoadedModel } from './model-loader.js';

interface Resident {
  loaded: LoadedModel;
  /** Decodes under way. */
  underWay: number;
}

/** Work that needs some model until it ends. */
export interface Hold {
  /** A code, or `auto` while it is to be detected; undefined while nothing is known yet. */
  language: string | undefined;
}

/**
 * The models in memory, the one that serves last. A model that no longer serves stays as long as a decode runs on it, or
 * work in a language needs it that the serving one does not speak, or it is among the `limit` that served most recently,
 * or it is the one that is kept.
 */
export class ResidentModels {
  readonly #pool: DecodingPool;
  readonly #limit: number;
  readonly #holds = new Set<Hold>();
  #residents: Resident[] = [];
  #kept: LoadedModel | undefined;
  #freeing: Promise<unknown> = Promise.resolve();

  constructor(pool: DecodingPool, limit: number) {
    this.#pool = pool;
    this.#limit = limit;
  }

  get serving(): LoadedModel | undefined {
    return this.#residents.at(-1)?.loaded;
  }

  /** The one that is kept, while it is here. */
  get kept(): LoadedModel | undefined {
    return this.#kept && this.has(this.#kept) ? this.#kept : undefined;
  }

  has(loaded: LoadedModel): boolean {
    return this.#residents.some((resident) => resident.loaded === loaded);
  }

  get isHeld(): boolean {
    return this.#holds.size > 0;
  }

  /** From the next chunk on, `loaded` decodes. */
  serve(loaded: LoadedModel): void {
    // Decodes under way count down on the resident that they began with: one that serves again stays the same.
    const resident = this.#residents.find((known) => isSame(known.loaded, loaded)) ?? { loaded, underWay: 0 };
    // It was loaded again while it was still here: one load is enough.
    if (resident.loaded !== loaded) this.#free(resident.loaded);
    resident.loaded = loaded;
    this.#residents = [...this.#residents.filter((other) => other !== resident), resident];
    this.#trim();
  }

  /** From the next change on this one stays, whether it serves or not; the one before goes when a decode ends. */
  keep(loaded: LoadedModel | undefined): void {
    this.#kept = loaded;
  }

  hold(): Hold {
    const hold: Hold = { language: undefined };
    this.#holds.add(hold);
    return hold;
  }

  release(hold: Hold): void {
    this.#holds.delete(hold);
    this.#trim();
  }

  /** Decodes with the serving model, or with the latest that speaks the chunk's language. */
  decode(chunk: Chunk): Decode {
    const resident = this.#residents.findLast(({ loaded }) => suits(loaded, chunk.language)) ?? this.#residents.at(-1);
    if (!resident) throw new EngineError('INTERNAL', 'A chunk was decoded while no model was held.');
    const { use, model } = resident.loaded;
    const decode = this.#pool.decode(use, chunk);
    resident.underWay += 1;
    const finished = decode.outcome.finally(() => {
      resident.underWay -= 1;
      this.#trim();
    });
    const { encoderContext, beamSize } = chunk;
    const asked = { encoderContext, beamSize };
    return { outcome: finished.then((outcome) => ({ ...outcome, model, asked })), stop: () => decode.stop() };
  }

  /** Gives back a load that nobody wants any more; another load of the same model stays. */
  async discard(loaded: LoadedModel): Promise<void> {
    await this.#pool.unload(loaded.use);
  }

  /** Gives back everything. Nothing may be under way. */
  async clear(): Promise<void> {
    for (const { loaded } of this.#residents.splice(0)) this.#free(loaded);
    await this.#freeing;
  }

  #trim(): void {
    const serving = this.#residents.at(-1);
    const latest = new Set(this.#residents.slice(-this.#limit));
    this.#residents = this.#residents.filter((resident) => {
      if (latest.has(resident) || resident.loaded === this.#kept) return true;
      if (resident.underWay > 0 || this.#isNeeded(resident, serving)) return true;
      this.#free(resident.loaded);
      return false;
    });
  }

  #isNeeded({ loaded }: Resident, serving: Resident | undefined): boolean {
    return [...this.#holds].some(
      ({ language }) =>
        language !== undefined && serving && !suits(serving.loaded, language) && suits(loaded, language),
    );
  }

  #free(loaded: LoadedModel): void {
    // When it cannot be told, all slots are gone, and its memory with them.
    this.#freeing = Promise.allSettled([this.#freeing, this.#pool.unload(loaded.use)]);
  }
}

function suits({ model }: LoadedModel, language: string): boolean {
  return language === 'auto' ? isMultilingual(model.dimensions) : speaks(model.dimensions, language);
}

function isSame(one: LoadedModel, other: LoadedModel): boolean {
  return JSON.stringify(one.use) === JSON.stringify(other.use);
}
