import { createEngine } from '../../dist/index.js';
import { WhisperCpp } from '../../dist/provider/whisper-cpp.js';
import { runChild } from '../children/child.mjs';
import { clipNamed, englishClips } from '../clips.mjs';
import { fileKeyOf } from '../direct.mjs';
import { atMost, figure, missing } from '../result.mjs';
import { spreadOf } from '../spread.mjs';
import { errorPercent, wordErrors } from '../wer.mjs';
import { removeVariantFiles, variantFiles } from './variant-files.mjs';

const MEBIBYTE = 2 ** 20;
/** What `auto` takes. */
const BY_DEFAULT = 'q8_0';

/** @typedef {import('../clips.mjs').Clip} Clip */
/** @typedef {import('./variant-files.mjs').VariantFile} VariantFile */

/**
 * @typedef {object} Measured
 * @property {VariantFile} file
 * @property {{ load: number, warm: number }[]} loads seconds, a round each
 * @property {number[]} rtfs of all clips together, a round each
 * @property {number} wordErrorPercent
 * @property {number} residentMebibytes
 */

/**
 * What each variant of a model costs and how well it hears.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureVariants({ clips, quick, progress }) {
  const files = await variantFiles(progress);
  const spoken = englishClips(clips).filter(({ seconds }) => !quick || seconds < 6);
  try {
    const loads = loadByTurns(files, quick ? 3 : 20);
    const heard = await hearByTurns(files, spoken, quick ? 1 : 5, progress);
    /** @type {Measured[]} */
    const measured = [];
    for (const [i, file] of files.entries()) {
      progress(`${file.model} ${file.variant}: memory`);
      const child = await runChild('slots-memory.mjs', [file.path, '1', clipNamed(clips, 'jfk').path]);
      const { now } = /** @type {{ now: number }} */ (child);
      const { rtfs = [], wordErrorPercent = Number.NaN } = heard[i] ?? {};
      measured.push({ file, loads: loads[i] ?? [], rtfs, wordErrorPercent, residentMebibytes: now });
    }
    return findings(measured, spoken);
  } finally {
    await removeVariantFiles();
  }
}

/**
 * First loads in this process. The pages of the files are in memory: they have just been read or written.
 *
 * @param {readonly VariantFile[]} files
 * @param {number} rounds
 */
function loadByTurns(files, rounds) {
  /** @type {Measured['loads'][]} */
  const loads = files.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i, { model, path }] of files.entries()) {
      const fileKey = fileKeyOf(path);
      const state = new WhisperCpp({ path, fileKey, alignment: model, flashAttention: false, gpu: false, threads: 1 });
      state.close();
      const { weightsRead, contextSeconds, stateSeconds, warmSeconds } = state.loading;
      if (!weightsRead) throw new Error(`Somebody else holds ${path}: this was no first load.`);
      // The first round brings the pages in.
      if (round > 0) loads[i]?.push({ load: contextSeconds, warm: stateSeconds + warmSeconds });
    }
  }
  return loads;
}

/**
 * Every clip by every variant, one after the other, so that whatever else the machine does meets all of them.
 *
 * @param {readonly VariantFile[]} files
 * @param {readonly Clip[]} clips
 * @param {number} rounds
 * @param {(line: string) => void} progress
 * @returns {Promise<Pick<Measured, 'rtfs' | 'wordErrorPercent'>[]>}
 */
