import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wavHeader } from '../wav-header.mjs';

const BYTES_PER_SECOND = 32_000;

/**
 * Cuts `count` clips of 1 to 3 s out of longer ones; no two are the same.
 *
 * @param {object} options
 * @param {readonly import('../clips.mjs').Clip[]} options.clips 16 kHz mono wav files
 * @param {number} options.count
 * @param {string} options.folder
 * @param {() => number} options.random
 * @returns {Promise<string[]>} their URIs
 */
export async function cutShortClips({ clips, count, folder, random }) {
  const speech = clips.map(({ path }) => pcmOf(readFileSync(path))).filter((pcm) => pcm.length > 4 * BYTES_PER_SECOND);
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const pcm = speech[index % speech.length] ?? Buffer.alloc(0);
      const bytes = even((1 + 2 * random()) * BYTES_PER_SECOND);
      const from = even(random() * (pcm.length - bytes));
      const path = join(folder, `${index}.wav`);
      await writeFile(path, wavOf(pcm.subarray(from, from + bytes)));
      return pathToFileURL(path).href;
    }),
  );
}

/** @param {number} bytes */
function even(bytes) {
  return 2 * Math.floor(bytes / 2);
}

/** @param {Buffer} wav */
function pcmOf(wav) {
  return wav.subarray(wav.indexOf('data') + 8);
}

/** @param {Buffer} pcm */
function wavOf(pcm) {
  return Buffer.concat([wavHeader(pcm.length), pcm]);
}
