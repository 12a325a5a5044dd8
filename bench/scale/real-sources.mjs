import { createEngine, recordedMachine } from '../../dist/index.js';
import { englishClips } from '../clips.mjs';
import { runLevel } from '../live/level.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { levelTables } from '../live/tables.mjs';
import { shortcoming } from '../live/verdict.mjs';
import { linePlot } from '../plot.mjs';
import { figure } from '../result.mjs';
import { seededRandom } from '../spread.mjs';

const MODEL = 'base';
const SLOTS = 2;
/** Beyond 20, to see what gives way. */
const FULL = { levels: [1, 4, 8, 12, 16, 20, 26], warmUpSeconds: 8, seconds: 25 };
const QUICK = { levels: [2, 12], warmUpSeconds: 3, seconds: 8 };

/**
 * Live sources that are decoded, and the machine as its decodes show it.
 *
 * @param {import('../result.mjs').Run} run
 */
export async function measureRealSources({ clips, quick, progress }) {
  const { levels, warmUpSeconds, seconds } = quick ? QUICK : FULL;
  const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
  const engine = await createEngine({
    model: MODEL,
    slots: SLOTS,
    threadsPerSlot: 1,
    language: 'en',
    sessionLimit: 100,
    degradeDryRun: true,
  });
  /** @type {import('../live/level.mjs').Level[]} */
  const measured = [];
  const recording = engine.record();
  try {
    for (const sources of levels) {
      measured.push(
        await runLevel({
          engine,
          model: MODEL,
          clips: spoken,
          sources,
          partials: true,
          warmUpSeconds,
          seconds,
          progress,
        }),
      );
    }
  } finally {
    await engine.close({ force: true });
  }
  const machine = recordedMachine(recording.stop());
  if (!machine) throw new Error('The recording has no machine in it.');
  const curve = (/** @type {(level: import('../live/level.mjs').Level) => number} */ value) =>
    measured.map((level) => /** @type {const} */ ([level.sources, value(level)]));
  const served = measured.filter((level) => !shortcoming(level)).at(-1);
  const full = measured.find(({ slotsBusy }) => slotsBusy > 0.95 * SLOTS);
  return {
    machine,
    served: served && { sources: served.sources, speechShare: served.speechShare },
    plots: {
      'real-latency': linePlot({
        title: `From the end of speech to its final, ${MODEL}, ${SLOTS} slots`,
        x: { label: 'live sources that speak most of the time' },
        y: { label: 's' },
        series: [
          { name: 'p95', points: curve(({ finals }) => finals.engine.p95) },
          { name: 'median', points: curve(({ finals }) => finals.engine.p50) },
          { name: 'partials, median', points: curve(({ partialTexts }) => partialTexts.engine.p50) },
        ],
      }),
      'real-cores': linePlot({
        title: `What live sources use, ${MODEL}, ${SLOTS} slots`,
        x: { label: 'live sources that speak most of the time' },
        y: { label: 'cores; slots' },
        series: [
          { name: 'cores of the process', points: curve(({ cpuCores }) => cpuCores) },
          { name: 'slots busy', points: curve(({ slotsBusy }) => slotsBusy) },
        ],
      }),
    },
    findings: {
      figures: [figure(`live sources served in time of those tried, ${MODEL}`, 'count', served?.sources ?? 0)],
      tables: levelTables(measured).map((table) => ({ ...table, title: `Real sources: ${table.title}` })),
      notes: [
        `Real sources: as \`live\` does it, with ${SLOTS} slots of one thread, ${seconds} s a level after ${warmUpSeconds} s; speech is said to be in time with p95 of finals ≤ 2 s. ${
          full
            ? `From ${full.sources} sources on both slots are busy all the time: partial texts take what finals leave, so that cores stop growing there, and latency begins to.`
            : 'The slots were never busy all the time.'
        }`,
      ],
    },
  };
}
