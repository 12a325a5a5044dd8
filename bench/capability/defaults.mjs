import os from 'node:os';
import { createEngine } from '../../dist/index.js';
import { openEncoded } from '../../dist/provider/audio-reader.js';
import { WhisperCpp } from '../../dist/provider/whisper-cpp.js';
import { englishClips, totalSeconds } from '../clips.mjs';
import { fileKeyOf } from '../direct.mjs';
import { MODELS, modelPath } from '../models.mjs';
import { atLeast, figure } from '../result.mjs';
import { interleaved, spreadOf, timed } from '../spread.mjs';
import { engineOptions, inShort, measuredPlan } from './measured-plan.mjs';

const WINDOW_SAMPLES = 30 * 16_000;
const DEFAULT_THREADS = Math.min(4, os.availableParallelism()); // whisper_full_default_params

/**
 * The measured plan against what whisper.cpp does when nobody tells it anything.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} [rounds]
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureDefaults({ clips, quick, progress }, rounds = quick ? 1 : 5) {
  const english = englishClips(clips);
  const audioSeconds = totalSeconds(english);
  const windows = (await Promise.all(english.map(({ path }) => readAll(path)))).flatMap(inWindows);
  const figures = [];
  /** @type {(string | number)[][]} */
  const rows = [];
  for (const model of MODELS) {
    const { measured } = await measuredPlan(model);
    const engine = await createEngine(engineOptions(measured));
    const provider = defaultProvider(modelPath(model));
    const plan = () => Promise.all(english.map(({ path }) => engine.transcribe(path)));
    const defaults = () => windows.map((pcm) => provider.recognise({ ...CHUNK, pcm }, control()));
    progress(`${model}: ${inShort(measured)} against whisper.cpp's defaults`);
    try {
      await plan();
      provider.recognise({ ...CHUNK, pcm: windows[0] ?? new Float32Array(WINDOW_SAMPLES) }, control());
      const pairs = await interleaved({ a: () => timed(defaults), b: () => timed(plan), rounds, progress });
      const ratios = spreadOf(pairs.map(({ a, b }) => a / b));
      figures.push(
        figure(
          `throughput, measured plan / whisper.cpp's defaults, ${model}`,
          'ratio',
          ratios.median,
          atLeast(1.8),
          ratios,
        ),
      );
      const row = (/** @type {string} */ name, /** @type {number[]} */ seconds) => {
        const { median } = spreadOf(seconds);
        rows.push([model, name, median, audioSeconds / median]);
      };
      row(
        `defaults: 1 × ${DEFAULT_THREADS}, flash attention, full`,
        pairs.map(({ a }) => a),
      );
      row(
        `measured plan: ${inShort(measured)}, sized`,
        pairs.map(({ b }) => b),
      );
    } finally {
      provider.close();
      await engine.close();
    }
  }
  return {
    figures,
    tables: [
      {
        title: "The measured plan and whisper.cpp's defaults",
        columns: ['model', 'how', 'seconds (median)', 'audio s a second'],
        rows,
      },
    ],
    notes: [
      `Defaults: ${Math.round(audioSeconds)} s of English, one warm state on whisper.cpp's library defaults (greedy, ${DEFAULT_THREADS} threads here, flash attention, encoder context 1500), straight on the provider: windows of 30 s that lie in memory, one after the other. The plan: the same files given to engine.transcribe at once, decoding of the files and voice detection included.`,
    ],
  };
}

/** @param {string} path */
function defaultProvider(path) {
  const use = { path, fileKey: fileKeyOf(path), alignment: '', flashAttention: true, gpu: false };
  return new WhisperCpp({ ...use, threads: DEFAULT_THREADS });
}

/** @type {Omit<import('../../dist/provider/recognition.js').Chunk, 'pcm'>} */
const CHUNK = {
  speechEndSeconds: Number.POSITIVE_INFINITY,
  language: 'en',
  translate: false,
  prompt: '',
  words: false,
  beamSize: 1,
  encoderContext: 'full',
  deadlineAtSeconds: Number.POSITIVE_INFINITY,
};

const control = () => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * @param {string} path
 * @returns {Promise<Float32Array>}
 */
async function readAll(path) {
  const reader = openEncoded(path);
  const block = new Float32Array(WINDOW_SAMPLES);
  /** @type {number[]} */
  const samples = [];
  for (let length = await reader.read(block); length > 0; length = await reader.read(block)) {
    for (const sample of block.subarray(0, length)) samples.push(sample);
  }
  reader.close();
  return Float32Array.from(samples);
}

/** @param {Float32Array} pcm */
function inWindows(pcm) {
  const count = Math.ceil(pcm.length / WINDOW_SAMPLES);
  return Array.from({ length: count }, (_, index) =>
    pcm.subarray(index * WINDOW_SAMPLES, (index + 1) * WINDOW_SAMPLES),
  );
}
