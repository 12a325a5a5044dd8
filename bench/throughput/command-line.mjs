import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { createEngine } from '../../dist/index.js';
import { clipNamed } from '../clips.mjs';
import { runCommand } from '../command.mjs';
import { installWhisperCpp, runWhisperCli } from '../peers/whisper-cpp.mjs';
import { atLeast, figure, missing } from '../result.mjs';
import { interleaved, spreadOf, timed } from '../spread.mjs';

const ONE_REQUEST = fileURLToPath(new URL('../children/one-request.mjs', import.meta.url));
const CLI_THREADS = 4; // whisper-cli's own limit by default

/**
 * A request to a resident engine against a request that starts whisper.cpp's own program.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureCommandLine({ clips, quick, progress }) {
  try {
    await installWhisperCpp(progress);
  } catch (error) {
    return { figures: [missing('latency below spawning whisper-cli', String(error))], tables: [], notes: [] };
  }
  const clip = clipNamed(clips, 'jfk');
  const threads = Math.min(CLI_THREADS, os.availableParallelism());
  const engine = await createEngine({ model: 'base', slots: 1, threadsPerSlot: threads, language: 'en' });
  const warm = () => timed(() => engine.transcribe(clip.path));
  const greedy = ['--beam-size', '1', '--best-of', '1', '--no-fallback'];
  const request = { model: /** @type {const} */ ('base'), clip, threads };
  const contests = [
    { name: 'its defaults, ours warm', target: atLeast(50), cli: [], ours: warm },
    { name: 'greedy like ours, ours warm', target: undefined, cli: greedy, ours: warm },
    {
      name: 'its defaults, ours cold (a new Node process for the one request)',
      target: undefined,
      cli: [],
      ours: () => timed(() => runCommand(process.execPath, [ONE_REQUEST, 'base', String(threads), clip.path])),
    },
  ];
  const figures = [];
  const rows = [];
  try {
    await warm();
    for (const { name, target, cli, ours } of contests) {
      progress(`whisper-cli against ours: ${name}`);
      const pairs = await interleaved({
        a: () => timed(() => runWhisperCli({ ...request, more: cli })),
        b: ours,
        rounds: quick ? 1 : 8,
        progress,
      });
      const lower = spreadOf(pairs.map(({ a, b }) => 100 * (1 - b / a)));
      figures.push(figure(`latency below spawning whisper-cli: ${name}`, '%', lower.median, target, lower));
      rows.push([name, spreadOf(pairs.map(({ a }) => a)).median, spreadOf(pairs.map(({ b }) => b)).median]);
    }
  } finally {
    await engine.close();
  }
  return {
    figures,
    tables: [{ title: 'whisper-cli, 11 s clip, base q8_0', columns: ['contest', 'whisper-cli s', 'ours s'], rows }],
    notes: [
      `whisper-cli: built from the addon's own whisper.cpp source with that project's defaults; a new process each request, ${threads} threads (its default here); its defaults are beam 5 and the full encoder window. Ours: one slot of ${threads} threads.`,
    ],
  };
}
