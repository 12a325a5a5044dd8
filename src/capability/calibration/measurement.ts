import type { CalibrationCandidate } from './candidates.js';
import { guessedGrowth, type Trial } from './trials.js';

/** What became of one candidate. Plain data: it is kept in a file. */
export type Measurement =
  | { readonly kind: 'measured'; readonly candidate: CalibrationCandidate; readonly trials: readonly Trial[] }
  /** It cannot be used here. `reason` is a sentence. */
  | { readonly kind: 'invalid'; readonly candidate: CalibrationCandidate; readonly reason: string }
  /** There was no time for it. */
  | { readonly kind: 'unmeasured'; readonly candidate: CalibrationCandidate };

/** Wall seconds of decoding a piece: `fixedSeconds` + `secondsPerSecond` × its length. */
export interface DecodeTime {
  readonly fixedSeconds: number;
  readonly secondsPerSecond: number;
}

/** What a candidate achieves. */
export interface Rating {
  readonly candidate: CalibrationCandidate;
  readonly decodeTime: DecodeTime;
  /** Processing seconds over audio seconds of one chunk, while every slot is busy. */
  readonly rtf: number;
  /** Audio seconds decoded in a second by all slots together. */
  readonly throughput: number;
  /** The slowest trial over the fastest, less 1, without those that warm up. */
  readonly spread: number;
  /** How closely the fastest trial was repeated: the second fastest over it, less 1. What disturbs one trial is not in it. */
  readonly noise: number;
  /** Trials of the shortest length. */
  readonly rounds: number;
}

interface Repeated {
  readonly audioSeconds: number;
  /** Fastest first. */
  readonly wallSeconds: readonly number[];
}

/**
 * What the measured candidates achieve with chunks of this length. The fastest trial of each length counts: whatever else
 * a machine does can only make one slower. A candidate that was tried at one length has the slope of the first that
 * was tried at two, or a guessed one where none was.
 */
export function rate(measurements: readonly Measurement[], chunkSeconds: number): readonly Rating[] {
  const measured = measurements.filter((measurement) => measurement.kind === 'measured');
  const warm = measured.map(({ candidate, trials }) => ({ candidate, lengths: lengthsOf(withoutWarmUps(trials)) }));
  const all = measured.map(({ candidate, trials }) => ({ candidate, lengths: lengthsOf(trials) }));
  const tried = warm.some(({ lengths }) => lengths.length > 1) ? warm : all;
  const sloped = tried.find(({ lengths }) => lengths.length > 1);
  const slope = line(sloped ? sloped.lengths.map(fastest) : guessedGrowth);
  return tried.flatMap(({ candidate, lengths }) => {
    const [shortest] = lengths;
    if (!shortest) return [];
    const decodeTime = lengths.length > 1 ? line(lengths.map(fastest)) : scaled(slope, fastest(shortest));
    // Below the shortest that was tried the encoder does not get cheaper.
    const chunkWallSeconds = secondsAt(decodeTime, Math.max(chunkSeconds, shortest.audioSeconds));
    return {
      candidate,
      decodeTime,
      rtf: chunkWallSeconds / chunkSeconds,
      throughput: (candidate.slots * chunkSeconds) / chunkWallSeconds,
      spread: Math.max(...lengths.map(({ wallSeconds }) => over(wallSeconds.at(-1), wallSeconds[0]))),
      noise: Math.max(...lengths.map(({ wallSeconds }) => over(wallSeconds[1], wallSeconds[0]))),
      rounds: shortest.wallSeconds.length,
    };
  });
}

/** The line with the least squares of errors through these points; level where the data would have it fall. */
export function line(points: readonly (readonly [seconds: number, wallSeconds: number])[]): DecodeTime {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanSeconds = mean(points.map(([seconds]) => seconds));
  const meanWall = mean(points.map(([, wall]) => wall));
  const covariance = mean(points.map(([seconds, wall]) => (seconds - meanSeconds) * (wall - meanWall)));
  const variance = mean(points.map(([seconds]) => (seconds - meanSeconds) ** 2));
  const secondsPerSecond = variance > 0 ? Math.max(0, covariance / variance) : 0;
  return { fixedSeconds: meanWall - secondsPerSecond * meanSeconds, secondsPerSecond };
}

/** Those of a warm candidate, where there are any. */
function withoutWarmUps(trials: readonly Trial[]): readonly Trial[] {
  const warm = trials.filter(({ warmsUp }) => !warmsUp);
  return warm.length > 0 ? warm : trials;
}

function lengthsOf(trials: readonly Trial[]): readonly Repeated[] {
  const lengths = [...new Set(trials.map(({ audioSeconds }) => audioSeconds))].sort(ascending);
  return lengths.map((audioSeconds) => {
    const ofLength = trials.filter((trial) => trial.audioSeconds === audioSeconds);
    return { audioSeconds, wallSeconds: ofLength.map(({ wallSeconds }) => wallSeconds).sort(ascending) };
  });
}

function ascending(one: number, other: number): number {
  return one - other;
}

function fastest({ audioSeconds, wallSeconds: [wall = 0] }: Repeated): readonly [number, number] {
  return [audioSeconds, wall];
}

function scaled(
  { fixedSeconds, secondsPerSecond }: DecodeTime,
  [seconds, wall]: readonly [number, number],
): DecodeTime {
  const factor = wall / secondsAt({ fixedSeconds, secondsPerSecond }, seconds);
  return { fixedSeconds: factor * fixedSeconds, secondsPerSecond: factor * secondsPerSecond };
}

function secondsAt({ fixedSeconds, secondsPerSecond }: DecodeTime, seconds: number): number {
  return fixedSeconds + secondsPerSecond * seconds;
}

function over(value: number | undefined, least: number | undefined): number {
  return value === undefined || least === undefined ? 0 : value / least - 1;
}
