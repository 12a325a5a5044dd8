/** One decode as a stretch of time. */
interface Stretch {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Measured over predicted. */
  readonly ratio: number;
}

const newShare = 0.05;
/** A ratio beyond these is an outlier, and says nothing of the other slots. */
const [leastRatio, mostRatio] = [0.25, 4];
/** The slots are full when this share of the others decode meanwhile. */
const fullShare = 0.75;
const leastFull = 10;

/**
 * W: what the slots do together, in slots. The predicted time of a decode is that of the usual company; beside full slots it
 * takes longer where cores, caches and memory are shared, and by that much the slots are worth less.
 */
export class ParallelCapacity {
  readonly #slots: number;
  readonly #prior: number;
  /** The last decodes, by when they ended. The middle one has all around it that can have run beside it. */
  #stretches: Stretch[] = [];
  #mean = 1;
  #meanWhenFull = 1;
  #full = 0;

  constructor(slots: number, parallelEfficiency: number) {
    this.#slots = slots;
    this.#prior = parallelEfficiency;
  }

  get capacity(): number {
    if (this.#full < leastFull) return this.#slots * this.#prior;
    const efficiency = this.#mean / this.#meanWhenFull;
    return this.#slots * Math.min(Math.max(efficiency, 0.25), 1);
  }

  add(stretch: Stretch): void {
    if (this.#slots < 2 || !(stretch.ratio >= leastRatio && stretch.ratio <= mostRatio)) return;
    const span = 2 * this.#slots;
    this.#stretches.push(stretch);
    if (this.#stretches.length <= 2 * span) return;
    this.#stretches.shift();
    const middle = this.#stretches[span];
    if (middle) this.#learn(middle);
  }

  #learn(middle: Stretch): void {
    this.#mean += newShare * (middle.ratio - this.#mean);
    if (this.#othersBeside(middle) < fullShare * (this.#slots - 1)) return;
    this.#meanWhenFull += newShare * (middle.ratio - this.#meanWhenFull);
    this.#full += 1;
  }

  /** How many other slots decoded meanwhile, on average. */
  #othersBeside(middle: Stretch): number {
    let sharedSeconds = 0;
    for (const other of this.#stretches) {
      const shared = Math.min(middle.endSeconds, other.endSeconds) - Math.max(middle.startSeconds, other.startSeconds);
      if (other !== middle && shared > 0) sharedSeconds += shared;
    }
    return sharedSeconds / Math.max(middle.endSeconds - middle.startSeconds, 1e-6);
  }
}
