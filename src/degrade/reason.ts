import type { LoadSnapshot } from './snapshot.js';

/** The beginning of a sentence: what the sources need on a rung. */
export function demandOf({ load, capacity, sources }: LoadSnapshot, rung: number): string {
  const count = sources.critical + sources.normal + sources.background;
  const who = count === 1 ? 'The source needs' : `The ${count} sources need`;
  const slots = Math.round(capacity * 10) / 10;
  return `${who} ${((load[rung] ?? Number.NaN) * capacity).toFixed(2)} of the ${slots} ${slots === 1 ? 'slot' : 'slots'}`;
}

/** What every decision is judged by, and more; what is not a number yet is left out. */
export function evidenceOf(
  now: LoadSnapshot,
  more: Readonly<Record<string, number | undefined>> = {},
): Readonly<Record<string, number>> {
  const { sources, capacity, smallestSojournSeconds, chunkSeconds, secondsToOverflow, speechShare } = now;
  const all: Readonly<Record<string, number | undefined>> = {
    load: now.load[now.rung],
    capacity,
    sources: sources.critical + sources.normal + sources.background,
    speechShare,
    smallestSojournSeconds,
    chunkSeconds,
    secondsToOverflow,
    ...more,
  };
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined && Number.isFinite(value)) numbers[name] = value;
  }
  return numbers;
}
