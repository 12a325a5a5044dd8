import { statSync } from 'node:fs';
import { loadAddon } from '../dist/provider/addon.js';
import { sizedEncoderContext, tokenLimit } from '../dist/provider/encoder-context.js';
import { PieceCutter } from '../dist/session/piece-cutter.js';

const SAMPLE_RATE = 16_000;
const READ_SAMPLES = 60 * SAMPLE_RATE;

/** @typedef {Extract<import('../dist/provider/addon.js').NativeDecoded, { status: 'done' }>} Decoded */

/** The addon's calls with no engine around them: one context and one warmed state, on this thread, one decode thread. */
export class Direct {
  #addon = loadAddon();
  #context;
  #state;
  #vad;
  #stream;
  #control = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  /**
   * @param {string} modelPath
   * @param {string} vadPath
   * @param {{ readonly flashAttention?: boolean, readonly alignment?: string }} [options]
   */
  constructor(modelPath, vadPath, { flashAttention = false, alignment = '' } = {}) {
    const fileKey = fileKeyOf(modelPath);
    this.#context = this.#addon.openContext(modelPath, { fileKey, flashAttention, gpu: false, alignment });
    this.#state = this.#context.createState();
    this.#state.warm(1);
    this.#vad = this.#addon.openVad(vadPath);
    this.#stream = this.#vad.openStream();
  }

  /**
   * A file as 16 kHz mono.
   *
   * @param {string} path
   * @returns {Float32Array}
   */
  readAudio(path) {
    const reader = this.#addon.openAudio(path);
    try {
      const blocks = [];
      for (;;) {
        const block = new Float32Array(READ_SAMPLES);
        const length = reader.read(block);
        if (length === 0) return joined(blocks);
        blocks.push(block.subarray(0, length));
      }
    } finally {
      reader.close();
    }
  }

  /**
   * The pieces that the engine cuts this audio into.
   *
   * @param {Float32Array} pcm
   * @returns {Float32Array[]}
   */
  cutAtPauses(pcm) {
    this.#stream.reset();
    const cutter = new PieceCutter(this.#vad.windowSamples, SAMPLE_RATE);
    const pieces = [...cutter.push(this.#stream.probabilities(pcm)), ...cutter.end(pcm.length)];
    return pieces.map(({ startSample, endSample }) => pcm.subarray(startSample, endSample));
  }

  /**
   * One decode with the engine's options.
   *
   * @param {Float32Array} pcm
   * @param {number} [encoderContext] frames; 0 is the full window
   * @returns {Decoded}
   */
  decode(pcm, encoderContext = encoderContextOf(pcm)) {
    const options = { ...OPTIONS, encoderContext, maxTokens: maxTokensOf(pcm) };
    const decoded = this.#state.decode(pcm, options, this.#control);
    if (decoded.status !== 'done') throw new Error(`The decode ended with ${decoded.status}.`);
    return decoded;
  }

  /** Whether somebody else in this process had the weights loaded with the same options. */
  get sharesWeights() {
    return !this.#context.weightsRead;
  }

  close() {
    this.#stream.close();
    this.#vad.close();
    this.#state.close();
    this.#context.close();
  }
}

/**
 * What `identifyFile` says of a checked file, at once and without the check.
 *
 * @param {string} path
 */
export function fileKeyOf(path) {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** @param {Float32Array} pcm @returns {number} frames that the engine gives a piece */
export function encoderContextOf(pcm) {
  return sizedEncoderContext(pcm.length / SAMPLE_RATE);
}

/** @param {Float32Array} pcm @returns {number} tokens that the engine gives a piece */
export function maxTokensOf(pcm) {
  return tokenLimit(pcm.length / SAMPLE_RATE);
}

/** @type {Omit<import('../dist/provider/addon.js').DecodeOptions, 'encoderContext' | 'maxTokens'>} */
const OPTIONS = {
  threads: 1,
  deadlineSeconds: Number.POSITIVE_INFINITY,
  language: 'en',
  translate: false,
  prompt: '',
  loopTurns: 2,
  beamSize: 1,
  temperatureIncrement: 0,
  words: false,
};

/** @param {readonly Float32Array[]} blocks */
function joined(blocks) {
  const whole = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}
