import { createEngine } from '../../dist/index.js';
import { englishClips, shortEnglishClips, totalSeconds } from '../clips.mjs';
import { MODELS } from '../models.mjs';
import { installFasterWhisper, startFasterWhisper } from '../peers/faster-whisper.mjs';
import { atLeast, figure, missing } from '../result.mjs';
import { spreadOf, timed } from '../spread.mjs';
import { errorPercent, wordErrors } from '../wer.mjs';

/** @typedef {{ clip: import('../clips.mjs').Clip, seconds: number, text: string }} Request */
/** @typedef {{ theirs: Request[], ours: Request[] }} Round */

/**
 * faster-whisper's time over ours, one thread each, clip by clip in turn.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureFasterWhisper({ clips, quick, progress }) {
  try {
    await installFasterWhisper(MODELS, progress);
  } catch (error) {
    return { figures: [missing('time, faster-whisper / ours', String(error))], tables: [], notes: [] };
  }
  const english = englishClips(clips);
  const shortIds = new Set(shortEnglishClips(clips).map((clip) => clip.id));
  const figures = [];
  const rows = [];
  for (const model of MODELS) {
    progress(`${model}: faster-whisper and ours, clip by clip`);
    const rounds = await measureModel(model, english, quick ? 1 : 3, progress);
    for (const { name, target, kept } of [
      { name: `clips up to 11 s`, target: 1.5, kept: (/** @type {Request} */ { clip }) => shortIds.has(clip.id) },
      { name: 'whole set', target: 1.1, kept: () => true },
    ]) {
      const sum = (/** @type {Request[]} */ requests) =>
        requests.filter(kept).reduce((total, { seconds }) => total + seconds, 0);
      const ratios = spreadOf(rounds.map(({ theirs, ours }) => sum(theirs) / sum(ours)));
      figures.push(
        figure(`time, faster-whisper / ours, ${model}, ${name}`, 'ratio', ratios.median, atLeast(target), ratios),
      );
    }
    for (const clip of english) rows.push([model, ...clipRow(clip, rounds)]);
    rows.push([model, '**all**', totalSeconds(english), ...errorCells(rounds)]);
  }
  return {
    figures,
    tables: [
      {
        title: 'faster-whisper, per clip',
        columns: ['model', 'clip', 'seconds', 'theirs s', 'ours s', 'theirs / ours', 'their WER %', 'our WER %'],
        rows,
      },
    ],
    notes: [
      'faster-whisper 1.2.1: int8, beam 1, temperature 0, one thread, language given, no VAD, no conditioning on previous text; resident, fed file paths; its time is its own clock around `transcribe` and the whole generator.',
      'Ours: `engine.transcribe(path)` as a caller waits for it, default options, one slot of one thread. Same weights: the q8_0 file converted to CTranslate2 (bench/peers/convert_model.py) and quantised to int8 at load.',
    ],
  };
}

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {readonly import('../clips.mjs').Clip[]} clips
 * @param {number} roundCount
 * @param {(line: string) => void} progress
 * @returns {Promise<Round[]>}
 */
async function measureModel(model, clips, roundCount, progress) {
  const engine = await createEngine({ model, slots: 1, threadsPerSlot: 1, language: 'en' });
  const peer = startFasterWhisper(model, 1);
  /** @param {import('../clips.mjs').Clip} clip */
  async function askUs(clip) {
    let text = '';
    const seconds = await timed(async () => {
      text = (await engine.transcribe(clip.path)).text;
    });
    return { clip, seconds, text };
  }
  /** @param {import('../clips.mjs').Clip} clip */
  async function askThem(clip) {
    return { clip, ...(await peer.transcribe(clip)) };
  }

  try {
    for (const clip of clips.slice(0, 2)) await Promise.all([askUs(clip), askThem(clip)]); // warm both
    /** @type {Round[]} */
    const rounds = [];
    for (let index = 0; index < roundCount; index += 1) {
      /** @type {Round} */
      const round = { theirs: [], ours: [] };
      for (const [position, clip] of clips.entries()) {
        if ((position + index) % 2 === 0) {
          round.theirs.push(await askThem(clip));
          round.ours.push(await askUs(clip));
        } else {
          round.ours.push(await askUs(clip));
          round.theirs.push(await askThem(clip));
        }
      }
      rounds.push(round);
      progress(`round ${index + 1} of ${roundCount}`);
    }
    return rounds;
  } finally {
    await peer.close();
    await engine.close();
  }
}

/**
 * @param {import('../clips.mjs').Clip} clip
 * @param {readonly Round[]} rounds
 */
function clipRow(clip, rounds) {
  const of = (/** @type {Request[]} */ requests) =>
    requests.find((request) => request.clip.id === clip.id)?.seconds ?? Number.NaN;
  const theirs = spreadOf(rounds.map((round) => of(round.theirs))).median;
  const ours = spreadOf(rounds.map((round) => of(round.ours))).median;
  return [clip.id, clip.seconds, theirs, ours, theirs / ours, '', ''];
}

/** @param {readonly Round[]} rounds */
function errorCells(rounds) {
  const total = (/** @type {Request[]} */ requests) => requests.reduce((sum, { seconds }) => sum + seconds, 0);
  const wer = (/** @type {Request[]} */ requests) =>
    errorPercent(requests.map(({ clip, text }) => wordErrors(clip.reference, text, clip.language)));
  const theirs = spreadOf(rounds.map((round) => total(round.theirs))).median;
  const ours = spreadOf(rounds.map((round) => total(round.ours))).median;
  const last = rounds.at(-1) ?? { theirs: [], ours: [] };
  return [theirs, ours, theirs / ours, wer(last.theirs), wer(last.ours)];
}
