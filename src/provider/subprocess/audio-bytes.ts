import { EngineError } from '../../errors.js';

/**
 * A copy of a chunk's audio as it goes through a pipe. Its memory is the caller's again at once, however long the pipe is full.
 * @throws EngineError `AUDIO_INVALID`
 */
export function audioBytes(pcm: Float32Array): Uint8Array {
  const copy = pcm.slice();
  for (let at = 0; at < copy.length; at += 1) {
    if (!Number.isFinite(copy[at])) {
      throw new EngineError('AUDIO_INVALID', `Sample ${at} is not a finite number.`);
    }
  }
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength);
}
