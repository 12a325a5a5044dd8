import { readWav } from '../wav-file.mjs';

/** 100 ms, about as often as a browser sends. */
const STEPS_PER_SECOND = 10;
export const stepMs = 1000 / STEPS_PER_SECOND;
const PAUSE_SECONDS = 1;
const FILES = ['jfk.wav', 'leopard_en.wav', 'harvard_8k.wav'];

/**
 * Speech that can be said again and again: whole steps, a pause at the end.
 *
 * @typedef {object} Clip
 * @property {import('../../dist/index.js').LiveFormat} format
 * @property {readonly Uint8Array[]} steps
 */

/** The bundled English clips. @returns {Promise<readonly Clip[]>} */
export function readClips() {
  return Promise.all(
    FILES.map(async (name) => {
      const { format, bytes } = await readWav(new URL(`../../test/fixtures/${name}`, import.meta.url));
      const stepBytes = (2 * format.channels * format.sampleRate) / STEPS_PER_SECOND;
      const count = Math.ceil(bytes.length / stepBytes) + PAUSE_SECONDS * STEPS_PER_SECOND;
      const padded = Buffer.concat([bytes], count * stepBytes);
      const steps = Array.from({ length: count }, (_, at) => padded.subarray(at * stepBytes, (at + 1) * stepBytes));
      return { format, steps };
    }),
  );
}
