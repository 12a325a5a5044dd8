import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { RungModel } from './rung.js';
import type { ServingModel } from './rung-cost.js';

/** Warming one that was never warmed takes about so long. */
const usualSeconds = 2;
/** What failed is tried again after so long. */
const retrySeconds = 30;

/** A model as it is called where decodes are counted. */
export interface NamedModel {
  readonly model: string;
  readonly variant: string;
  readonly path: string;
}

/** The models that the ladder can change between. */
export interface LadderModels {
  readonly threads: number;
  /** The one that was asked for, as it was loaded; undefined while nothing is. */
  readonly requested: NamedModel | undefined;
  /** What a rung wishes for, if it is on this machine and speaks the language. @throws EngineError why it cannot be had */
  find(wish: RungModel): Promise<NamedModel>;
  /** Warms a model beside the present one, then lets it serve; without one, that which was asked for. */
  serve(model: NamedModel | undefined, signal: AbortSignal): Promise<void>;
}

export interface ModelSwitchOptions {
  readonly models: LadderModels;
  readonly clock: Clock;
  /** What is wanted serves now. */
  readonly onServing: () => void;
  /** This one cannot be had. The one that was asked for is tried again, as it was there once. */
  readonly onMissing: (wish: RungModel | undefined, error: EngineError) => void;
}

type Wish = RungModel | undefined;

/** Changes the engine's model in the background, one change at a time. Undefined stands for the one that was asked for. */
export class ModelSwitch {
  readonly #options: ModelSwitchOptions;
  readonly #found = new Map<string, NamedModel>();
  readonly #seconds = new Map<string, number>();
  #wanted: Wish;
  #serving: Wish;
  #retryAtSeconds = Number.NEGATIVE_INFINITY;
  #change: { readonly wish: Wish; readonly abort: AbortController } | undefined;

  constructor(options: ModelSwitchOptions) {
    this.#options = options;
  }

  /** Whether what is wanted serves. */
  get isDone(): boolean {
    return this.#change === undefined && isDeepStrictEqual(this.#wanted, this.#serving);
  }

  /** Looks for the models of these wishes, without loading them. */
  async seek(wishes: readonly RungModel[]): Promise<void> {
    for (const wish of wishes) {
      try {
        await this.#find(wish);
      } catch (error) {
        this.#miss(wish, error);
      }
    }
  }

  /** What a rung would be decoded with; undefined while that is not known. */
  modelOf(wish: Wish): ServingModel | undefined {
    const { models } = this.#options;
    const named = wish === undefined ? models.requested : this.#found.get(keyOf(wish));
    if (!named) return undefined;
    const switchSeconds = isDeepStrictEqual(wish, this.#serving) ? 0 : (this.#seconds.get(keyOf(wish)) ?? usualSeconds);
    return { model: named.model, variant: named.variant, threads: models.threads, switchSeconds };
  }

  /** This is to serve. Saying it again changes nothing. */
  want(wish: Wish): void {
    this.#wanted = wish;
    if (this.#change && !isDeepStrictEqual(this.#change.wish, wish)) this.#change.abort.abort();
    const isDue = this.#options.clock.nowSeconds() >= this.#retryAtSeconds;
    if (!this.#change && !this.isDone && isDue) void this.#begin(wish);
  }

  /** The service has chosen another model, and that serves now. */
  chosen(): void {
    this.#found.clear();
    this.#seconds.clear();
    this.#serving = undefined;
    this.want(this.#wanted);
  }

  close(): void {
    this.#retryAtSeconds = Number.POSITIVE_INFINITY;
    this.#wanted = this.#serving;
    this.#change?.abort.abort();
  }

  async #begin(wish: Wish): Promise<void> {
    const { models, clock, onServing } = this.#options;
    const change = { wish, abort: new AbortController() };
    this.#change = change;
    const startSeconds = clock.nowSeconds();
    try {
      const model = wish === undefined ? undefined : await this.#find(wish);
      await models.serve(model, change.abort.signal);
      this.#seconds.set(keyOf(wish), clock.nowSeconds() - startSeconds);
      this.#serving = wish;
    } catch (error) {
      // Who wanted something else meanwhile gets that, below.
      if (!change.abort.signal.aborted) {
        this.#retryAtSeconds = clock.nowSeconds() + (wish === undefined ? retrySeconds : 0);
        this.#miss(wish, error);
      }
    } finally {
      this.#change = undefined;
    }
    if (this.isDone) onServing();
    else if (change.abort.signal.aborted || !isDeepStrictEqual(this.#wanted, wish)) this.want(this.#wanted);
  }

  async #find(wish: RungModel): Promise<NamedModel> {
    const known = this.#found.get(keyOf(wish));
    if (known) return known;
    const found = await this.#options.models.find(wish);
    this.#found.set(keyOf(wish), found);
    return found;
  }

  #miss(wish: Wish, error: unknown): void {
    this.#found.delete(keyOf(wish));
    this.#options.onMissing(wish, EngineError.from(error, 'MODEL_MISSING', 'A lighter model could not be had.'));
  }
}

function keyOf(wish: Wish): string {
  return JSON.stringify(wish ?? 'requested');
}
