import { createEngine } from '../../dist/index.js';
import { textOf } from '../../dist/transcript/text-of.js';
import { englishClips } from '../clips.mjs';
import { Direct } from '../direct.mjs';
import { MODELS, modelPath, vadPath } from '../models.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf, timed } from '../spread.mjs';

const ROUNDS = 9; // odd, so that each clip goes first either way

/** @typedef {import('../clips.mjs').Clip} Clip */
/** @typedef {Record<'engine' | 'straight' | 'decodes', number>} Seconds of one clip, each way */

/**
 * `engine.transcribe` against the addon calls it makes (read, voice detection, decodes), made straight.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureEngine({ clips, quick, progress }) {
  const figures = [];
  const rows = [];
  const notes = [
    'Engine: `engine.transcribe(path)` with one slot of one thread, against `openAudio`, `read`, VAD `probabilities` and the `decode` of each piece called on the addon with the same options and over the same weights, clip by clip in turn. The main thread makes the straight calls while the engine is idle.',
  ];
  for (const model of MODELS) {
    const engine = await createEngine({ model, slots: 1, threadsPerSlot: 1, language: 'en' });
    const direct = new Direct(modelPath(model), vadPath(), { alignment: model });
    try {
      // Two copies of the weights do not meet the same caches.
      if (!direct.sharesWeights) throw new Error('The straight calls do not use the weights of the engine.');
      const { same, different } = await splitBySameWork(engine, direct, englishClips(clips));
      if (different.length > 0) {
        notes.push(`${model}: left out ${different.join(', ')}, where the engine decoded again or kept less text.`);
      }
      /** @type {Seconds[]} */
      const pairs = [];
      for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
        for (const clip of same) pairs.push(await measurePair(engine, direct, clip, pairs.length % 2 === 0));
        progress(`${model}: engine and straight calls, round ${round + 1} of ${ROUNDS}`);
      }
      const ratios = spreadOf(pairs.map(({ engine: ours, straight }) => ours / straight));
      const name = `engine.transcribe / the same addon calls, ${model}`;
      figures.push(figure(name, 'ratio', ratios.median, atMost(1.01), ratios));
      const mean = (/** @type {keyof Seconds} */ part) =>
        pairs.reduce((sum, seconds) => sum + seconds[part], 0) / pairs.length;
      const extra = spreadOf(pairs.map(({ engine: ours, straight }) => 1000 * (ours - straight))).median;
      rows.push([model, same.length, mean('engine'), mean('straight'), mean('decodes'), extra]);
    } finally {
      direct.close();
      await engine.close();
    }
  }
  const columns = ['model', 'clips', 'engine s', 'straight s', 'of that in decodes s', 'engine adds ms (median)'];
  return { figures, tables: [{ title: 'Engine, means of a clip', columns, rows }], notes };
}

/**
 * Clips for which both ways decode the same pieces once and find the same text.
 *
 * @param {import('../../dist/index.js').Engine} engine
 * @param {Direct} direct
 * @param {readonly Clip[]} clips
 */
export async function splitBySameWork(engine, direct, clips) {
  /** @type {Clip[]} */
  const same = [];
  /** @type {string[]} */
  const different = [];
  for (const clip of clips) {
    const { text, timings } = await engine.transcribe(clip.path);
    const straight = transcribeStraight(direct, clip);
    const isSame = timings.retries === 0 && timings.pieces === straight.pieces && text === straight.text;
    if (isSame) same.push(clip);
    else different.push(clip.id);
  }
  return { same, different };
}

/**
 * @param {import('../../dist/index.js').Engine} engine
 * @param {Direct} direct
 * @param {Clip} clip
 * @param {boolean} engineFirst
 * @returns {Promise<Seconds>}
 */
async function measurePair(engine, direct, clip, engineFirst) {
  const transcribe = () => timed(() => engine.transcribe(clip.path));
  const early = engineFirst ? await transcribe() : undefined;
  let decodes = 0;
  const straight = await timed(() => {
    decodes = transcribeStraight(direct, clip).decodeSeconds;
  });
  return { engine: early ?? (await transcribe()), straight, decodes };
}

/**
 * @param {Direct} direct
 * @param {Clip} clip
 */
export function transcribeStraight(direct, clip) {
  const pieces = direct.cutAtPauses(direct.readAudio(clip.path));
  const decoded = pieces.map((piece) => direct.decode(piece));
  return {
    pieces: pieces.length,
    text: decoded.map(({ segments }) => textOf(segments)).join(' '),
    decodeSeconds: decoded.reduce((sum, { totalSeconds }) => sum + totalSeconds, 0),
  };
}
