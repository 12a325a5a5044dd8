import { sampleRate } from './audio-format.js';
import type { Chunk } from './recognition.js';

/**
 * A chunk of English that is asked for in the plainest way: for warming, measuring and trying out.
 * @param more - what is to be otherwise
 */
export function plainChunk(pcm: Float32Array, more: Partial<Omit<Chunk, 'pcm'>> = {}): Chunk {
  return {
    pcm,
    speechEndSeconds: pcm.length / sampleRate,
    language: 'en',
    translate: false,
    prompt: '',
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
    ...more,
  };
}
