import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runChild } from '../children/child.mjs';
import { clipNamed } from '../clips.mjs';
import { modelPath, vadPath } from '../models.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';

const SLOTS = 4;
const COPIES = new URL('../../build/bench-model-copies/', import.meta.url);

/** @typedef {{ warmed: number, now: number, peak: number }} Resident MiB */

/**
 * Slots over one context against a context each.
 *
 * @param {import('../result.mjs').Run} run
 * @param {number} [rounds]
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSharing({ clips, quick, progress }, rounds = quick ? 1 : 5) {
  const file = clipNamed(clips, 'jfk').path;
  const model = modelPath('base');
  /** @type {Record<'engine' | 'bare' | 'separate', Resident[]>} */
  const measured = { engine: [], bare: [], separate: [] };
  const copies = await copyModel(model);
  try {
    for (let round = 0; round < rounds; round += 1) {
      progress(`${SLOTS} slots, ${SLOTS} workers over one context and over ${SLOTS}: round ${round + 1} of ${rounds}`);
      const engine = await runChild('slots-memory.mjs', ['base', String(SLOTS), file]);
      measured.engine.push(/** @type {Resident} */ (engine));
      measured.bare.push(await bareWorkers(file, Array(SLOTS).fill(model), 1));
      measured.separate.push(await bareWorkers(file, copies, SLOTS));
    }
  } finally {
    await rm(COPIES, { recursive: true, force: true });
  }

  const ratios = (/** @type {'warmed' | 'now'} */ when) =>
    spreadOf(measured.engine.map((engine, round) => engine[when] / (measured.separate[round]?.[when] ?? Number.NaN)));
  const [warmed, decoded] = [ratios('warmed'), ratios('now')];
  const row = (/** @type {string} */ name, /** @type {readonly Resident[]} */ processes) => [
    name,
    spreadOf(processes.map((process) => process.warmed)).median,
    spreadOf(processes.map(({ now }) => now)).median,
    spreadOf(processes.map(({ peak }) => peak)).median,
  ];
  const name = `RSS, ${SLOTS} warmed slots / ${SLOTS} separate contexts, base q8_0`;
  return {
    figures: [
      figure(`${name}, before the first request`, 'ratio', warmed.median, atMost(0.6), warmed),
      figure(`${name}, after decoding on all four`, 'ratio', decoded.median, atMost(0.6), decoded),
    ],
    tables: [
      {
        title: 'Sharing, MiB, base q8_0',
        columns: ['process', 'RSS warmed', 'RSS after decoding', 'peak'],
        rows: [
          row(`the engine: ${SLOTS} slots, one context`, measured.engine),
          row(`bare workers: ${SLOTS} threads, one context`, measured.bare),
          row(`bare workers: ${SLOTS} threads, ${SLOTS} contexts`, measured.separate),
        ],
      },
    ],
    notes: [
      `Sharing: each process is new, reads its RSS when all ${SLOTS} are warm, decodes the 11 s clip twice on all of them at once and reads it again; medians. The figures are the first row over the last. Separate contexts are had by giving each bare worker a copy of the model file, because the addon shares what is the same file.`,
    ],
  };
}

/**
 * @param {string} file
 * @param {readonly string[]} models
 * @param {number} reads that this must take, or it is not what is being measured
 * @returns {Promise<Resident>}
 */
async function bareWorkers(file, models, reads) {
  const parameters = [vadPath(), file, ...models];
  const measured = /** @type {Resident & { weightsRead: number }} */ (
    await runChild('contexts-memory.mjs', parameters)
  );
  if (measured.weightsRead !== reads) throw new Error(`Weights were read ${measured.weightsRead} times, not ${reads}.`);
  return measured;
}

/**
 * @param {string} model
 * @returns {Promise<string[]>} paths that are not the same file to the addon
 */
async function copyModel(model) {
  await mkdir(COPIES, { recursive: true });
  return Promise.all(
    Array.from({ length: SLOTS }, async (_, i) => {
      const copy = fileURLToPath(new URL(`copy-${i}.bin`, COPIES));
      await rm(copy, { force: true });
      await link(model, copy).catch(() => copyFile(model, copy));
      return copy;
    }),
  );
}
