import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SHARED = new URL('../../shared/data/clips/', import.meta.url);
const BUNDLED = new URL('../test/fixtures/', import.meta.url);
const BUNDLED_MANIFEST = new URL('bundled-clips.json', import.meta.url);
const SHORT_SECONDS = 11;

/**
 * Speech with a text that is known to be right.
 *
 * @typedef {object} Clip
 * @property {string} id
 * @property {string} path
 * @property {string} language two-letter code
 * @property {string} reference
 * @property {number} seconds
 */

/**
 * @typedef {object} ClipSet
 * @property {string} origin one line for the result
 * @property {readonly Clip[]} clips in the manifest's order
 * @property {string | undefined} noSpeech path of a recording without speech, where there is one
 */

/**
 * The development clips where they are checked out beside the project, otherwise the few that are bundled.
 *
 * @returns {ClipSet}
 */
export function readClips() {
  const shared = existsSync(new URL('manifest.json', SHARED));
  const folder = shared ? SHARED : BUNDLED;
  /** @type {{ clips: { id: string, file: string, language: string, reference: string }[] }} */
  const manifest = JSON.parse(readFileSync(shared ? new URL('manifest.json', SHARED) : BUNDLED_MANIFEST, 'utf8'));
  const clips = manifest.clips.map(({ id, file, language, reference }) => {
    const path = fileURLToPath(new URL(file, folder));
    return { id, path, language, reference, seconds: wavSeconds(readFileSync(path)) };
  });
  const noSpeech = fileURLToPath(new URL('no_speech.wav', folder));
  return {
    origin: shared
      ? `the ${clips.length} clips of the development set`
      : `ONLY the ${clips.length} bundled clips: the development set is not here, so figures differ from published ones`,
    clips,
    noSpeech: existsSync(noSpeech) ? noSpeech : undefined,
  };
}

/**
 * @param {ClipSet} set
 * @returns {Clip[]}
 */
export function englishClips(set) {
  return set.clips.filter((clip) => clip.language === 'en');
}

/**
 * The English clips that fit one short chunk.
 *
 * @param {ClipSet} set
 * @returns {Clip[]}
 */
export function shortEnglishClips(set) {
  return englishClips(set).filter((clip) => clip.seconds <= SHORT_SECONDS);
}

/**
 * @param {ClipSet} set
 * @param {string} id
 * @returns {Clip}
 */
export function clipNamed(set, id) {
  const clip = set.clips.find((candidate) => candidate.id === id);
  if (!clip) throw new Error(`There is no clip named ${id}.`);
  return clip;
}

/** @param {readonly Clip[]} clips */
export function totalSeconds(clips) {
  return clips.reduce((sum, clip) => sum + clip.seconds, 0);
}

/** @param {Buffer} wav */
function wavSeconds(wav) {
  let bytesPerSecond = 0;
  for (let at = 12; at + 8 <= wav.length; ) {
    const id = wav.toString('latin1', at, at + 4);
    const size = wav.readUInt32LE(at + 4);
    if (id === 'fmt ') bytesPerSecond = wav.readUInt32LE(at + 16);
    if (id === 'data') return Math.min(size, wav.length - at - 8) / bytesPerSecond;
    at += 8 + size + (size % 2);
  }
  throw new Error('The clip is not a WAV file.');
}
