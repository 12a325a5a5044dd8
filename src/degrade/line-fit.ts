/** A straight line, value = base + slope · position. */
export interface Line {
  readonly base: number;
  readonly slope: number;
}

export interface Point {
  readonly position: number;
  readonly value: number;
}

const leastPairs = 40;

/**
 * The line through points of which fewer than a quarter may be anywhere: the median of the slopes of all pairs (Theil and
 * Sen), then the median of what it leaves. Undefined when the positions are too much alike to tell.
 * @param leastDistance - pairs that are nearer say nothing about a slope
 */
export function lineThrough(points: readonly Point[], leastDistance: number): Line | undefined {
  const slopes: number[] = [];
  for (const [index, one] of points.entries()) {
    for (let other = index + 1; other < points.length; other += 1) {
      const { position, value } = points[other] ?? one;
      const distance = position - one.position;
      if (Math.abs(distance) >= leastDistance) slopes.push((value - one.value) / distance);
    }
  }
  if (slopes.length < leastPairs) return undefined;
  const slope = median(slopes);
  return { base: median(points.map(({ position, value }) => value - slope * position)), slope };
}

/** The middle one, or the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = new Float64Array(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
