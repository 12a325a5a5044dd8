import { runChild } from '../children/child.mjs';
import { clipNamed } from '../clips.mjs';
import { MODELS } from '../models.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { withCacheFolder } from './cache-folder.mjs';

const CLIP = 'leopard_en';

/** @typedef {{ imported: number, ready: number, loadMs: number, warmMs: number, requests: number[] }} Started seconds, but for the names in Ms */

/**
 * How long a service takes from its start to its first answers.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureStart({ clips, quick, progress }) {
  const clip = clipNamed(clips, CLIP);
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const rounds = quick ? 1 : 10;
    /** @type {Started[]} */
    const unknown = [];
    /** @type {Started[]} */
    const known = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`${model}: start, round ${round + 1} of ${rounds}`);
      await withCacheFolder(async (folder) => {
        const start = () => runChild('start.mjs', [folder, model, clip.path]);
        unknown.push(/** @type {Started} */ (await start()));
        known.push(/** @type {Started} */ (await start()));
      });
    }
    const ready = spreadOf(known.map((started) => 1000 * started.ready));
    figures.push(figure(`from createEngine to ready, ${model}`, 'ms', ready.median, undefined, ready));
    const extra = spreadOf([...unknown, ...known].map(({ requests }) => 1000 * firstOverLater(requests)));
    figures.push(figure(`first request over a later one, ${model}`, 'ms', extra.median, atMost(100), extra));
    rows.push(
      row(model, 'first start: the file is hashed', clip.seconds, unknown),
      row(model, 'later starts', clip.seconds, known),
    );
  }
  return {
    figures,
    tables: [
      {
        title: 'Start, ms (median)',
        columns: [
          'model',
          'start',
          'Node and the library',
          'ready',
          'load',
          'warm',
          'first request',
          'later',
          'its RTF',
        ],
        rows,
      },
    ],
    notes: [
      `Start: a new process each time, the model's pages in memory, one slot of one thread; requests of the ${Math.round(clip.seconds)} s clip, one after the other. “Load” and “warm” are what \`engine.model.result\` says; “later” is the median of the requests after the first.`,
    ],
  };
}

/** @param {readonly number[]} requests */
function firstOverLater([first = Number.NaN, ...later]) {
  return first - spreadOf(later).median;
}

/**
 * @param {string} model
 * @param {string} start
 * @param {number} audioSeconds
 * @param {readonly Started[]} processes
 */
function row(model, start, audioSeconds, processes) {
  const median = (/** @type {(started: Started) => number} */ of) => spreadOf(processes.map(of)).median;
  const later = median(({ requests }) => spreadOf(requests.slice(1)).median);
  return [
    model,
    start,
    1000 * median(({ imported }) => imported),
    1000 * median(({ ready }) => ready),
    median(({ loadMs }) => loadMs),
    median(({ warmMs }) => warmMs),
    1000 * median(({ requests: [first = Number.NaN] }) => first),
    1000 * later,
    later / audioSeconds,
  ];
}
