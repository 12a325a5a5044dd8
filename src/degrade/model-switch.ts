import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { LadderModels, NamedModel } from './ladder-models.js';
import type { RungModel } from './rung.js';
import type { ServingModel } from './rung-cost.js';
import { WarmAhead } from './warm-ahead.js';

/** Warming one that was never warmed takes about so long. */
const usualSeconds = 2;
/** What failed is tried again after so long. */
const retrySeconds = 30;

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
  readonly #ahead: WarmAhead;
  readonly #found = new Map<string, NamedModel>();
  readonly #seconds = new Map<string, number>();
  #wanted: Wish;
  #serving: Wish;
  #retryAtSeconds = Number.NEGATIVE_INFINITY;
  #change: { readonly wish: Wish; readonly abort: AbortController } | undefined;

  constructor(options: ModelSwitchOptions) {
    this.#options = options;
    this.#ahead = new WarmAhead({ models: options.models, onMissing: (wish, error) => this.#miss(wish, error) });
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
    const switchSeconds = models.isWarm(named) ? 0 : (this.#seconds.get(keyOf(wish)) ?? usualSeconds);
    return { model: named.model, variant: named.variant, threads: models.threads, switchSeconds };
  }

  /** This is to serve. Saying it again changes nothing. */
  want(wish: Wish): void {
    this.#wanted = wish;
    if (this.#change && !isDeepStrictEqual(this.#change.wish, wish)) this.#change.abort.abort();
    const { models, clock } = this.#options;
    const isDue = models.requested !== undefined && clock.nowSeconds() >= this.#retryAtSeconds;
    if (!this.#change && !this.isDone && isDue) void this.#begin(wish);
  }

  /** Once a second, `next` being what a lighter rung wishes for: see `WarmAhead.look`. */
  prepare(next: Wish, rung: number, load: number): void {
    const model = next && this.#found.get(keyOf(next));
    this.#ahead.look(next && model && { wish: next, model }, rung, load);
  }

  /** Nothing is decoded that could need another model soon. */
  rest(): void {
    this.#ahead.cool();
  }

  /** The service has chosen another model, and that serves now. */
  chosen(): void {
    this.#found.clear();
    this.#seconds.clear();
    this.#serving = undefined;
    this.#ahead.cool();
    // It was for the one that was asked for before.
    this.#change?.abort.abort();
    this.want(this.#wanted);
  }

  close(): void {
    this.#retryAtSeconds = Number.POSITIVE_INFINITY;
    this.#wanted = this.#serving;
    this.#change?.abort.abort();
    this.#options.models.close();
  }

  async #begin(wish: Wish): Promise<void> {
    const { models, clock, onServing } = this.#options;
    const change = { wish, abort: new AbortController() };
    this.#change = change;
    const startSeconds = clock.nowSeconds();
    try {
      const model = wish === undefined ? undefined : await this.#find(wish);
      const target = model ?? models.requested;
      const wasWarm = target !== undefined && models.isWarm(target);
      await models.serve(model, change.abort.signal);
      if (!wasWarm) this.#seconds.set(keyOf(wish), clock.nowSeconds() - startSeconds);
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
