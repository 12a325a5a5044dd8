/**
 * How something grows: `slope` a step, or another one from a point on.
 *
 * @typedef {{ kind: 'linear', slope: number } | { kind: 'bent', at: number, slope: number, slopeAfter: number }} Growth
 */

/** @typedef {readonly [x: number, y: number]} Point */

/** A bend has to explain this part of what a straight line leaves over, … */
const EXPLAINED = 0.8;
/** … and what a straight line leaves over has to be more than this part of the largest value. */
const NEGLIGIBLE = 0.03;

/**
 * A straight line, or two that meet at one of the points: by least squares.
 *
 * @param {readonly Point[]} points at least three, in order
 * @returns {Growth}
 */
export function growthOf(points) {
  const straight = fitted(points, undefined);
  const largest = Math.max(...points.map(([, y]) => Math.abs(y)));
  const bends = points.slice(1, -1).map(([x]) => fitted(points, x));
  const best = bends.reduce((least, bend) => (bend.error < least.error ? bend : least), straight);
  const isBent = best.error < (1 - EXPLAINED) * straight.error;
  const offBy = Math.sqrt(straight.error / points.length);
  if (points.length < 4 || !isBent || best.at === undefined || offBy <= NEGLIGIBLE * largest) {
    return { kind: 'linear', slope: straight.slope };
  }
  return { kind: 'bent', at: best.at, slope: best.slope, slopeAfter: best.slope + best.more };
}

/**
 * The first x from which on y is no further from its last value than `tolerance`, as a share.
 *
 * @param {readonly Point[]} points in order
 * @param {number} tolerance
 */
export function levelsOffAt(points, tolerance) {
  const [, last = Number.NaN] = points.at(-1) ?? [];
  const unlike = points.findLastIndex(([, y]) => Math.abs(y - last) > tolerance * Math.abs(last));
  return points[unlike + 1]?.[0] ?? Number.NaN;
}

/**
 * y = a + slope · x + more · max(0, x − at)
 *
 * @param {readonly Point[]} points
 * @param {number | undefined} at
 */
function fitted(points, at) {
  const rows = points.map(([x]) => (at === undefined ? [1, x] : [1, x, Math.max(0, x - at)]));
  const values = points.map(([, y]) => y);
  const width = rows[0]?.length ?? 0;
  const column = Array.from({ length: width }, (_, i) => i);
  const normal = column.map((i) => [
    ...column.map((j) => sum(rows.map((row) => (row[i] ?? 0) * (row[j] ?? 0)))),
    sum(rows.map((row, place) => (row[i] ?? 0) * (values[place] ?? 0))),
  ]);
  const factors = solved(normal);
  const error = sum(
    rows.map((row, place) => (sum(row.map((each, i) => each * (factors[i] ?? 0))) - (values[place] ?? 0)) ** 2),
  );
  return {
    at,
    slope: factors[1] ?? 0,
    more: factors[2] ?? 0,
    error: Number.isNaN(error) ? Number.POSITIVE_INFINITY : error,
  };
}

/**
 * Gauss–Jordan on rows that end with what they shall be.
 *
 * @param {number[][]} rows
 * @returns {number[]}
 */
function solved(rows) {
  for (const [i, row] of rows.entries()) {
    const pivot = row[i] ?? 0;
    for (let j = i; j < row.length; j += 1) row[j] = (row[j] ?? 0) / pivot;
    for (const other of rows) {
      if (other === row) continue;
      const factor = other[i] ?? 0;
      for (let j = i; j < row.length; j += 1) other[j] = (other[j] ?? 0) - factor * (row[j] ?? 0);
    }
  }
  return rows.map((row) => row.at(-1) ?? 0);
}

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);
