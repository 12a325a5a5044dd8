import os from 'node:os';
import { createEngine } from '../../dist/index.js';
import { englishClips } from '../clips.mjs';
import { runLevel } from '../live/level.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { levelTables, nameOf } from '../live/tables.mjs';
import { shortcoming } from '../live/verdict.mjs';
import { atMost, exactly, figure, missing } from '../result.mjs';
import { seededRandom } from '../spread.mjs';

const LOADS = /** @type {const} */ ([
  { model: 'tiny.en', perCore: 6 },
  { model: 'base', perCore: 3 },
]);

/**
 * Live sources, as many as are promised for a core. How many there can be is what the benchmark `live` looks for.
 *
 * @param {import('../result.mjs').Run} run
 * @param {{ warmUpSeconds: number, seconds: number }} pace
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureLive({ clips, progress }, pace) {
  const cores = os.availableParallelism();
  const spoken = englishClips(clips).map((clip, at) => readSpokenClip(clip, seededRandom(at)));
  const levels = [];
  for (const { model, perCore } of LOADS) {
    const engine = await createEngine({
      ...{ model, slots: cores, threadsPerSlot: 1, language: 'en' },
      sessionLimit: 100,
      degrade: false,
    });
    try {
      const sources = perCore * cores;
      levels.push(await runLevel({ engine, model, clips: spoken, sources, partials: true, ...pace, progress }));
    } finally {
      await engine.close({ force: true });
    }
  }
  return {
    figures: levels.flatMap(figuresOf),
    tables: levelTables(levels),
    notes: [
      `Live: sources at real time with partials for ${pace.seconds} s after ${pace.warmUpSeconds} s, ${cores} slots of one thread, the ladder off. Latency is from the end of the speech, by the engine's clock or as the bench wrote it, whichever says more.`,
    ],
  };
}

/**
 * @param {import('../live/level.mjs').Level} level
 * @returns {import('../result.mjs').Figure[]}
 */
function figuresOf(level) {
  const name = nameOf(level);
  const { finals, partialTexts, loopMs } = level;
  if (finals.count === 0) return [missing(`final latency, ${name}`, shortcoming(level) ?? 'there were no finals')];
  const lost = Object.entries(level.gaps).filter(([reason]) => reason !== 'suppressed');
  return [
    figure(`final latency p50, ${name}`, 's', Math.max(finals.engine.p50, finals.written.p50)),
    figure(`final latency p95, ${name}`, 's', Math.max(finals.engine.p95, finals.written.p95), atMost(2)),
    partialTexts.count > 0
      ? figure(`partial latency p50, ${name}`, 's', Math.max(partialTexts.engine.p50, partialTexts.loud.p50))
      : missing(`partial latency p50, ${name}`, 'there were no partials'),
    figure(`gaps and refused frames, ${name}`, 'count', lost.length + level.refused, exactly(0)),
    figure(
      `ledger, samples off balance, ${name}`,
      'samples',
      Math.max(level.imbalance, level.endImbalance, level.endUnsettled),
      exactly(0),
    ),
    figure(`event-loop delay p99, ${name}`, 'ms', loopMs.p99, atMost(20)),
  ];
}
