import { sizedEncoderContext } from '../provider/encoder-context.js';
import type { Dimensions } from './dimensions.js';

/** Memory that a model takes while it serves, in bytes. */
export interface MemoryNeed {
  /** Once a process, however many slots share them. */
  readonly weightsBytes: number;
  /** For each slot. */
  readonly perStateBytes: number;
}

const mebibyte = 2 ** 20;
const f16Bytes = 2;
const f32Bytes = 4;
/** What whisper.cpp keeps beside the weights: mostly the vocabulary, as two maps. */
const vocabularyBytes = 9 * mebibyte;
/** Logits, batch, and the host's own memory around them. */
const fixedStateBytes = 7 * mebibyte;
/** Positions of the decoder's own cache, whatever the text's length. */
const textPositions = 512;
/** Floats for each encoder frame and channel, in the four compute buffers of a state together. */
const activationsPerFrame = 16;
/** Heads that the encoder attends with one after the other, or groups of them where there are more (native/attention.cc). */
const mostHeadGroups = 8;
/** Encoder frames of a piece of 11 s. */
const frames = sizedEncoderContext(11);

/**
 * Memory for a model of these dimensions in a file of this size, as an upper estimate, on a CPU.
 *
 * A state grows with the longest window that it has decoded: reckoned here is a piece of 11 s.
 *
 * The shape of the formula is whisper_init_state's in whisper.cpp 1.9.1; its constants come from the growth of RSS on
 * an x86-64 Linux, in MiB, after decoding jfk.wav (11 s) on a second state, measured / estimated: tiny.en 30 / 32,
 * base 44 / 45, small 85 / 87, medium 167 / 169, large-v3-turbo 90 / 92. Weights: file + 8.6 … 9.3 in all of them.
 * small and larger were networks of the real dimensions with all weights zero.
 */
export function memoryNeed(dimensions: Dimensions, sizeBytes: number): MemoryNeed {
  const { audioState, audioHeads, textState, textLayers } = dimensions;
  const keysAndValues = 2 * f16Bytes * textState * textLayers * (textPositions + frames);
  const attentionScores = f32Bytes * Math.ceil(audioHeads / mostHeadGroups) * frames ** 2;
  const activations = f32Bytes * activationsPerFrame * audioState * frames;
  return {
    weightsBytes: sizeBytes + vocabularyBytes,
    perStateBytes: fixedStateBytes + keysAndValues + attentionScores + activations,
  };
}
