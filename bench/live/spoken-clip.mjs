import { loadAddon } from '../../dist/provider/addon.js';
import { quantile } from '../spread.mjs';

/** @typedef {import('../clips.mjs').Clip} Clip */

export const SAMPLE_RATE = 16_000;
/** 20 ms, as a microphone gives them. */
export const FRAME_SAMPLES = 320;
export const FRAMES_PER_SECOND = SAMPLE_RATE / FRAME_SAMPLES;
export const FRAME_BYTES = 2 * FRAME_SAMPLES;

export const LONGEST_PAUSE_SECONDS = 3;
/** A pause is no louder than this, however loud the clip's own background is: −46 dB of full scale. */
const LOUDEST_PAUSE = 0.005;
/** A frame is voiced when it is this much louder than the clip's background, and no more than this below its speech. */
const OVER_BACKGROUND = 10 ** (9 / 20);
const UNDER_SPEECH = 10 ** (-32 / 20);

/**
 * A clip as a microphone would give it, in whole frames of s16le at 16 kHz.
 *
 * @typedef {object} SpokenClip
 * @property {Clip} clip
 * @property {number} frames
 * @property {Buffer} bytes
 * @property {readonly boolean[]} isVoiced by frame, from its loudness alone: nothing of the engine is asked
 * @property {Buffer} pause noise as loud as the clip's background, for what is between two clips
 */

/**
 * @param {Clip} clip
 * @param {() => number} random
 * @returns {SpokenClip}
 */
export function readSpokenClip(clip, random) {
  const pcm = readPcm(clip.path);
  const frames = Math.ceil(pcm.length / FRAME_SAMPLES);
  const loudness = Array.from({ length: frames }, (_, frame) => {
    return rootMeanSquare(pcm.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES));
  });
  const background = quantile(loudness, 0.1);
  const limit = Math.max(OVER_BACKGROUND * background, UNDER_SPEECH * quantile(loudness, 0.95));
  return {
    clip,
    frames,
    bytes: toBytes(pcm, frames),
    isVoiced: loudness.map((each) => each > limit),
    pause: noise(Math.min(background, LOUDEST_PAUSE), LONGEST_PAUSE_SECONDS, random),
  };
}

/**
 * White noise.
 *
 * @param {number} level root mean square; 1 is full scale
 * @param {number} seconds
 * @param {() => number} random
 */
export function noise(level, seconds, random) {
  const frames = Math.ceil(seconds * FRAMES_PER_SECOND);
  // Even over −1 … 1 has a root mean square of 1/√3.
  const peak = level * Math.sqrt(3);
  const pcm = Float32Array.from({ length: frames * FRAME_SAMPLES }, () => peak * (2 * random() - 1));
  return toBytes(pcm, frames);
}

/** @param {string} path */
function readPcm(path) {
  const reader = loadAddon().openAudio(path);
  try {
    let pcm = new Float32Array(0);
    for (;;) {
      const block = new Float32Array(60 * SAMPLE_RATE);
      const length = reader.read(block);
      if (length === 0) return pcm;
      const longer = new Float32Array(pcm.length + length);
      longer.set(pcm);
      longer.set(block.subarray(0, length), pcm.length);
      pcm = longer;
    }
  } finally {
    reader.close();
  }
}

/** @param {Float32Array} pcm */
function rootMeanSquare(pcm) {
  return Math.sqrt(pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length);
}

/**
 * @param {Float32Array} pcm
 * @param {number} frames
 */
function toBytes(pcm, frames) {
  const bytes = Buffer.alloc(frames * FRAME_BYTES);
  pcm.forEach((sample, at) => {
    bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(32_768 * sample))), 2 * at);
  });
  return bytes;
}
