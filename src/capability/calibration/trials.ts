import type { CalibrationCandidate } from './candidates.js';

/** One decode on each of a candidate's slots, all at once. */
export interface Trial {
  /** Of one decode. */
  readonly audioSeconds: number;
  readonly wallSeconds: number;
  /** The first at an encoder context so large: the slots' memory grew meanwhile. */
  readonly warmsUp: boolean;
}

/** How far a candidate has come. */
export interface Course {
  readonly candidate: CalibrationCandidate;
  /** Making it warm on all its slots took so long; undefined before that. */
  readonly setupSeconds: number | undefined;
  readonly trials: readonly Trial[];
}

export interface NextTrial<Runner extends Course> {
  readonly course: Runner;
  readonly audioSeconds: number;
}

/**
 * Both lengths end between two words of the clip, so that no text is in doubt. Up to 5 s the encoder is equally dear:
 * a line through both lengths overestimates a little what is between them.
 */
const short = 2.5;
const long = 8;
/** What is compared first, then what gives the slope (the first one warms up), then what makes both surer. */
const course: readonly number[] = [short, short, long, long, short, long, short, long];
/** The full encoder context is looked at once, when the others have been compared: warm, it is a little better. */
const referenceCourse: readonly number[] = [short];
const referenceRank = 4;

/** The most that a trial needs of the clip. */
export const clipSeconds = long;

// What has not been tried yet is taken to be as many times what the plan took for a short piece.
const longFactor = 2;
const referenceFactor = 6;

/** Two points of how time grows with length where no second length was tried; measured, the second is 1.75 to 1.9. */
export const guessedGrowth = [
  [short, 1],
  [long, longFactor],
] as const;

/**
 * The next trial that can be done in the time that is left: candidates take turns, A B C, A B C. A candidate is only begun
 * when there is time to try it twice, all before it once more, and the plan at its second length.
 * @param courses - those that are still in, the plan's own first
 */
export function nextTrial<Runner extends Course>(
  courses: readonly Runner[],
  remainingSeconds: number,
): NextTrial<Runner> | undefined {
  const [present] = courses;
  if (!present) return undefined;
  const possible = courses.flatMap((runner) => {
    const isReference = runner.candidate.encoderContext !== present.candidate.encoderContext;
    const audioSeconds = (isReference ? referenceCourse : course)[runner.trials.length];
    if (audioSeconds === undefined) return [];
    const cost = isReference
      ? referenceFactor * lastSeconds(present, short)
      : costSeconds(runner, audioSeconds, present, courses);
    const rank = runner.trials.length + (isReference ? referenceRank : 0);
    return cost < remainingSeconds ? [{ course: runner, audioSeconds, rank }] : [];
  });
  return possible.sort((one, other) => one.rank - other.rank)[0];
}

function costSeconds(runner: Course, audioSeconds: number, present: Course, courses: readonly Course[]): number {
  const onceSeconds = expectedSeconds(runner, audioSeconds, present);
  if (runner === present || runner.setupSeconds !== undefined) return onceSeconds;
  const begun = courses.filter(({ setupSeconds }) => setupSeconds !== undefined);
  const againSeconds = begun.reduce((sum, other) => sum + expectedSeconds(other, short, present), 0);
  const slopeSeconds = expectedSeconds(present, long, present);
  return (present.setupSeconds ?? 0) + 2 * onceSeconds + againSeconds + slopeSeconds;
}

function expectedSeconds(runner: Course, audioSeconds: number, present: Course): number {
  const guess = (audioSeconds === short ? 1 : longFactor) * lastSeconds(present, short);
  return lastSeconds(runner, audioSeconds) || lastSeconds(present, audioSeconds) || guess;
}

/** 0 before the first. */
function lastSeconds({ trials }: Course, audioSeconds: number): number {
  return trials.findLast((trial) => trial.audioSeconds === audioSeconds)?.wallSeconds ?? 0;
}
