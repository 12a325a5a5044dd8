import { runChild } from '../children/child.mjs';
import { modelPath } from '../models.mjs';
import { exactly, figure } from '../result.mjs';
import { withCacheFolder } from './cache-folder.mjs';

const CALLS = 100;

/**
 * Many who want the same model at the same moment, where nobody has it.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureTogether({ progress }) {
  progress(`${CALLS} calls fetch and load tiny.en at once`);
  const outcome = await withCacheFolder((folder) =>
    runChild('concurrent-ensures.mjs', [folder, modelPath('tiny.en'), String(CALLS)]),
  );
  const { questions, downloaded, weightsRead, open } =
    /** @type {{ questions: number, downloaded: number, weightsRead: number, open: number }} */ (outcome);
  const name = `${CALLS} parallel ensure and load calls`;
  return {
    figures: [
      figure(`${name}: downloads`, 'count', questions, exactly(1)),
      figure(`${name}: loads performed`, 'count', weightsRead, exactly(1)),
      figure(`${name}: weights in memory`, 'count', open, exactly(1)),
      figure(`${name}: calls that got their model from that download`, 'count', downloaded, exactly(CALLS)),
    ],
    tables: [],
    notes: [
      `Together: a new process, an empty store, a hub on this machine that counts what it is asked; ${CALLS} times \`ensure\` and then \`load\` on a pool of two slots, none waiting for another.`,
    ],
  };
}
