import { createEngine } from '../../dist/index.js';
import { englishClips, totalSeconds } from '../clips.mjs';
import { Direct } from '../direct.mjs';
import { MODELS, modelPath, vadPath } from '../models.mjs';
import { splitBySameWork, transcribeStraight } from '../overhead/engine.mjs';
import { atMost, figure } from '../result.mjs';
import { interleaved, spreadOf, timed } from '../spread.mjs';
import { errorPercent, wordErrors } from '../wer.mjs';

/**
 * How fast each model is in one slot of one thread, what the engine adds to the addon's own calls, and what it hears.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} rounds
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSpeed({ clips, progress }, rounds) {
  const english = englishClips(clips);
  const figures = [];
  for (const model of MODELS) {
    progress(`${model}: engine and straight calls`);
    const engine = await createEngine({ model, slots: 1, threadsPerSlot: 1, language: 'en' });
    const direct = new Direct(modelPath(model), vadPath(), { alignment: model });
    try {
      const { same } = await splitBySameWork(engine, direct, english);
      const audioSeconds = totalSeconds(same);
      /** @type {Map<string, string>} */
      const texts = new Map();
      const transcribe = async () => {
        for (const { id, path } of same) texts.set(id, (await engine.transcribe(path)).text);
      };
      const pairs = await interleaved({
        a: () => timed(transcribe),
        b: () => timed(() => same.map((clip) => transcribeStraight(direct, clip))),
        rounds,
        progress,
      });
      const factors = spreadOf(pairs.map(({ a }) => a / audioSeconds));
      const ratios = spreadOf(pairs.map(({ a, b }) => a / b));
      const errors = same.map(({ id, reference }) => wordErrors(reference, texts.get(id) ?? '', 'en'));
      figures.push(
        figure(`RTF in one slot of one thread, ${model}`, 'RTF', factors.median, undefined, factors),
        figure(`engine.transcribe / the same addon calls, ${model}`, 'ratio', ratios.median, atMost(1.01), ratios),
        figure(`WER of ${same.length} English clips, ${model}`, '%', errorPercent(errors)),
      );
    } finally {
      direct.close();
      await engine.close();
    }
  }
  return {
    figures,
    tables: [],
    notes: [
      'RTF: seconds of `engine.transcribe` over seconds of audio, the English clips one after the other, q8_0, a warm engine with its default options. By turns with the same addon calls made straight, over the same weights. Clips for which the two do not decode the same are left out.',
    ],
  };
}
