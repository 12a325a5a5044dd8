import { type Line, lineThrough, median } from './line-fit.js';
import { planCost } from './plan-cost.js';
import { type PlanKey, planOfKey } from './plan-key.js';

/** A decode of one plan. */
export interface PlanSample {
  readonly audioSeconds: number;
  readonly decodeSeconds: number;
  readonly atSeconds: number | undefined;
}

/** Half of them turn a fit. Of fewer, a neighbour who is loud for ten seconds would make another machine. */
const windowSamples = 40;
const samplesOfAFit = 4;
/** A full window's fit that differs by less is chance, and is averaged with those before; more is a machine that changed. */
const mostChance = 0.3;
const shareOfAFit = 0.015;
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

/** With C(L), which is asked again and again. */
interface Measured extends PlanSample {
  readonly cost: number;
}

interface Shape {
  readonly line: Line | undefined;
  readonly scale: number;
}

/**
 * T(L) of one plan: s · (a + b·C(L)), both from the last decodes. C(L) is the cost on the reference
 * machine rather than L itself: an encoder's window has a least size, so that 2 s are as dear as 5 s, and a line through
 * what long chunks take would make short ones far too cheap.
 */
export class PlanFit {
  readonly plan: PlanKey;
  #window: Measured[] = [];
  #suspects: Measured[] = [];
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
    return median(this.#window.map(({ decodeSeconds, cost }) => decodeSeconds / cost));
  }

  add(reading: PlanSample): void {
    const sample = { ...reading, cost: planCost(this.plan, reading.audioSeconds) };
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
    return at(this.#fitted(), planCost(this.plan, audioSeconds));
  }

  #isSuspect({ cost, decodeSeconds }: Measured): boolean {
    if (this.#window.length < leastToJudge) return false;
    const expected = at(this.#fitted(), cost);
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
    const isFull = this.#window.length === windowSamples;
    if (this.#shape && this.#addedSince < (isFull ? samplesOfAFit : 1)) return this.#shape;
    const line = this.#line();
    const ratios = this.#window.map(({ decodeSeconds, cost }) => decodeSeconds / onLine(line, cost));
    const shape = { line, scale: median(ratios) };
    this.#addedSince = 0;
    this.#shape = isFull ? this.#settled(shape) : shape;
    return this.#shape;
  }

  /** What differs from the last shape by no more than chance moves it only a little. */
  #settled({ line, scale }: Shape): Shape {
    const last = this.#shape;
    if (!last || (last.line === undefined) !== (line === undefined)) return { line, scale };
    const center = median(this.#window.map(({ cost }) => cost));
    const change = at({ line, scale }, center) / at(last, center) - 1;
    if (!(Math.abs(change) <= mostChance)) {
      // What it took before says nothing any more.
      this.#window = this.#window.slice(-windowSamples / 2);
      return { line, scale };
    }
    const between = (before: number, now: number) => before + shareOfAFit * (now - before);
    if (!last.line || !line) return { line: undefined, scale: between(last.scale, scale) };
    const base = between(last.scale * last.line.base, scale * line.base);
    return { line: { base, slope: between(last.scale * last.line.slope, scale * line.slope) }, scale: 1 };
  }

  #line(): Line | undefined {
    const points = this.#window.map(({ cost, decodeSeconds }) => ({ position: cost, value: decodeSeconds }));
    const line = lineThrough(points, leastDistance * planCost(this.plan, 8));
    if (!line) return undefined;
    const center = median(points.map(({ position }) => position));
    const value = Math.max(line.base + line.slope * center, Number.MIN_VALUE);
    const slope = Math.min(Math.max(line.slope, 0), (steepest * value) / center);
    return { base: value - slope * center, slope };
  }
}

/** T, from C(L). */
function at({ line, scale }: Shape, cost: number): number {
  return scale * onLine(line, cost);
}

/** A slope that is too steep for short audio is that of long audio only. */
function onLine(line: Line | undefined, cost: number): number {
  return line ? Math.max(line.base + line.slope * cost, leastShare * line.slope * cost) : cost;
}
