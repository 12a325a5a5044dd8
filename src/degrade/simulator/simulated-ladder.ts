import type { Clock } from '../../clock.js';
import type { Priority } from '../../scheduler/work.js';
import type { LivePlan } from '../../session/live-plan.js';
import { planKey } from '../plan-key.js';
import type { Rung, Service } from '../rung.js';
import type { RungCost } from '../rung-cost.js';
import { planAt, type Standing, serviceAt, standingOn } from '../standing.js';
import type { SimulatedMachine } from './machine.js';

const priorities: readonly Priority[] = ['critical', 'normal', 'background'];

/** A rung on this machine. */
interface Step {
  readonly standing: Standing;
  readonly plan: LivePlan;
  /** Index among the machine's models; undefined when it has none like that. */
  readonly model: number | undefined;
  readonly serves: readonly Priority[];
}

/** The ladder of a simulated machine: what is in force, and what else would cost. */
export class SimulatedLadder {
  readonly #machine: SimulatedMachine;
  readonly #clock: Clock;
  readonly #steps: readonly Step[];
  #rung = 0;
  /** The one that serves. */
  #model = 0;
  #cancelSwitch: () => void = () => undefined;

  constructor(rungs: readonly Rung[], machine: SimulatedMachine, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
    this.#steps = rungs.map((_, rung) => stepOf(standingOn(rungs, rung), machine));
  }

  get rung(): number {
    return this.#rung;
  }

  get plan(): LivePlan {
    return this.#steps[this.#rung]?.plan ?? this.#machine.plan;
  }

  /** Index among the machine's models: the old one serves until the new one is warm. */
  get model(): number {
    return this.#model;
  }

  serviceOf(priority: Priority): Service {
    const standing = this.#steps[this.#rung]?.standing;
    return standing ? serviceAt(standing, priority) : 'decoded';
  }

  keyOf(model: number, { encoderContext, beamSize }: LivePlan): string {
    const { name = '', variant = '' } = this.#machine.models[model] ?? {};
    return planKey({ model: name, variant, encoderContext, threads: 1, beamSize });
  }

  costs(): readonly RungCost[] {
    return this.#steps.map(({ plan, model, serves }) => ({
      key: model === undefined ? undefined : this.keyOf(model, plan),
      chunkSeconds: plan.chunkSeconds,
      switchSeconds: this.#secondsTo(model),
      serves,
    }));
  }

  /** @returns false when this is no rung that can be taken */
  take(rung: number): boolean {
    const model = this.#steps[rung]?.model;
    if (model === undefined) return false;
    this.#rung = rung;
    this.#cancelSwitch();
    this.#cancelSwitch = this.#clock.after(this.#secondsTo(model), () => {
      this.#model = model;
    });
    return true;
  }

  #secondsTo(model: number | undefined): number {
    if (model === undefined || model === this.#model) return 0;
    return this.#machine.models[model]?.switchSeconds ?? 0;
  }
}

function stepOf(standing: Standing, machine: SimulatedMachine): Step {
  return {
    standing,
    plan: planAt(standing, machine.plan),
    model: modelOf(standing, machine),
    serves: priorities.filter((priority) => serviceAt(standing, priority) === 'decoded'),
  };
}

function modelOf({ model }: Standing, { models }: SimulatedMachine): number | undefined {
  if (model === undefined) return 0;
  const wanted = (name: string, variant: string | undefined) =>
    models.findIndex((other) => other.name === name && (variant === undefined || other.variant === variant));
  const found = model === 'smaller' ? Math.min(1, models.length) : wanted(model.model, model.variant);
  return found >= 0 && found < models.length ? found : undefined;
}
