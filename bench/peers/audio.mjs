import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEncoded } from '../../dist/provider/audio-reader.js';
import { clipNamed, englishClips } from '../clips.mjs';
import { WAV_HEADER_BYTES, wavHeader } from '../wav-header.mjs';

const RATE = 16_000;
const COLD_SECONDS = 8;
const GAP_SECONDS = 0.6;
/** As many as are decoded at once; short, because some peers need half a minute for each. */
const SPEED_CLIPS = 4;
const SHORTEST_SECONDS = 5;
const LONGEST_SECONDS = 11;

/**
 * What every peer hears: 16 kHz mono WAV files of the same samples.
 *
 * @typedef {object} Audio
 * @property {Spoken} cold the first 8 s of the 11 s clip
 * @property {readonly Spoken[]} speed clips of 5 to 11 s
 * @property {readonly Spoken[]} english all English clips
 * @property {Spoken} long all of them one after the other, some times
 */

/** @typedef {{ path: string, seconds: number, reference: string }} Spoken */

/**
 * @param {import('../clips.mjs').ClipSet} clips
 * @param {string} folder
 * @param {number} repeats of the set, for the long file
 * @returns {Promise<Audio>}
 */
export async function prepareAudio(clips, folder, repeats) {
  /** @param {string} name @param {Float32Array} pcm @param {string} reference @returns {Promise<Spoken>} */
  const write = async (name, pcm, reference) => {
    const path = join(folder, `${name}.wav`);
    await writeFile(path, wavOf(pcm));
    return { path, seconds: pcm.length / RATE, reference };
  };
  const chosen = englishClips(clips);
  const samples = await Promise.all(chosen.map(({ path }) => readAll(path)));
  const english = await Promise.all(
    chosen.map(({ id, reference }, at) => write(id, samples[at] ?? new Float32Array(0), reference)),
  );
  const jfk = clipNamed(clips, 'jfk');
  const cold = (await readAll(jfk.path)).subarray(0, COLD_SECONDS * RATE);
  const gap = new Float32Array(GAP_SECONDS * RATE);
  const once = samples.flatMap((pcm) => [pcm, gap]);
  const long = joined(Array.from({ length: repeats }, () => once).flat());
  const said = chosen.map(({ reference }) => reference).join(' ');
  return {
    cold: await write('cold', cold, ''),
    english,
    speed: english
      .filter(({ seconds }) => seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS)
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, SPEED_CLIPS),
    long: await write('long', long, Array.from({ length: repeats }, () => said).join(' ')),
  };
}

/** @param {string} path */
async function readAll(path) {
  const reader = openEncoded(path);
  const blocks = [];
  try {
    for (;;) {
      const block = new Float32Array(60 * RATE);
      const length = await reader.read(block);
      if (length === 0) return joined(blocks);
      blocks.push(block.subarray(0, length));
    }
  } finally {
    reader.close();
  }
}

/** @param {readonly Float32Array[]} parts */
function joined(parts) {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Float32Array} pcm */
function wavOf(pcm) {
  const wav = Buffer.concat([wavHeader(2 * pcm.length)], WAV_HEADER_BYTES + 2 * pcm.length);
  pcm.forEach((sample, at) => {
    wav.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(32_768 * sample))), WAV_HEADER_BYTES + 2 * at);
  });
  return wav;
}
