import type { LivePlan } from '../session/live-plan.js';

/** What the duration of a decode depends on, besides the audio. */
export interface PlanKey {
  readonly model: string;
  readonly variant: string;
  readonly encoderContext: LivePlan['encoderContext'];
  readonly threads: number;
  readonly beamSize: number;
}

/** As one word, `base|q8_0|sized|1|1`. */
export function planKey({ model, variant, encoderContext, threads, beamSize }: PlanKey): string {
  return `${model}|${variant}|${encoderContext}|${threads}|${beamSize}`;
}

/** What a key was made of; what cannot be read in it is taken to be usual. */
export function planOfKey(key: string): PlanKey {
  const [model = '', variant = '', encoderContext = '', threads = '', beamSize = ''] = key.split('|');
  return {
    model,
    variant,
    encoderContext: encoderContext === 'full' || encoderContext === 'trimmed' ? encoderContext : 'sized',
    threads: countOf(threads),
    beamSize: countOf(beamSize),
  };
}

function countOf(text: string): number {
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 ? count : 1;
}
