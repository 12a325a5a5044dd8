import { planCost } from './plan-cost.js';
import { PlanFit } from './plan-fit.js';
import { type PlanKey, planOfKey } from './plan-key.js';

/** What was measured of one decode. */
export interface ServiceSample {
  /** From `planKey`. */
  readonly key: string;
  readonly audioSeconds: number;
  /** In the slot, without the wait. */
  readonly decodeSeconds: number;
  /** When it ended, on the scale of `Clock.nowSeconds`. */
  readonly atSeconds?: number;
}

/** Plans that are remembered; the one not used for longest is forgotten. */
const mostPlans = 32;
const longestAudioSeconds = 30;
const leastSeconds = 1e-4;

/** Whether it can have been measured: a microsecond at least, and ten days at most. */
export function isDuration(seconds: number): boolean {
  return seconds >= 1e-6 && seconds <= 1e6;
}

/**
 * How long decodes take: T(L), a line for every plan (PlanFit), fitted to what was measured last, so that it follows a machine that
 * becomes slower, and is not moved by one that stood still. What was never measured is judged by what was.
 */
export class ServiceTimes {
  /** The one used last is the last. */
  readonly #fits = new Map<string, PlanFit>();

  /** Ignores what is no measure. */
  add({ key, audioSeconds, decodeSeconds, atSeconds }: ServiceSample): void {
    if (!(isDuration(audioSeconds) && isDuration(decodeSeconds))) return;
    const fit = this.#fits.get(key) ?? new PlanFit(key);
    this.#fits.delete(key);
    this.#fits.set(key, fit);
    fit.add({ audioSeconds, decodeSeconds, atSeconds: Number.isFinite(atSeconds) ? atSeconds : undefined });
    const [oldest] = this.#fits.keys();
    if (this.#fits.size > mostPlans && oldest !== undefined) this.#fits.delete(oldest);
  }

  /** Whether decodes of this plan were measured; otherwise `predict` goes by those of others. */
  isMeasured(key: string): boolean {
    return this.#fits.get(key)?.isMeasured ?? false;
  }

  /** Seconds that a decode of this much audio takes; never NaN, never 0. */
  predict(key: string, audioSeconds: number): number {
    const seconds = audioSeconds > 0 ? Math.min(audioSeconds, longestAudioSeconds) : leastSeconds;
    const fit = this.#fits.get(key);
    const predicted = fit?.isMeasured ? fit.predict(seconds) : this.#estimated(planOfKey(key), seconds);
    return Number.isFinite(predicted) ? Math.max(predicted, leastSeconds) : planCost(planOfKey(key), seconds);
  }

  /** The plan most like it was so many times as slow as usual, so this one is too. */
  #estimated(plan: PlanKey, audioSeconds: number): number {
    let [best, likest] = [undefined as PlanFit | undefined, -1];
    // Of two that are as like, the one used later.
    for (const fit of this.#fits.values()) {
      const likeness = fit.isMeasured ? likenessOf(fit.plan, plan) : -1;
      if (likeness >= likest && likeness >= 0) [best, likest] = [fit, likeness];
    }
    return (best?.scale ?? 1) * planCost(plan, audioSeconds);
  }
}

/** What the same has in common counts more, the less well its part of the cost is known. */
function likenessOf(one: PlanKey, other: PlanKey): number {
  return (
    (one.variant === other.variant ? 8 : 0) +
    (one.model === other.model ? 4 : 0) +
    (one.threads === other.threads ? 2 : 0) +
    (one.encoderContext === other.encoderContext ? 1 : 0)
  );
}
