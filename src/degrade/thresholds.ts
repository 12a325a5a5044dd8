import { EngineError } from '../errors.js';

/** The numbers of the standard rule. */
export interface Thresholds {
  /** The load above which a lighter rung is taken. @defaultValue 0.85 */
  readonly downLoad: number;
  /** The load that a lighter rung must not exceed, to be the one that is taken. @defaultValue 0.8 */
  readonly targetLoad: number;
  /** The load that the next heavier rung must not exceed, to be taken again. @defaultValue 0.65 */
  readonly upLoad: number;
  /** A queue stands when every final waits longer than this and than `downSojournShare` of a chunk. @defaultValue 1 */
  readonly downSojournSeconds: number;
  /** @defaultValue 0.75 */
  readonly downSojournShare: number;
  /** The way up is open only while some final waits no longer than this share of a chunk. @defaultValue 0.25 */
  readonly upSojournShare: number;
  /** Ticks of one second for which a reason must last. @defaultValue 3 */
  readonly ticks: number;
  /** Time with room for it, on one rung, before the next heavier is tried. @defaultValue 20 */
  readonly dwellSeconds: number;
  /** It doubles with every penalty, up to this. @defaultValue 240 */
  readonly longestDwellSeconds: number;
  /** By this share it is longer or shorter, so that engines do not move in step. @defaultValue 0.15 */
  readonly jitter: number;
  /** A step up that is taken back within this time adds a penalty. @defaultValue 60 */
  readonly failedUpgradeSeconds: number;
  /** In which a penalty loses half its weight. @defaultValue 300 */
  readonly penaltyHalfLifeSeconds: number;
}

export const standardThresholds: Thresholds = {
  downLoad: 0.85,
  targetLoad: 0.8,
  upLoad: 0.65,
  downSojournSeconds: 1,
  downSojournShare: 0.75,
  upSojournShare: 0.25,
  ticks: 3,
  dwellSeconds: 20,
  longestDwellSeconds: 240,
  jitter: 0.15,
  failedUpgradeSeconds: 60,
  penaltyHalfLifeSeconds: 300,
};

/** Policies remember 10 min, and the oldest must still be there. */
const longestSeconds = 540;

const bounds: Readonly<Record<keyof Thresholds, readonly [least: number, most: number]>> = {
  downLoad: [0.05, 2],
  targetLoad: [0.05, 2],
  upLoad: [0.05, 2],
  downSojournSeconds: [0, 60],
  downSojournShare: [0, 10],
  upSojournShare: [0, 10],
  ticks: [1, 60],
  dwellSeconds: [1, longestSeconds],
  longestDwellSeconds: [1, longestSeconds],
  jitter: [0, 0.5],
  failedUpgradeSeconds: [0, longestSeconds],
  penaltyHalfLifeSeconds: [1, 3600],
};

/** What must be less than what, and why. */
const orders: readonly (readonly [keyof Thresholds, '<' | '<=', keyof Thresholds, string])[] = [
  ['targetLoad', '<=', 'downLoad', 'a rung just taken would be too heavy at once'],
  ['upLoad', '<', 'targetLoad', 'a rung just left would be taken again at once'],
  ['upSojournShare', '<', 'downSojournShare', 'the same wait would lead down and up'],
  ['dwellSeconds', '<=', 'longestDwellSeconds', 'the wait before a step up would be above its limit'],
];

/**
 * Those given, the rest standard.
 * @throws EngineError `OPTION_INVALID` for what is out of bounds, and for thresholds that cross
 */
export function checkedThresholds(given: Partial<Thresholds>): Thresholds {
  const thresholds = { ...standardThresholds, ...given };
  for (const [name, value] of Object.entries(thresholds)) {
    const bound = Object.hasOwn(bounds, name) ? bounds[name as keyof Thresholds] : undefined;
    if (!bound) throw invalid(`There is no threshold \`${name}\`; there are ${Object.keys(bounds).join(', ')}.`);
    const [least, most] = bound;
    if (!(typeof value === 'number' && value >= least && value <= most)) {
      throw invalid(`\`thresholds.${name}\` is ${String(value)}; it must be a number from ${least} to ${most}.`);
    }
  }
  if (!Number.isInteger(thresholds.ticks)) throw invalid('`thresholds.ticks` must be a whole number.');
  for (const [low, sign, high, otherwise] of orders) {
    const [lower, upper] = [thresholds[low], thresholds[high]];
    if (sign === '<' ? lower < upper : lower <= upper) continue;
    const wanted = sign === '<' ? 'less than' : 'at most';
    throw invalid(
      `The thresholds cross: \`${low}\` is ${lower} and must be ${wanted} \`${high}\`, ${upper}; ${otherwise}.`,
    );
  }
  return thresholds;
}

function invalid(message: string): EngineError {
  return new EngineError('OPTION_INVALID', message);
}
