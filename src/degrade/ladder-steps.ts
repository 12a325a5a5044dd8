import { isDeepStrictEqual } from 'node:util';
import type { LivePlan } from '../session/live-plan.js';
import type { Rung, RungModel } from './rung.js';
import { type RungCost, rungCosts, type ServingModel } from './rung-cost.js';
import { type Standing, standingOn } from './standing.js';

/** The rungs of a policy as they are on this machine: one that came to no more than a model that is not here is left out. */
export class LadderSteps {
  /** What a rung would be without a model that cannot be had. */
  #rungs: readonly Rung[];
  #standings: readonly Standing[] = [];
  /** Those that change nothing are not there. */
  #canTake: readonly boolean[] = [];

  constructor(rungs: readonly Rung[]) {
    this.#rungs = rungs;
    this.#stand();
  }

  /** The models that rungs wish for, each once. */
  get wishes(): readonly RungModel[] {
    const wishes = this.#rungs.flatMap(({ model }) => (model === undefined ? [] : [model]));
    return wishes.filter((wish, at) => wishes.findIndex((other) => isDeepStrictEqual(other, wish)) === at);
  }

  /** This model cannot be had. @returns the names of the rungs that wish for it */
  miss(wish: RungModel): readonly string[] {
    const wishing = this.#rungs.filter(({ model }) => isDeepStrictEqual(model, wish));
    this.#rungs = this.#rungs.map(({ model, ...rung }) =>
      model === undefined || isDeepStrictEqual(model, wish) ? rung : { ...rung, model },
    );
    this.#stand();
    return wishing.map(({ name }) => name);
  }

  standing(rung: number): Standing {
    return this.#standings[rung] ?? standingOn([], 0);
  }

  canTake(rung: number): boolean {
    return this.#canTake[rung] ?? false;
  }

  /** The model of the nearest lighter rung that has another than this one. */
  nextModel(rung: number): RungModel | undefined {
    const { model } = this.standing(rung);
    const lighter = this.#standings.slice(rung + 1);
    return lighter.find((standing) => !isDeepStrictEqual(standing.model, model))?.model;
  }

  /** The rung that is wanted, or the next in the direction of the step; where there is none, the one before it. */
  towards(wanted: number, from: number): number {
    const usable = this.#rungs.map((_, rung) => rung).filter((rung) => this.canTake(rung));
    const above = usable.findLast((rung) => rung <= wanted) ?? 0;
    return wanted > from ? (usable.find((rung) => rung >= wanted) ?? above) : above;
  }

  costs(requested: LivePlan, modelOf: (wish: RungModel | undefined) => ServingModel | undefined): readonly RungCost[] {
    const costs = rungCosts(this.#standings, requested, modelOf);
    return costs.map((cost, rung) => (this.canTake(rung) ? cost : { ...cost, key: undefined }));
  }

  #stand(): void {
    const standings = this.#rungs.map((_, rung) => standingOn(this.#rungs, rung));
    this.#standings = standings;
    this.#canTake = standings.map((standing, rung) => rung === 0 || !isDeepStrictEqual(standing, standings[rung - 1]));
  }
}
