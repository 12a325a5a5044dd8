import { sampleRate } from '../../provider/audio-format.js';
import { type SimulatedMachine, serviceSeconds } from './machine.js';
import { SeededChance } from './seeded-chance.js';
import { TalkCutter } from './talk-cutter.js';

/** Speech between two pauses, in seconds: read sentences and conversation lie between. */
const [shortestSpurt, longestSpurt] = [1, 11];
const meanSpurt = (shortestSpurt + longestSpurt) / 2;
/** Shorter pauses do not end an utterance. */
const shortestPause = 0.7;

/** The most that a source of `talk` speaks. */
export const mostSpeech = meanSpurt / (meanSpurt + shortestPause);

export interface Spurt {
  readonly atSeconds: number;
  readonly seconds: number;
}

/** Somebody who speaks `share` of the time from one second to another, in spurts. */
export function talk(share: number, fromSeconds: number, toSeconds: number, chance: SeededChance): readonly Spurt[] {
  const spurts: Spurt[] = [];
  const meanPause = Math.max(shortestPause, meanSpurt / share - meanSpurt);
  const pause = () => shortestPause + 2 * chance.next() * (meanPause - shortestPause);
  // Nobody knows what went before.
  let atSeconds = fromSeconds + chance.next() * (meanSpurt + meanPause) - meanSpurt;
  while (atSeconds < toSeconds) {
    const endSeconds = Math.min(toSeconds, atSeconds + chance.between(shortestSpurt, longestSpurt));
    const from = Math.max(fromSeconds, atSeconds);
    if (endSeconds - from > 0.3) spurts.push({ atSeconds: from, seconds: endSeconds - from });
    atSeconds = endSeconds + pause();
  }
  return spurts;
}

const known = new WeakMap<SimulatedMachine, number>();

/**
 * Slot seconds that the finals of a second of talk take on rung 0. Partial texts take what is left and make way, so they are
 * no load; DESIGN's ρ counts the same.
 */
export function slotSecondsPerSpeech(machine: SimulatedMachine): number {
  const seconds = known.get(machine) ?? costOf(machine);
  known.set(machine, seconds);
  return seconds;
}

function costOf(machine: SimulatedMachine): number {
  const chance = new SeededChance(1);
  const cutter = new TalkCutter(() => chance.between(0.5, 1));
  const plan = { ...machine.plan, partialEverySeconds: undefined };
  let [speechSeconds, slotSeconds] = [0, 0];
  const cutUntil = (endSample: number) => {
    for (let next = cutter.nextSample(plan); next <= endSample; next = cutter.nextSample(plan)) {
      const piece = cutter.cut(Math.ceil(next), plan)?.piece;
      if (piece) slotSeconds += serviceSeconds(machine, 0, plan, (piece.endSample - piece.startSample) / sampleRate);
    }
  };
  for (const { atSeconds, seconds } of talk(0.5, 0, 7200, chance)) {
    const [start, end] = [Math.round(atSeconds * sampleRate), Math.round((atSeconds + seconds) * sampleRate)];
    cutUntil(start);
    cutter.speak(start);
    cutUntil(end);
    cutter.fallSilent(end);
    speechSeconds += seconds;
  }
  return slotSeconds / speechSeconds;
}
