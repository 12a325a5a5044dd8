import { isMeasure } from './measure.js';
import type { PlanReading } from './reading.js';
import { rtfScale, SlidingHistogram } from './sliding-histogram.js';

/** What one decode tells about its plan. */
export interface PlannedDecode {
  readonly model: string;
  /** Quantisation of the weights. */
  readonly variant: string;
  /** Frames of the encode that gave the text. */
  readonly encoderContext: number;
  readonly audioSeconds: number;
  /** Wall time in the provider. */
  readonly decodeSeconds: number;
  /** Whether the sized encode was not believed and a full one was made. */
  readonly retried: boolean;
}

/** Plans that are remembered. An engine has a handful; one that changes models all day must not grow. */
const mostPlans = 32;

/** Up to 5, 7.5, 12.5, 18 and 30 s of audio. The cost of a decode hardly differs within one. */
const contextLimits = [384, 512, 768, 1024] as const;
const fullContext = 1500;

/** The size class of an encoder window. */
export function contextClass(frames: number): number {
  return contextLimits.find((limit) => frames <= limit) ?? fullContext;
}

interface Entry {
  readonly plan: Pick<PlanReading, 'model' | 'variant' | 'encoderContext'>;
  readonly rtf: SlidingHistogram;
  count: number;
  audioSeconds: number;
  decodeSeconds: number;
  retries: number;
}

/** What each plan cost. */
export class PlanTally {
  /** The one that decoded last is last. */
  readonly #entries = new Map<string, Entry>();

  add(decode: PlannedDecode, nowSeconds: number): void {
    const { model, variant, audioSeconds, decodeSeconds, retried } = decode;
    const encoderContext = contextClass(decode.encoderContext);
    const key = `${model}\n${variant}\n${encoderContext}`;
    const entry = this.#entries.get(key) ?? newEntry({ model, variant, encoderContext });
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.count += 1;
    if (isMeasure(audioSeconds)) entry.audioSeconds += audioSeconds;
    if (isMeasure(decodeSeconds)) entry.decodeSeconds += decodeSeconds;
    if (retried) entry.retries += 1;
    entry.rtf.record(decodeSeconds / audioSeconds, nowSeconds);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= mostPlans) break;
      this.#entries.delete(oldest);
    }
  }

  /** In the order of their names. */
  read(nowSeconds: number): readonly PlanReading[] {
    return [...this.#entries]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { plan, rtf, ...totals }]) => ({ ...plan, ...totals, rtf: rtf.read(nowSeconds) }));
  }
}

function newEntry(plan: Entry['plan']): Entry {
  return { plan, rtf: new SlidingHistogram(rtfScale), count: 0, audioSeconds: 0, decodeSeconds: 0, retries: 0 };
}
