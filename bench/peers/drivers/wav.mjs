import { readFile } from 'node:fs/promises';

const HEADER_BYTES = 44; // of the files that ../audio.mjs writes

/**
 * The samples of a 16 kHz mono s16 WAV file, 1 being full scale.
 *
 * @param {string} path
 */
export async function readSamples(path) {
  const wav = await readFile(path);
  const samples = new Float32Array((wav.length - HEADER_BYTES) / 2);
  for (let at = 0; at < samples.length; at += 1) samples[at] = wav.readInt16LE(HEADER_BYTES + 2 * at) / 32_768;
  return samples;
}
