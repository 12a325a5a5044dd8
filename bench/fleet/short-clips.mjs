import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

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
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + pcm.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(BYTES_PER_SECOND, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm]);
}
