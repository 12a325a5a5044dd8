const longestSeconds = 60;

/** Seconds before the attempt after `failures` failures in a row: 1, 2, 4 … 60, each a fifth shorter or longer. */
export function backoffSeconds(failures: number, chance: () => number): number {
  return Math.min(2 ** failures, longestSeconds) * (0.8 + 0.4 * chance());
}
