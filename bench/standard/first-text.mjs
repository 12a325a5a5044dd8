import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODELS } from '../models.mjs';
import { prepareAudio } from '../peers/audio.mjs';
import { startResident } from '../resident.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';

const MOST_SECONDS = { 'tiny.en': atMost(1.2), base: undefined };
const CHILD = fileURLToPath(new URL('../children/one-request.mjs', import.meta.url));

/**
 * From the start of a process to the text of its first clip.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} starts of each model
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureFirstText({ clips, progress }, starts) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-first-text-'));
  try {
    const { cold } = await prepareAudio(clips, folder, 1);
    const figures = [];
    for (const model of MODELS) {
      progress(`${model}: ${starts} cold processes`);
      // One more, before which the files need not be in memory.
      await secondsToText(model, cold.path);
      const seconds = [];
      for (let start = 0; start < starts; start += 1) seconds.push(await secondsToText(model, cold.path));
      const spread = spreadOf(seconds);
      const name = `first text of a cold process, ${cold.seconds} s clip, ${model}`;
      figures.push(figure(name, 's', spread.median, MOST_SECONDS[model], spread));
    }
    return {
      figures,
      tables: [],
      notes: [
        'First text: a new Node process each time that makes an engine of one slot of one thread and transcribes some seconds of the 11 s clip; from its start to its text. The weights are in the page cache, and their check is remembered from the process before.',
      ],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {import('../models.mjs').ModelName} model
 * @param {string} path
 */
async function secondsToText(model, path) {
  const startMs = performance.now();
  const child = startResident(process.execPath, [CHILD, model, '1', path]);
  const text = await child.ask('');
  const seconds = (performance.now() - startMs) / 1000;
  await child.close();
  if (text === '') throw new Error('The process heard nothing.');
  return seconds;
}
