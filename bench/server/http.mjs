import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from '../../dist/server/index.js';
import { englishClips } from '../clips.mjs';
import { atMost, figure } from '../result.mjs';
import { interleaved, spreadOf, timed } from '../spread.mjs';
import { upload } from './upload.mjs';
import { thirtySeconds } from './wav.mjs';

/**
 * A transcription over HTTP against the same by `engine.transcribe`, by turns.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureHttp({ clips, quick, progress }) {
  const model = 'tiny.en';
  const folder = await mkdtemp(join(tmpdir(), 'whisperpool-bench-'));
  const path = join(folder, 'clip.wav');
  await writeFile(path, thirtySeconds(englishClips(clips).map((clip) => clip.path)));
  const options = { model, slots: 1, threadsPerSlot: 1, language: 'en' };
  const server = await createServer({ port: 0, page: false, engine: options });
  try {
    const straight = async () => (await server.engine.transcribe(path)).text;
    if ((await straight()) !== (await upload(server.url, path))) throw new Error('The texts differ.');
    const pairs = await interleaved({
      a: () => timed(() => upload(server.url, path)),
      b: () => timed(straight),
      rounds: quick ? 3 : 61,
      progress,
    });
    const ratios = spreadOf(pairs.map(({ a, b }) => a / b));
    const extra = spreadOf(pairs.map(({ a, b }) => 1000 * (a - b)));
    const row = [
      model,
      spreadOf(pairs.map(({ a }) => a)).median,
      spreadOf(pairs.map(({ b }) => b)).median,
      extra.median,
    ];
    return {
      figures: [figure(`HTTP / engine.transcribe, 30 s clip, ${model}`, 'ratio', ratios.median, atMost(1.02), ratios)],
      tables: [
        { title: 'One upload of 30 s, medians', columns: ['model', 'HTTP s', 'engine s', 'HTTP adds ms'], rows: [row] },
      ],
      notes: [
        'HTTP: the client sends a WAV of 30 s (0.96 MB) from disk as multipart/form-data over loopback; client and server share one process, so that what the client costs counts, too. One slot of one thread; the same engine serves both ways, by turns.',
      ],
    };
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}
