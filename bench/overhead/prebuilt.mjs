import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shortEnglishClips } from '../clips.mjs';
import { MODELS } from '../models.mjs';
import { atMost, figure, missing } from '../result.mjs';
import { interleaved, spreadOf } from '../spread.mjs';
import { readRequests } from './addon.mjs';
import { startAddon } from './decode-process.mjs';

const PREBUILT = fileURLToPath(new URL('../../build/prebuilt/addon/whisperpool.node', import.meta.url));
const ROUNDS = 7;

/**
 * The addon with kernels for every CPU, of which it picks one, against the addon that was compiled for this CPU.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measurePrebuilt({ clips, quick, progress }) {
  const name = 'decode, prebuilt / built here';
  if (!existsSync(PREBUILT)) {
    return { figures: [missing(name, '`npm run prebuilt` makes it, in some 10 min')], tables: [], notes: [] };
  }
  const requests = readRequests(shortEnglishClips(clips));
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const [prebuilt, here] = [await startAddon(model, PREBUILT), await startAddon(model)];
    /** @param {import('./decode-process.mjs').DecodeProcess} process */
    const all = async (process) => {
      let seconds = 0;
      for (const request of requests) seconds += (await process.decode(request)).seconds;
      return seconds;
    };
    try {
      // The first decode of a length touches memory for the first time.
      await all(prebuilt);
      await all(here);
      const rounds = quick ? 2 : ROUNDS;
      const pairs = await interleaved({ a: () => all(prebuilt), b: () => all(here), rounds, progress });
      const ratios = spreadOf(pairs.map(({ a, b }) => a / b));
      figures.push(figure(`${name}, ${model}`, 'ratio', ratios.median, atMost(1.1), ratios));
      rows.push([model, spreadOf(pairs.map(({ a }) => a)).median, spreadOf(pairs.map(({ b }) => b)).median]);
    } finally {
      await Promise.all([prebuilt.close(), here.close()]);
    }
  }
  return {
    figures,
    tables: [{ title: 'All short clips', columns: ['model', 'prebuilt s', 'built here s'], rows }],
    notes: [
      '`state.decode` of the short English clips on one thread, each addon in a Node process of its own, by turns.',
    ],
  };
}
