import { type Line, lineThrough, median } from './line-fit.js';
import { planCost } from './plan-cost.js';
import { type PlanKey, planOfKey } from './plan-key.js';

/** A decode of one plan. */
export interface PlanSample {
  readonly audioSeconds: number;
  readonly decodeSeconds: number;
  readonly atSeconds: number | undefined;
}

/** For how a decode grows with its audio. */
const windowSamples = 40;
/** For how fast the machine is now: half of them turn it. */
const recentSamples = 25;
const samplesOfAFit = 4;
/** A fit that differs by less is chance, and is averaged with those before; what differs by more is a machine that changed. */
const mostChance = 0.3;
const shareOfAFit = 0.04;
/** Before so many, one of them cannot be told to be out of place. */
const leastToJudge = 5;
/** So many times as long as expected, or as short, is a pause of the machine or a jump of its clock, … */
const suspectFactor = 6;
/** … unless so many come one after another, over so long. */
const suspectsToBelieve = 24;
const secondsToBelieve = 10;
/** Positions nearer than this share of the cost of 8 s say nothing about a slope. */
const leastDistance = 0.15;
/** A slope more than this times as steep as proportional would make nonsense of audio shorter or longer than any seen. */
const steepest = 1.5;
const leastShare = 0.3;

interface Shape {
  readonly line: Line | undefined;
  readonly scale: number;
}

/**
 * T(L) of one plan: s · (a + b·C(L)), the line from a long window, s from the last decodes. C(L) is the cost on the reference
 * machine rather than L itself: an encoder's window has a least size, so that 2 s are as dear as 5 s, and a line through
 * what long chunks take would make short ones far too cheap.
 */
export class PlanFit {
  readonly plan: PlanKey;
  /** C(L) of samples: they are asked again and again. */
  readonly #costs = new WeakMap<PlanSample, number>();
  #window: PlanSample[] = [];
  #suspects: PlanSample[] = [];
  #shape: Shape | undefined;
  #addedSince = 0;

  constructor(key: string) {
    this.plan = planOfKey(key);
  }

  /** Whether it knows enough to be asked. */
  get isMeasured(): boolean {
    return this.#window.length >= 3;
  }

  /** Measured over usual: how many times as long as on the reference machine. NaN before the first sample. */
  get scale(): number {
    const recent = this.#window.slice(-recentSamples);
    return median(recent.map((sample) => sample.decodeSeconds / this.#costOf(sample)));
  }

  add(sample: PlanSample): void {
    if (this.#isSuspect(sample)) {
      this.#suspects = [...this.#suspects, sample].slice(-suspectsToBelieve);
      if (!this.#areBelieved()) return;
      this.#window = this.#suspects;
      this.#shape = undefined;
    } else {
      this.#window.push(sample);
      if (this.#window.length > windowSamples) this.#window.shift();
      this.#addedSince += 1;
    }
    this.#suspects = [];
  }

  predict(audioSeconds: number): number {
    return this.#at(this.#fitted(), audioSeconds);
  }

  #isSuspect({ audioSeconds, decodeSeconds }: PlanSample): boolean {
    if (this.#window.length < leastToJudge) return false;
    const expected = this.#at(this.#fitted(), audioSeconds);
    return decodeSeconds > suspectFactor * expected || decodeSeconds < expected / suspectFactor;
  }

  /** What they have in common may be one pause that many slots went through: then they ended together. */
  #areBelieved(): boolean {
    const [first, last] = [this.#suspects[0], this.#suspects.at(-1)];
    if (this.#suspects.length < suspectsToBelieve) return false;
    if (first?.atSeconds === undefined || last?.atSeconds === undefined) return true;
    return last.atSeconds - first.atSeconds >= secondsToBelieve;
  }

  /** Made anew after a few samples only: a fit costs some 50 µs, and one sample moves it little. */
  #fitted(): Shape {
    const mostStale = this.#window.length < recentSamples ? 1 : samplesOfAFit;
    if (this.#shape && this.#addedSince < mostStale) return this.#shape;
    const line = this.#line();
    const recent = this.#window.slice(-recentSamples);
    const ratios = recent.map((sample) => sample.decodeSeconds / this.#onLine(line, this.#costOf(sample)));
    this.#addedSince = 0;
    const center = median(this.#window.map(({ audioSeconds }) => audioSeconds));
    this.#shape = this.#settled({ line, scale: median(ratios) }, center);
    return this.#shape;
  }

  /** What differs from the last shape by no more than chance moves it only a little. */
  #settled({ line, scale }: Shape, center: number): Shape {
    const last = this.#shape;
    if (!last || (last.line === undefined) !== (line === undefined)) return { line, scale };
    const change = this.#at({ line, scale }, center) / this.#at(last, center) - 1;
    if (!(Math.abs(change) <= mostChance)) return { line, scale };
    const between = (before: number, now: number) => before + shareOfAFit * (now - before);
    if (!last.line || !line) return { line: undefined, scale: between(last.scale, scale) };
    const base = between(last.scale * last.line.base, scale * line.base);
    return { line: { base, slope: between(last.scale * last.line.slope, scale * line.slope) }, scale: 1 };
  }

  #line(): Line | undefined {
    const points = this.#window.map((sample) => ({ position: this.#costOf(sample), value: sample.decodeSeconds }));
    const line = lineThrough(points, leastDistance * planCost(this.plan, 8));
    if (!line) return undefined;
    const center = median(points.map(({ position }) => position));
    const value = Math.max(line.base + line.slope * center, Number.MIN_VALUE);
    const slope = Math.min(Math.max(line.slope, 0), (steepest * value) / center);
    return { base: value - slope * center, slope };
  }

  #costOf(sample: PlanSample): number {
    const cost = this.#costs.get(sample) ?? planCost(this.plan, sample.audioSeconds);
    this.#costs.set(sample, cost);
    return cost;
  }

  #at({ line, scale }: Shape, audioSeconds: number): number {
    return scale * this.#onLine(line, planCost(this.plan, audioSeconds));
  }
  /** A slope that is too steep for short audio is that of long audio only. */
  #onLine(line: Line | undefined, cost: number): number {
    return line ? Math.max(line.base + line.slope * cost, leastShare * line.slope * cost) : cost;
  }
}
