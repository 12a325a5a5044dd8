import { createEngine } from '../../dist/index.js';
import { englishClips, totalSeconds } from '../clips.mjs';
import { atLeast, figure } from '../result.mjs';
import { interleaved, spreadOf, timed } from '../spread.mjs';

const SETS = 3; // so that the last piece, which only one slot can have, weighs little

/**
 * What a second slot brings: the same audio through an engine with one slot and one with two.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} [rounds]
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSlots({ clips, quick, progress }, rounds = quick ? 1 : 5) {
  const english = englishClips(clips);
  const sets = quick ? 1 : SETS;
  const paths = Array.from({ length: sets }, () => english.map((clip) => clip.path)).flat();
  const engines = {
    one: await createEngine({ model: 'base', slots: 1, threadsPerSlot: 1, language: 'en' }),
    two: await createEngine({ model: 'base', slots: 2, threadsPerSlot: 1, language: 'en' }),
  };
  const all = (/** @type {typeof engines.one} */ engine) => Promise.all(paths.map((path) => engine.transcribe(path)));
  progress(`base, ${paths.length} files through one slot and through two`);
  try {
    const pairs = await interleaved({
      a: () => timed(() => all(engines.one)),
      b: () => timed(() => all(engines.two)),
      rounds,
      progress,
    });
    const ratios = spreadOf(pairs.map(({ a, b }) => a / b));
    const audioSeconds = sets * totalSeconds(english);
    const speed = (/** @type {number[]} */ seconds) => audioSeconds / spreadOf(seconds).median;
    return {
      figures: [figure('throughput, 2 slots / 1 slot, base', 'ratio', ratios.median, atLeast(1.8), ratios)],
      tables: [
        {
          title: 'Slots',
          columns: ['slots', 'seconds (median)', 'times real time'],
          rows: [
            [1, spreadOf(pairs.map(({ a }) => a)).median, speed(pairs.map(({ a }) => a))],
            [2, spreadOf(pairs.map(({ b }) => b)).median, speed(pairs.map(({ b }) => b))],
          ],
        },
      ],
      notes: [
        `Slots: ${Math.round(audioSeconds)} s of English (the set ${sets} times) submitted at once, one thread a slot, until the last transcript is there.`,
      ],
    };
  } finally {
    await engines.one.close();
    await engines.two.close();
  }
}
