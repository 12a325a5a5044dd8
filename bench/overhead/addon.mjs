import { shortEnglishClips } from '../clips.mjs';
import { Direct, encoderContextOf, maxTokensOf } from '../direct.mjs';
import { MODELS, modelPath, vadPath } from '../models.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { buildBaseline, startAddon, startBaseline } from './decode-process.mjs';

const ROUNDS = 10;

/** @typedef {import('./decode-process.mjs').DecodeRequest & { id: string }} Request */
/** @typedef {{ addon: number, baseline: number }} Pair seconds */

/**
 * The addon's `decode` against a C++ program that calls the same library with the same parameters.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureAddon({ clips, quick, progress }) {
  await buildBaseline();
  const requests = readRequests(shortEnglishClips(clips));
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    const rounds = quick ? 2 : ROUNDS;
    /** @type {Pair[][]} */
    const processes = [];
    for (let round = 0; round < rounds; round += 1) {
      processes.push(await measureProcesses(model, requests));
      progress(`${model}: addon and C++ program, processes ${round + 1} of ${rounds}`);
    }
    const sum = (/** @type {Pair[]} */ pairs, /** @type {keyof Pair} */ side) =>
      pairs.reduce((total, pair) => total + pair[side], 0);
    const ratioOf = (/** @type {Pair[]} */ pairs) => spreadOf(pairs.map((pair) => pair.addon / pair.baseline)).median;
    const ratios = spreadOf(processes.map(ratioOf));
    figures.push(figure(`the addon's decode / a C++ program, ${model}`, 'ratio', ratios.median, atMost(1.02), ratios));
    const all = processes.flat();
    rows.push([model, requests.length, sum(all, 'addon') / all.length, sum(all, 'baseline') / all.length]);
  }
  const columns = ['model', 'clips', 'addon s', 'C++ program s'];
  return {
    figures,
    tables: [{ title: 'Addon, means of a clip', columns, rows }],
    notes: [
      'Addon: `state.decode` called from JavaScript in a Node process against bench/native/decode_baseline.cc, which calls `whisper_full_with_state` on the same spectrogram with the same parameters. Both time themselves, clip by clip in turn, and must give the same text.',
      'A process keeps the speed that its memory happens to give it, within some 3 %. So both are started anew for every round: a round’s ratio is the median of its clips, the figure the median of the rounds.',
      'The C++ program has no logits filter and no abort callback: what those cost counts against the addon.',
    ],
  };
}

/**
 * @param {readonly import('../clips.mjs').Clip[]} clips
 * @returns {Request[]}
 */
export function readRequests(clips) {
  const direct = new Direct(modelPath('tiny.en'), vadPath());
  try {
    return clips.map(({ id, path }) => {
      const pcm = direct.readAudio(path);
      return { id, pcm, encoderContext: encoderContextOf(pcm), maxTokens: maxTokensOf(pcm) };
    });
  } finally {
    direct.close();
  }
}

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {readonly Request[]} requests
 * @returns {Promise<Pair[]>}
 */
async function measureProcesses(model, requests) {
  const [addon, baseline] = [await startAddon(model), await startBaseline(model)];
  try {
    // The first decode of a length touches memory for the first time.
    for (const request of requests) await Promise.all([addon.decode(request), baseline.decode(request)]);
    /** @type {Pair[]} */
    const pairs = [];
    for (const [position, request] of requests.entries()) {
      const early = position % 2 === 0 ? await addon.decode(request) : undefined;
      const theirs = await baseline.decode(request);
      const ours = early ?? (await addon.decode(request));
      if (ours.text !== theirs.text) {
        throw new Error(`${request.id}: “${ours.text}” and “${theirs.text}” are not the same decode.`);
      }
      pairs.push({ addon: ours.seconds, baseline: theirs.seconds });
    }
    return pairs;
  } finally {
    await Promise.all([addon.close(), baseline.close()]);
  }
}
