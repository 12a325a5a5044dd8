import { englishClips } from '../clips.mjs';
import { canLookAtProcesses } from '../processes.mjs';
import { missing } from '../result.mjs';
import { findings } from '../soak/findings.mjs';
import { soak } from '../soak/soak.mjs';

const MINUTES = 20;
const QUICK_MINUTES = 2.5;

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
  return findings(await soak({ ...options, clips: englishClips(clips), progress }));
}
