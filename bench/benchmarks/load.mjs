import { createEngine } from '../../dist/index.js';
import { loadAddon } from '../../dist/provider/addon.js';
import { runChild } from '../children/child.mjs';
import { fileKeyOf } from '../direct.mjs';
import { MODELS, modelPath } from '../models.mjs';
import { atMost, exactly, figure } from '../result.mjs';
import { spreadOf, timed } from '../spread.mjs';

const THREADS = 100;
const ENGINES = 10;

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Load: weights are read once, and what a further slot costs',
  async measure({ quick, progress }) {
    const figures = [];
    const rows = [];

    progress(`${THREADS} threads load base at once`);
    const loaded = await runChild('concurrent-loads.mjs', [modelPath('base'), String(THREADS)]);
    const { weightsRead } = /** @type {{ weightsRead: number }} */ (loaded);
    figures.push(figure(`${THREADS} concurrent loads of one model: loads performed`, 'count', weightsRead, exactly(1)));

    progress(`${ENGINES} engines start on base at once, then one more with two slots`);
    const { together, extra } = await readsByEngines();
    figures.push(figure(`${ENGINES} engines started at once: loads performed`, 'count', together, exactly(1)));
    figures.push(figure('an extra slot on a loaded model: weights read again', 'count', extra, exactly(0)));

    for (const model of MODELS) {
      progress(`${model}: first load and a further state, by turns`);
      const rounds = await extraSlots(model, quick ? 3 : 20);
      const ratios = spreadOf(rounds.map(({ load, state }) => state / load));
      figures.push(
        figure(`creating an extra state / first load, ${model}`, 'ratio', ratios.median, atMost(0.35), ratios),
      );
      const median = (/** @type {'load' | 'state' | 'warm'} */ part) =>
        1000 * spreadOf(rounds.map((round) => round[part])).median;
      rows.push([model, median('load'), median('state'), median('warm')]);
    }
    return {
      figures,
      tables: [
        {
          title: 'Milliseconds (median)',
          columns: ['model', 'first load of the weights', 'context again and a new state', 'warming that state'],
          rows,
        },
      ],
      notes: [
        `Loads are counted by the addon (\`contextStatistics().weightsRead\`). The ${THREADS} are worker threads released together.`,
        'First load: `openContext` when nobody holds the file, its pages in the page cache. A further slot: `openContext` on the loaded file and `createState`, as a slot does it; its warm-up is listed apart.',
      ],
    };
  },
};

async function readsByEngines() {
  const addon = loadAddon();
  const reads = () => addon.contextStatistics().weightsRead;
  const before = reads();
  const one = { model: 'base', slots: 1, threadsPerSlot: 1, language: 'en' };
  const engines = await Promise.all(Array.from({ length: ENGINES }, () => createEngine(one)));
  const together = reads() - before;
  const larger = await createEngine({ ...one, slots: 2 });
  const extra = reads() - before - together;
  await Promise.all([...engines, larger].map((engine) => engine.close()));
  return { together, extra };
}

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {number} count
 * @returns {Promise<{ load: number, state: number, warm: number }[]>} seconds
 */
async function extraSlots(model, count) {
  const addon = loadAddon();
  const path = modelPath(model);
  const options = { fileKey: fileKeyOf(path), flashAttention: false, gpu: false, alignment: '' };
  const open = () => addon.openContext(path, options);
  const rounds = [];
  for (let round = 0; round < count; round += 1) {
    /** @type {import('../../dist/provider/addon.js').NativeContext[]} */
    const contexts = [];
    const load = await timed(() => contexts.push(open()));
    if (!contexts[0]?.weightsRead) throw new Error('The weights were still held: this was no first load.');
    const first = contexts[0].createState();
    /** @type {import('../../dist/provider/addon.js').NativeState[]} */
    const states = [];
    const state = await timed(() => {
      const again = open();
      contexts.push(again);
      states.push(again.createState());
    });
    const warm = await timed(() => states[0]?.warm(1));
    rounds.push({ load, state, warm });
    for (const owned of [first, ...states, ...contexts]) owned.close();
  }
  return rounds;
}
