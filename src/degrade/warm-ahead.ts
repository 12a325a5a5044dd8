import { EngineError } from '../errors.js';
import type { LadderModels, NamedModel } from './ladder-models.js';
import type { RungModel } from './rung.js';

/** From this load on: what comes next may still be a minute away, and warming takes seconds. */
const warmLoad = 0.6;
/** What was not needed for so many seconds is given back. Looks are counted, so that a clock that jumps changes nothing. */
const coolLooks = 300;
/** Until the next attempt, after one failed or memory was short. */
const pauseLooks = 30;

/** What a rung wishes for, and what that is on this machine. */
interface Next {
  readonly wish: RungModel;
  readonly model: NamedModel;
}

export interface WarmAheadOptions {
  readonly models: LadderModels;
  /** It cannot be had. */
  readonly onMissing: (wish: RungModel, error: EngineError) => void;
}

/** Has the next lighter model warm before it is needed, while there is memory for it, and gives it back after a rest. */
export class WarmAhead {
  readonly #options: WarmAheadOptions;
  #looksWithoutNeed = 0;
  #looksToWait = 0;
  #warming: Next | undefined;

  constructor(options: WarmAheadOptions) {
    this.#options = options;
  }

  /**
   * Once a second.
   * @param next - of the nearest lighter rung that has another model; undefined when there is none
   * @param load - on rung 0
   */
  look(next: Next | undefined, rung: number, load: number): void {
    const { models } = this.#options;
    const isNeeded = rung > 0 || load >= warmLoad;
    this.#looksWithoutNeed = isNeeded ? 0 : this.#looksWithoutNeed + 1;
    this.#looksToWait = models.isMemoryShort ? pauseLooks : Math.max(0, this.#looksToWait - 1);
    if (models.isMemoryShort || this.#looksWithoutNeed >= coolLooks) this.cool();
    else if (isNeeded && next && this.#looksToWait === 0 && !this.#warming && !models.isWarm(next.model)) {
      void this.#warm(next);
    }
  }

  /** Gives back what does not serve. */
  cool(): void {
    this.#warming = undefined;
    this.#options.models.cool();
  }

  async #warm(next: Next): Promise<void> {
    const { models, onMissing } = this.#options;
    this.#warming = next;
    try {
      await models.warm(next.model);
    } catch (error) {
      // It was given up.
      if (this.#warming !== next) return;
      this.#looksToWait = pauseLooks;
      // Memory may come back; a file that is damaged or gone does not.
      if (error instanceof EngineError && error.code.startsWith('MODEL_')) onMissing(next.wish, error);
    } finally {
      if (this.#warming === next) this.#warming = undefined;
    }
  }
}
