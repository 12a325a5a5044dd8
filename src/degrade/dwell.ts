import type { RungChange } from './policy.js';
import type { Thresholds } from './thresholds.js';

/** How often a step up was taken back soon after; older times count less. */
export function penaltyAt(atSeconds: number, changes: readonly RungChange[], thresholds: Thresholds): number {
  let penalty = 0;
  let lastUpSeconds = Number.NEGATIVE_INFINITY;
  for (const { from, to, atSeconds: changeSeconds } of changes) {
    if (to < from) {
      lastUpSeconds = changeSeconds;
    } else {
      const hasFailed = changeSeconds - lastUpSeconds <= thresholds.failedUpgradeSeconds;
      if (hasFailed) penalty += 0.5 ** ((atSeconds - changeSeconds) / thresholds.penaltyHalfLifeSeconds);
      lastUpSeconds = Number.NEGATIVE_INFINITY;
    }
  }
  return penalty;
}

/** How long a rung is kept before the next heavier one is tried. */
export function dwellSecondsAfter(changeSeconds: number, penalty: number, thresholds: Thresholds): number {
  const { dwellSeconds, longestDwellSeconds, jitter } = thresholds;
  const seconds = Math.min(longestDwellSeconds, dwellSeconds * 2 ** penalty);
  return seconds * (1 + jitter * (2 * chanceOf(changeSeconds) - 1));
}

/** The same number from 0 to 1 for the same time: a decision can be replayed. The mixing is that of MurmurHash3. */
function chanceOf(seconds: number): number {
  let bits = Math.round(seconds * 1000) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
