import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fasterWhisper } from '../../dist/provider/adapters/adapters.js';
import { openEncoded } from '../../dist/provider/audio-reader.js';
import { plainChunk } from '../../dist/provider/plain-chunk.js';
import { textOf } from '../../dist/transcript/text-of.js';
import { adapterPython } from '../../scripts/setup/adapter-environment.mjs';
import { englishClips } from '../clips.mjs';
import { installFasterWhisper, modelFolder } from '../peers/faster-whisper.mjs';
import { startResident } from '../resident.mjs';
import { atMost, figure, missing } from '../result.mjs';
import { spreadOf, timed } from '../spread.mjs';

const DIRECT = fileURLToPath(new URL('direct_faster_whisper.py', import.meta.url));
const NAME = 'time, faster-whisper through its adapter / called from Python';
const CHUNK_SECONDS = 8;
const RATE = 16_000;

/** @typedef {{ path: string, pcm: Float32Array }} Piece */

/**
 * What the adapter's process, pipe and protocol cost: the same chunks through it and from Python, in turn.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureFasterWhisperAdapter({ clips, quick, progress }) {
  try {
    await installFasterWhisper(['tiny.en'], progress);
  } catch (error) {
    return { figures: [missing(NAME, String(error))], tables: [], notes: [] };
  }
  const folder = await mkdtemp(join(tmpdir(), 'bench-providers-'));
  const model = modelFolder('tiny.en');
  const direct = startResident(adapterPython('faster-whisper'), ['-B', DIRECT, model, '1']);
  const provider = fasterWhisper({ python: adapterPython('faster-whisper'), model, threads: 1 });
  const recognizer = await provider.open({ slots: 1, threadsPerSlot: 1 });
  /** @param {Piece} piece */
  const throughAdapter = async ({ pcm }) => {
    let text = '';
    const seconds = await timed(async () => {
      const { recognition } = await recognizer.decode(plainChunk(pcm)).outcome;
      text = textOf(recognition.segments);
    });
    return { seconds, text };
  };
  /** @param {Piece} piece @returns {Promise<{ seconds: number, text: string }>} */
  const fromPython = async ({ path }) => JSON.parse(await direct.ask(path));

  try {
    const pieces = await piecesOf(englishClips(clips).slice(0, quick ? 3 : 8), folder);
    let different = 0;
    const ratios = [];
    for (let round = 0; round <= (quick ? 3 : 8); round += 1) {
      let [ours, theirs] = [0, 0];
      for (const [at, piece] of pieces.entries()) {
        const isOursFirst = (round + at) % 2 === 0;
        const first = await (isOursFirst ? throughAdapter : fromPython)(piece);
        const second = await (isOursFirst ? fromPython : throughAdapter)(piece);
        ours += (isOursFirst ? first : second).seconds;
        theirs += (isOursFirst ? second : first).seconds;
        if (first.text !== second.text) different += 1;
      }
      // The first round only warms both.
      if (round > 0) ratios.push(ours / theirs);
      progress(`faster-whisper's adapter: round ${round}`);
    }
    const spread = spreadOf(ratios);
    return {
      figures: [figure(NAME, 'ratio', spread.median, atMost(1.03), spread)],
      tables: [],
      notes: [
        `faster-whisper, tiny.en int8, one thread, ${pieces.length} chunks of up to ${CHUNK_SECONDS} s, each way in turn; texts that differ: ${different}. Of the adapter: from \`decode\` to its outcome in Node; of Python: its own clock around \`transcribe\` and the whole generator, samples in memory.`,
      ],
    };
  } finally {
    await recognizer.close();
    await direct.close();
    await rm(folder, { recursive: true });
  }
}

/**
 * The beginning of each clip, in memory and as a file.
 *
 * @param {readonly import('../clips.mjs').Clip[]} clips
 * @param {string} folder
 * @returns {Promise<Piece[]>}
 */
async function piecesOf(clips, folder) {
  const pieces = [];
  for (const { id, path: clipPath } of clips) {
    const block = new Float32Array(CHUNK_SECONDS * RATE);
    const reader = openEncoded(clipPath);
    const pcm = block.subarray(0, await reader.read(block));
    reader.close();
    const path = join(folder, `${id}.f32`);
    await writeFile(path, pcm);
    pieces.push({ path, pcm });
  }
  return pieces;
}
