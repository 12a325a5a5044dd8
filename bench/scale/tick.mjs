import { englishClips } from '../clips.mjs';
import { measureTick } from '../ladder/tick.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { linePlot } from '../plot.mjs';
import { figure } from '../result.mjs';
import { seededRandom } from '../spread.mjs';
import { growthOf } from './bend.mjs';
import { growthText } from './growth-text.mjs';
import { ScriptedProvider } from './scripted-provider.mjs';

const FULL = [10, 50, 100, 200, 350, 500];
const QUICK = [10, 100];

/**
 * What the ladder's look at all sources takes, once a second.
 *
 * @param {import('../result.mjs').Run} run
 */
export async function measureTicks({ clips, quick, progress }) {
  const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
  const rows = [];
  for (const sources of quick ? QUICK : FULL) {
    progress(`ladder: a tick with ${sources} sources`);
    /** @type {import('../../dist/index.js').EngineOptions} */
    const engineOptions = {
      model: 'tiny.en',
      slots: 2,
      threadsPerSlot: 1,
      language: 'en',
      sessionLimit: 1000,
      providers: [new ScriptedProvider(0.01), 'whisper-cpp'],
    };
    rows.push(await measureTick({ engineOptions, clips: spoken, sources }));
  }
  const last = rows.at(-1);
  const growth = growthOf(rows.map(({ sources, p50 }) => [sources, p50]));
  return {
    plots: {
      tick: linePlot({
        title: 'A tick of the ladder, once a second',
        x: { label: 'live sources' },
        y: { label: 'ms of the main thread' },
        series: [
          { name: 'p99', points: rows.map(({ sources, p99 }) => [sources, p99]) },
          { name: 'median', points: rows.map(({ sources, p50 }) => [sources, p50]) },
        ],
      }),
    },
    findings: {
      figures: last ? [figure(`a tick of the ladder with ${last.sources} sources, median`, 'ms', last.p50)] : [],
      tables: [
        {
          title: 'A tick of the ladder, ms',
          columns: ['sources', 'mean', 'p50', 'p99', 'maximum'],
          rows: rows.map(({ sources, mean, p50, p99, maximum }) => [sources, mean, p50, p99, maximum]),
        },
      ],
      notes: [
        `Tick: as \`ladder\` measures it, with decodes and time scripted. Its median ${growthText(growth, 'source')}.`,
      ],
    },
  };
}