async function hearByTurns(files, clips, rounds, progress) {
  const engines = await Promise.all(
    files.map(({ path }) => createEngine({ model: path, slots: 1, threadsPerSlot: 1, language: 'en' })),
  );
  const heard = engines.map(() => ({ rtfs: /** @type {number[]} */ ([]), wordErrorPercent: Number.NaN }));
  try {
    for (let round = 0; round < rounds; round += 1) {
      const results = engines.map(() => ({ decodeSeconds: 0, audioSeconds: 0, texts: /** @type {string[]} */ ([]) }));
      for (const [at, clip] of clips.entries()) {
        for (let turn = 0; turn < engines.length; turn += 1) {
          const i = (turn + at + round) % engines.length;
          const [engine, result] = [engines[i], results[i]];
          if (!engine || !result) continue;
          const { text, durationSeconds, timings } = await engine.transcribe(clip.path);
          result.decodeSeconds += timings.decodeSeconds;
          result.audioSeconds += durationSeconds;
          result.texts.push(text);
        }
      }
      for (const [i, { decodeSeconds, audioSeconds, texts }] of results.entries()) {
        const { rtfs } = heard[i] ?? { rtfs: [] };
        const errors = clips.map(({ reference, language }, at) => wordErrors(reference, texts[at] ?? '', language));
        heard[i] = { rtfs: [...rtfs, decodeSeconds / audioSeconds], wordErrorPercent: errorPercent(errors) };
      }
      progress(`every clip by every variant, round ${round + 1} of ${rounds}`);
    }
    return heard;
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
  }
}

/**
 * @param {readonly Measured[]} measured
 * @param {readonly Clip[]} clips
 * @returns {import('../result.mjs').Findings}
 */
function findings(measured, clips) {
  const f16Of = (/** @type {VariantFile} */ { model }) =>
    measured.find(({ file }) => file.model === model && file.variant === 'f16');
  const figures = measured
    .filter(({ file }) => file.variant !== 'f16')
    .map(({ file, wordErrorPercent }) => {
      const name = `WER, ${file.model} ${file.variant} (${file.origin.replace(/,.*/, '')}), less f16`;
      const f16 = f16Of(file);
      if (!f16) return missing(name, `there is no f16 of ${file.model} here, and no hub to have it from`);
      const points = wordErrorPercent - f16.wordErrorPercent;
      return figure(name, 'points', points, file.variant === BY_DEFAULT ? atMost(2) : undefined);
    });
  return {
    figures: [...figures, int4Figure(measured)],
    tables: [
      {
        title: 'Variants',
        columns: ['model', 'variant', 'file', 'MiB on disk', 'load ms', 'warm ms', 'RTF', 'RSS MiB', 'WER %'],
        rows: measured.map(({ file, loads, rtfs, residentMebibytes, wordErrorPercent }) => [
          file.model,
          file.variant,
          file.origin,
          file.sizeBytes / MEBIBYTE,
          1000 * spreadOf(loads.map(({ load }) => load)).median,
          1000 * spreadOf(loads.map(({ warm }) => warm)).median,
          spreadOf(rtfs).median,
          residentMebibytes,
          wordErrorPercent,
        ]),
      },
    ],
    notes: [
      'Variants: tiny.en is made on the spot by the importer, from a CTranslate2 folder, and by our quantiser from that f16. Of base only the embedded q8_0 is measured: its f16 would have to come from the hub.',
      'Load: reading the weights, whose pages are in the page cache. Warm: one state allocated and decoded once. Medians of rounds in which each variant has its turn, in this process.',
      `RTF: seconds of decoding over seconds of audio, the ${clips.length} English clips together, through an engine of one slot and one thread with its default options (encoder context sized, cut at pauses), clip by clip by every variant in turn; median of the rounds. WER: of the same transcripts.`,
      'RSS: of a new process with one slot, after it has decoded the 11 s clip twice.',
    ],
  };
}

/** @param {readonly Measured[]} measured */
function int4Figure(measured) {
  const name = 'int4: RTF of q4_0 / of q5_1, tiny.en';
  const rtfs = (/** @type {string} */ variant) => measured.find(({ file }) => file.variant === variant)?.rtfs;
  const [q4, q5] = [rtfs('q4_0'), rtfs('q5_1')];
  if (!q4 || !q5) return missing(name, 'neither is embedded, and there is nothing here to make them from');
  const ratios = spreadOf(q4.map((rtf, round) => rtf / (q5[round] ?? Number.NaN)));
  return figure(name, 'ratio', ratios.median, undefined, ratios);
}
