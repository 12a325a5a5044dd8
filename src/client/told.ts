/** Sample frames of a source, from the first to before the last. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The sample frames of one track of which is known what became of them. Grows with its holes, not with its length. */
export class Told {
  /** In order; they neither overlap nor touch. */
  #stretches: readonly Stretch[] = [];

  /** Everything before this is told. */
  get settled(): number {
    const [first] = this.#stretches;
    return first?.from === 0 ? first.to : 0;
  }

  /** @returns the parts that were not told before */
  add(stretch: Stretch): readonly Stretch[] {
    const fresh = this.#untold(stretch);
    if (fresh.length === 0) return fresh;
    const apart = this.#stretches.filter(({ from, to }) => to < stretch.from || stretch.to < from);
    const joined = this.#stretches.filter((one) => !apart.includes(one));
    const from = Math.min(stretch.from, ...joined.map((one) => one.from));
    const to = Math.max(stretch.to, ...joined.map((one) => one.to));
    this.#stretches = [...apart, { from, to }].sort((one, other) => one.from - other.from);
    return fresh;
  }

  /** The parts of it that are told. */
  within({ from, to }: Stretch): readonly Stretch[] {
    return this.#stretches
      .map((told) => ({ from: Math.max(from, told.from), to: Math.min(to, told.to) }))
      .filter((part) => part.from < part.to);
  }

  #untold(stretch: Stretch): readonly Stretch[] {
    const told = this.within(stretch);
    const starts = [stretch.from, ...told.map(({ to }) => to)];
    const ends = [...told.map(({ from }) => from), stretch.to];
    return starts.map((from, at) => ({ from, to: ends[at] ?? from })).filter((part) => part.from < part.to);
  }
}
