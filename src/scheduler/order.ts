import type { Priority, Work } from './work.js';

/*
 * Which line is next. A line holds the work of one kind of one lane, in order, so only first ones are compared.
 *
 * 1. Ranks: critical, normal, background finals; then critical, normal, background partials; then pieces of files.
 * 2. Ageing: work rises one rank for each `ageingSeconds` it has waited, but not to that of critical finals. What a source
 *    waits for because it has already had more than its share does not count.
 * 3. In one rank finals come before partials and these before pieces, each the earliest deadline first. A final's deadline is
 *    when its text is wanted, but not before its line's last one plus its seconds over the lane's weight (a virtual clock):
 *    a source that sends faster than real time stands behind those that do not.
 * 4. Where there is not enough for everybody all deadlines pass, and say nothing. So lines of one rank are served by weight:
 *    one that is more than `allowanceSeconds` ahead of another that waits stands behind, and does not age (start-time fair
 *    queueing, Goyal, Vin and Cheng 1996, with room for deadlines).
 * 5. Whoever was passed over for so long that it would have risen above everything has one hand-out in ten, the one that was
 *    passed over longest first. So nothing waits for ever: it stays where it is, and whoever is served goes behind it. And
 *    whatever is waiting, nine in ten go by rank, so that a heap of old work cannot hold up what is critical.
 */

/** The first of a line. */
export interface Candidate {
  /** As `rankOf` has it, before ageing. */
  readonly rank: number;
  /** When it began to wait, or later. */
  readonly agesFromSeconds: number;
  /** When it began to wait or, if that was later, a slot last took something from its line. */
  readonly passedOverSinceSeconds: number;
  readonly deadlineSeconds: number;
  /** Seconds of audio over its weight that slots have taken from its line; counts against others of its rank only. */
  readonly servedSeconds: number;
  /** Decides where all else is equal: lower is earlier. */
  readonly place: number;
}

const priorities = 3;
const highestAged = 1;
/** As long as the longest utterance, so that sources that send in real time go by their deadlines alone. */
const allowanceSeconds = 15;
/** Hand-outs by rank between two for whoever is passed over. */
const handOutsBetween = 9;

/** The rank of work, before ageing; 0 is first. */
export function rankOf(kind: Work['kind'], priority: Priority | 'batch'): number {
  if (kind === 'piece' || priority === 'batch') return 2 * priorities;
  return (kind === 'final' ? 0 : priorities) + placeOf(priority);
}

/** Whether it is time for work that was passed over, if there is any. */
export function isTurnOfPassedOver(handOutsByRank: number): boolean {
  return handOutsByRank >= handOutsBetween;
}

/**
 * The first by rank, share and deadline.
 * @param leastServed - of these lines, as `leastServedByRank` has it
 */
export function mostUrgent<Line extends Candidate>(
  lines: Iterable<Line>,
  leastServed: readonly number[],
  nowSeconds: number,
  ageingSeconds: number,
): Line | undefined {
  let first: Line | undefined;
  let [firstRank, firstExcess] = [0, 0];
  for (const line of lines) {
    const excess = Math.max(0, line.servedSeconds - (leastServed[line.rank] ?? 0) - allowanceSeconds);
    const rank = excess > 0 ? line.rank : agedRank(line, nowSeconds, ageingSeconds);
    if (
      first &&
      (rank - firstRank || stageOf(line) - stageOf(first) || excess - firstExcess || later(line, first)) >= 0
    )
      continue;
    [first, firstRank, firstExcess] = [line, rank, excess];
  }
  return first;
}

/** The one that was passed over longest, and too long. */
export function longestPassedOver<Line extends Candidate>(
  lines: Iterable<Line>,
  nowSeconds: number,
  ageingSeconds: number,
): Line | undefined {
  let first: Line | undefined;
  for (const line of lines) {
    const since = line.passedOverSinceSeconds;
    if (nowSeconds - since < (line.rank + 1) * ageingSeconds) continue;
    if (!first || since < first.passedOverSinceSeconds) first = line;
    else if (since === first.passedOverSinceSeconds && line.place < first.place) first = line;
  }
  return first;
}

/** By rank, the `servedSeconds` of the line that was served least. */
export function leastServedByRank(lines: Iterable<Candidate>): readonly number[] {
  const least: number[] = [];
  for (const { rank, servedSeconds } of lines) least[rank] = Math.min(least[rank] ?? servedSeconds, servedSeconds);
  return least;
}

/** The rank that it has by now. */
function agedRank({ rank, agesFromSeconds }: Candidate, nowSeconds: number, ageingSeconds: number): number {
  const risen = Math.floor(Math.max(0, nowSeconds - agesFromSeconds) / ageingSeconds);
  return risen > 0 ? Math.max(Math.min(rank, highestAged), rank - risen) : rank;
}

/** Above 0 when one comes later than the other, by deadline, or else by place. */
function later(one: Candidate, other: Candidate): number {
  const [deadline, otherDeadline] = [one.deadlineSeconds, other.deadlineSeconds];
  // Infinity less Infinity would be no number.
  return deadline === otherDeadline ? one.place - other.place : deadline - otherDeadline;
}

/** Finals 0, partials 1, pieces 2. */
function stageOf({ rank }: Candidate): number {
  return Math.floor(rank / priorities);
}

function placeOf(priority: Priority): number {
  switch (priority) {
    case 'critical':
      return 0;
    case 'normal':
      return 1;
    case 'background':
      return 2;
    default:
      return priority satisfies never;
  }
}
