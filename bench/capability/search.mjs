import os from 'node:os';
import { createEngine } from '../../dist/index.js';
import { englishClips, totalSeconds } from '../clips.mjs';
import { MODELS } from '../models.mjs';
import { atLeast, figure } from '../result.mjs';
import { spreadOf, timed } from '../spread.mjs';
import { engineOptions, inShort, measuredPlan } from './measured-plan.mjs';

const SETS = 3; // so that the last pieces, which leave slots idle, weigh little

/** @typedef {Pick<import('../../dist/capability/plan.js').Plan, 'slots' | 'threadsPerSlot' | 'flashAttention'>} Choice */

/**
 * The calibrated choice among all that there are: every number of slots and threads that the cores allow, with and
 * without flash attention.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSearch({ clips, quick, progress }) {
  const english = englishClips(clips);
  const sets = quick ? 1 : SETS;
  const paths = Array.from({ length: sets }, () => english.map((clip) => clip.path)).flat();
  const audioSeconds = sets * totalSeconds(english);
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const { measured } = await measuredPlan(model);
    const choices = allChoices().map((choice) => ({ choice, seconds: /** @type {number[]} */ ([]) }));
    for (let round = 0; round < (quick ? 1 : 5); round += 1) {
      // Another one goes first in every round.
      for (const { choice, seconds } of [
        ...choices.slice(round % choices.length),
        ...choices.slice(0, round % choices.length),
      ]) {
        seconds.push(await decodeAll(engineOptions({ model, ...choice }), paths));
        progress(`${model}, ${inShort(choice)}: ${seconds.at(-1)?.toFixed(2)} s`);
      }
    }
    const own = choices.find(({ choice }) => inShort(choice) === inShort(measured));
    if (!own) throw new Error(`Calibrating chose ${inShort(measured)}, which is more than the cores allow.`);
    const sharing = choices.filter(({ choice }) => choice.flashAttention === measured.flashAttention);
    const contests = [
      { name: `chosen slots × threads / best found, ${model}`, among: sharing, target: atLeast(0.95) },
      { name: `chosen / best found, flash attention included, ${model}`, among: choices, target: undefined },
    ];
    for (const { name, among, target } of contests) {
      const best = among.toSorted((one, other) => median(one) - median(other))[0] ?? own;
      const ratios = spreadOf(own.seconds.map((seconds, round) => (best.seconds[round] ?? seconds) / seconds));
      figures.push(figure(name, 'ratio', ratios.median, target, ratios));
    }
    for (const each of choices) {
      rows.push([model, inShort(each.choice), median(each), audioSeconds / median(each), each === own ? 'chosen' : '']);
    }
  }
  return {
    figures,
    tables: [
      {
        title: 'Every way to share the cores',
        columns: ['model', 'slots × threads', 'seconds (median)', 'audio s a second', ''],
        rows,
      },
    ],
    notes: [
      `Search: ${Math.round(audioSeconds)} s of English submitted at once to a warm engine of each choice, by turns, sized encoder context. Flash attention rules out word times by DTW: calibrating takes it only for a gain of 10 %.`,
    ],
  };
}

/** @returns {Choice[]} */
function allChoices() {
  const cores = os.availableParallelism();
  const counts = Array.from({ length: cores }, (_, index) => index + 1);
  return [false, true].flatMap((flashAttention) =>
    counts.flatMap((slots) =>
      counts
        .filter((threadsPerSlot) => slots * threadsPerSlot <= cores)
        .map((threadsPerSlot) => ({ slots, threadsPerSlot, flashAttention })),
    ),
  );
}

/**
 * @param {import('../../dist/index.js').EngineOptions} options
 * @param {readonly string[]} paths
 */
async function decodeAll(options, paths) {
  const engine = await createEngine(options);
  try {
    // Their memory grows with the longest piece.
    await Promise.all(paths.slice(0, options.slots).map(() => engine.transcribe(paths[0] ?? '')));
    return await timed(() => Promise.all(paths.map((path) => engine.transcribe(path))));
  } finally {
    await engine.close();
  }
}

/** @param {{ readonly seconds: readonly number[] }} choice */
function median({ seconds }) {
  return spreadOf(seconds).median;
}
