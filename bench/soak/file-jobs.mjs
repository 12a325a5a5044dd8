import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SAMPLE_RATE } from '../live/spoken-clip.mjs';

/** @typedef {import('./soak.mjs').World} World */
/** @typedef {import('../live/spoken-clip.mjs').SpokenClip} SpokenClip */

const LONG_FILE_SECONDS = 150;
const LONG_FILE = 'long file';
/** More of them at once would only wait for each other. */
const MOST_FILES = 6;

/**
 * @param {import('./schedule.mjs').FileJob} job
 * @param {World} world
 */
export async function transcribeFile(job, { engine, clips, outcomes }) {
  const what = `file, ${job.ending === 'whole' ? 'whole' : `with ${job.ending}`}`;
  if (outcomes.pending.filter((each) => each.startsWith('file, ')).length >= MOST_FILES) {
    outcomes.count(what, 'left out');
    return;
  }
  const clip = /** @type {SpokenClip} */ (clips[Math.floor(job.clip * clips.length)]);
  const input = await inputOf(clip, job.form);
  switch (job.ending) {
    case 'whole': {
      const transcript = await outcomes.follow(what, engine.transcribe(input));
      if (transcript?.text.trim() === '') outcomes.surprise(`${clip.clip.id} gave no text`);
      break;
    }
    case 'abort': {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), 1000 * job.afterSeconds);
      await outcomes.follow(what, engine.transcribe(input, { signal: controller.signal }), ['done', 'ABORTED']);
      clearTimeout(timer);
      break;
    }
    case 'deadline': {
      const deadlineSeconds = Math.max(0.05, job.afterSeconds);
      await outcomes.follow(what, engine.transcribe(input, { deadlineSeconds }), ['done', 'DEADLINE_EXCEEDED']);
      break;
    }
  }
}

/** @param {World} world */
export async function transcribeLongFile({ engine, longSamples, outcomes, closing }) {
  if (outcomes.pendingOf(LONG_FILE) > 0) {
    outcomes.count(LONG_FILE, 'left out');
    return;
  }
  // It takes minutes where much else goes on: at the end of the run it is given up.
  const input = { samples: longSamples, sampleRate: SAMPLE_RATE };
  const ends = outcomes.follow(LONG_FILE, engine.transcribe(input, { signal: closing }), ['done', 'ABORTED']);
  const transcript = await ends;
  if (transcript?.text.trim() === '') outcomes.surprise('the long file gave no text');
}

/**
 * Clips one after the other, again and again.
 *
 * @param {readonly SpokenClip[]} clips
 */
export function longRecording(clips) {
  const round = Buffer.concat(clips.map(({ bytes }) => bytes));
  const samples = new Int16Array(LONG_FILE_SECONDS * SAMPLE_RATE);
  for (let at = 0; at < samples.length; at += 1) samples[at] = round.readInt16LE((2 * at) % round.length);
  return samples;
}

/**
 * @param {SpokenClip} clip
 * @param {import('./schedule.mjs').FileJob['form']} form
 * @returns {Promise<import('../../dist/index.js').AudioInput>}
 */
async function inputOf({ clip, bytes }, form) {
  if (form === 'path') return clip.path;
  if (form === 'bytes') return await readFile(clip.path);
  if (form === 'stream') return createReadStream(clip.path);
  const samples = Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at));
  return { samples, sampleRate: SAMPLE_RATE };
}
