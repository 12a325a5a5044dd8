import { createEngine } from '../dist/index.js';
import { WhisperCpp } from '../dist/provider/whisper-cpp.js';
import { Direct, fileKeyOf } from './direct.mjs';
import { modelPath, vadPath } from './models.mjs';

const SAMPLE_RATE = 16_000;
const WINDOW_SECONDS = 30;

/** @typedef {import('./clips.mjs').Clip} Clip */
/** @typedef {import('./models.mjs').ModelName} ModelName */
/** @typedef {'sized' | 'full'} EncoderContext */

/**
 * Texts of recordings, in order.
 *
 * @typedef {(model: ModelName, encoderContext: EncoderContext, clips: readonly Clip[]) => Promise<string[]>} Way
 */

/**
 * What the engine does: pieces cut at pauses.
 *
 * @type {Way}
 */
export async function hearCut(model, encoderContext, clips) {
  const engine = await createEngine({ model, threadsPerSlot: 1, encoderContext });
  try {
    const heard = clips.map(({ path, language }) => engine.transcribe(path, { language }));
    return (await Promise.all(heard)).map(({ text }) => text);
  } finally {
    await engine.close();
  }
}

/**
 * Each clip by the engine twice in turn, greedily and with a beam: the texts of the beam, and its decoding time over the
 * greedy one's.
 *
 * @param {ModelName} model
 * @param {number} beamSize
 * @param {readonly Clip[]} clips
 */
export async function hearWithBeam(model, beamSize, clips) {
  const engine = await createEngine({ model, slots: 1, threadsPerSlot: 1 });
  try {
    const heard = [];
    for (const { path, language } of clips) {
      const greedy = await engine.transcribe(path, { language });
      const beam = await engine.transcribe(path, { language, beamSize });
      heard.push({ text: beam.text, timeRatio: beam.timings.decodeSeconds / greedy.timings.decodeSeconds });
    }
    return heard;
  } finally {
    await engine.close();
  }
}

/**
 * What Whisper does: windows of 30 s, each beginning where the last whole sentence of the one before ended. No voice
 * detection; the engine's provider, with its guard and retry.
 *
 * @type {Way}
 */
export function hearWhole(model, encoderContext, clips) {
  const path = modelPath(model);
  const use = { path, fileKey: fileKeyOf(path), alignment: '', flashAttention: false, gpu: false, threads: 1 };
  const provider = new WhisperCpp(use);
  const direct = new Direct(path, vadPath());
  const texts = clips.map(({ path, language }) =>
    textOfWindows(direct.readAudio(path), (pcm) =>
      provider.recognise({ ...CHUNK, pcm, language, encoderContext }, control()),
    ),
  );
  direct.close();
  provider.close();
  return Promise.resolve(texts);
}

/** @type {Omit<import('../dist/provider/recognition.js').Chunk, 'pcm' | 'language' | 'encoderContext'>} */
const CHUNK = {
  speechEndSeconds: WINDOW_SECONDS,
  translate: false,
  prompt: '',
  words: false,
  beamSize: 1,
  deadlineAtSeconds: Number.POSITIVE_INFINITY,
};

const control = () => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * @param {Float32Array} pcm
 * @param {(window: Float32Array) => import('../dist/provider/recognition.js').Recognition} recognise
 */
function textOfWindows(pcm, recognise) {
  let text = '';
  for (let start = 0; start < pcm.length; ) {
    const end = Math.min(pcm.length, start + WINDOW_SECONDS * SAMPLE_RATE);
    const { segments } = recognise(pcm.subarray(start, end));
    const last = segments.at(-1);
    // The last sentence of a window that is not the last one may be cut short: the next window says it again.
    const isCut = end < pcm.length && last !== undefined && segments.length > 1;
    text += (isCut ? segments.slice(0, -1) : segments).map((segment) => segment.text).join('');
    start = isCut ? start + Math.round(last.startSeconds * SAMPLE_RATE) : end;
  }
  return text.trim();
}
