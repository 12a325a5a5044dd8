import os from 'node:os';
import { englishClips } from '../clips.mjs';
import { carriedSources } from '../ladder/capacity.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { canLookAtProcesses } from '../processes.mjs';
import { missing } from '../result.mjs';
import { findings } from '../soak/findings.mjs';
import { FIRST_MODEL, soak } from '../soak/soak.mjs';
import { seededRandom } from '../spread.mjs';

const MINUTES = 20;
const QUICK_MINUTES = 2.5;
/** A burst is as many times what the machine carries. */
const OVERLOAD = 2;
const PROBE_SECONDS = 14;
const FIRST_SOURCES_A_CORE = 8;

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Soak: everything at once for a long time',
  measure: (run) =>
    measureSoak(run, {
      seconds: 60 * (run.quick ? QUICK_MINUTES : MINUTES),
      seed: 1,
      isolation: 'process',
      signal: new AbortController().signal,
    }),
};

/**
 * @param {Pick<import('../result.mjs').Run, 'clips' | 'progress'>} run
 * @param {Pick<import('../soak/soak.mjs').SoakOptions, 'seconds' | 'seed' | 'isolation' | 'signal'>} options
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureSoak({ clips, progress }, options) {
  if (!canLookAtProcesses) {
    return { figures: [missing('a soak', 'processes can only be looked at on Linux')], tables: [], notes: [] };
  }
  const english = englishClips(clips);
  const { carried } = await carriedSources({
    engineOptions: { model: FIRST_MODEL, isolation: options.isolation, language: 'en', sessionLimit: 100 },
    clips: english.map((clip, i) => readSpokenClip(clip, seededRandom(i))),
    sources: FIRST_SOURCES_A_CORE * os.availableParallelism(),
    seconds: PROBE_SECONDS,
    progress,
  });
  return findings(await soak({ ...options, clips: english, burstSources: Math.round(OVERLOAD * carried), progress }));
}
