import { statSync } from 'node:fs';
import { runChild } from '../children/child.mjs';
import { MODELS, modelPath } from '../models.mjs';
import { atMost, figure, missing } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { withCacheFolder } from './cache-folder.mjs';

const COUNT = 50;
const LONGEST_MILLISECONDS = 5;

/** @typedef {{ first: number, bytes: number | null, later: number[] }} Ensured seconds; bytes that the first one read */

/**
 * Whether a model that was verified once is hashed again.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureEnsure({ quick, progress }) {
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const rounds = quick ? 1 : 5;
    /** @type {Ensured[]} */
    const unknown = [];
    /** @type {Ensured[]} */
    const known = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`${model}: ensure in a first and a second process, round ${round + 1} of ${rounds}`);
      await withCacheFolder(async (folder) => {
        const ensure = () => runChild('ensure.mjs', [folder, model, String(COUNT)]);
        unknown.push(/** @type {Ensured} */ (await ensure()));
        known.push(/** @type {Ensured} */ (await ensure()));
      });
    }
    const again = spreadOf([...unknown, ...known].flatMap(({ later }) => later.map((seconds) => 1000 * seconds)));
    const limit = atMost(LONGEST_MILLISECONDS);
    figures.push(figure(`ensure again in the same process, ${model}, median`, 'ms', again.median, limit, again));
    figures.push(figure(`ensure again in the same process, ${model}, longest`, 'ms', again.maximum, limit));
    figures.push(bytesFigure(model, known));
    const ratios = spreadOf(known.map(({ first }, round) => first / (unknown[round]?.first ?? Number.NaN)));
    const name = `ensure in a second process / in the first, which hashes, ${model}`;
    figures.push(figure(name, 'ratio', ratios.median, undefined, ratios));
    const median = (/** @type {Ensured[]} */ processes) => 1000 * spreadOf(processes.map(({ first }) => first)).median;
    rows.push([model, median(unknown), median(known), again.median]);
  }
  return {
    figures,
    tables: [
      {
        title: 'Finding and checking a model that is here, ms (median)',
        columns: ['model', 'first process', 'second process', 'again in the same process'],
        rows,
      },
    ],
    notes: [
      `Ensure: \`ModelStore.ensure(model, { mode: 'offline' })\` on an embedded model, ${COUNT} times after the first in each process. The first process of a round finds an empty cache folder and hashes; the second one finds there what the first has learnt. Bytes are those that the process has asked the system for.`,
    ],
  };
}

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {readonly Ensured[]} known
 */
function bytesFigure(model, known) {
  const name = `bytes that ensure reads in a second process / the model's, ${model}`;
  const shares = known.flatMap(({ bytes }) => (bytes === null ? [] : [bytes / statSync(modelPath(model)).size]));
  if (shares.length === 0) return missing(name, 'this system does not tell');
  const spread = spreadOf(shares);
  return figure(name, 'ratio', spread.median, atMost(0.1), spread);
}
