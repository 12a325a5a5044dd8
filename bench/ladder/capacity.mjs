import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../dist/index.js';
import { readBooks } from '../live/books.mjs';
import { openCrowd } from './crowd.mjs';
import { watchedPolicy } from './watched-policy.mjs';

/** Ticks of the meter that a reading is the mean of. */
const TICKS = 5;
/** By then every source has begun to speak. */
const BEGINNING_SECONDS = 7;

/**
 * How many live sources rung 0 carries by the ladder's own meter, which decides but does nothing. It is read with a number
 * that is surely carried, and then with as many as that reading says are just carried: slots that are all busy, and
 * listening to more sources, make each decode slower. The meter knows sources that are new only by and by, so the share
 * of speech is read in the books instead.
 *
 * @param {object} options
 * @param {import('../../dist/index.js').EngineOptions} options.engineOptions
 * @param {readonly import('../live/spoken-clip.mjs').SpokenClip[]} options.clips
 * @param {number} options.sources to begin with
 * @param {number} options.seconds of each of the two
 * @param {(line: string) => void} options.progress
 */
export async function carriedSources({ engineOptions, clips, sources, seconds, progress }) {
  const { policy, snapshots } = watchedPolicy();
  const engine = await createEngine({ ...engineOptions, degrade: policy, degradeDryRun: true });
  const readings = [];
  try {
    const crowds = [];
    let from = 0;
    let to = sources;
    for (const round of [1, 2]) {
      crowds.push(await openCrowd({ engine, clips, from, to, onSession: () => undefined }));
      await sleep(1000 * BEGINNING_SECONDS);
      const speakers = crowds.flatMap((crowd) => crowd.speakers);
      const before = readBooks(speakers);
      await sleep(1000 * (seconds - BEGINNING_SECONDS));
      const after = readBooks(speakers);
      const last = snapshots.slice(-TICKS);
      const speechShare = 1 - (after.silent - before.silent) / (after.heard - before.heard);
      const load = meanOf(last.map((each) => ((each.load[0] ?? Number.NaN) * speechShare) / each.speechShare));
      const capacity = meanOf(last.map((each) => each.capacity));
      readings.push({ sources: to, load, capacity, speechShare, carried: to / load });
      progress(`rung 0 with ${to} sources: load ${load.toFixed(2)}, speech ${Math.round(100 * speechShare)} %`);
      if (round === 1) [from, to] = [to, Math.max(to + 1, Math.round(to / load))];
    }
    await Promise.all(crowds.map((crowd) => crowd.abort()));
  } finally {
    await engine.close({ force: true });
  }
  return { carried: readings.at(-1)?.carried ?? Number.NaN, readings };
}

/** @param {readonly number[]} values */
export function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
