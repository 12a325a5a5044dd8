import { runChild } from '../children/child.mjs';
import { shortEnglishClips } from '../clips.mjs';
import { atMost, figure } from '../result.mjs';

const SETTLED_AFTER = 20;

/**
 * Whether memory grows while one process transcribes and transcribes.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureGrowth({ clips, quick, progress }) {
  const count = quick ? 25 : 200;
  progress(`${count} transcriptions in a row`);
  const files = shortEnglishClips(clips).map(({ path }) => path);
  const grown = await runChild('growth.mjs', ['base', String(count), ...files]);
  const { mebibytes } = /** @type {{ mebibytes: number[] }} */ (grown);
  const after = (/** @type {number} */ position) => mebibytes[position - 1] ?? Number.NaN;
  const marks = [1, 5, SETTLED_AFTER, 50, 100, 150, 200].filter((mark) => mark <= count);
  const name = `RSS after transcription ${count} / after ${SETTLED_AFTER}`;
  return {
    figures: [figure(name, 'ratio', after(count) / after(SETTLED_AFTER), atMost(1.05))],
    tables: [
      {
        title: 'Growth: RSS over transcriptions in a row, MiB',
        columns: marks.map((mark) => `after ${mark}`),
        rows: [marks.map(after)],
      },
    ],
    notes: [
      `Growth: one process, one slot, the ${files.length} short English clips by turns, RSS read after each, no collection forced.`,
    ],
  };
}
