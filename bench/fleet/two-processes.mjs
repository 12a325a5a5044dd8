import { englishClips } from '../clips.mjs';
import { atLeast, figure, missing } from '../result.mjs';
import { interleaved, quantile, seededRandom, spreadOf } from '../spread.mjs';
import { withRedis } from './redis.mjs';
import { cutShortClips } from './short-clips.mjs';
import { WorkerProcess } from './worker-process.mjs';

const FULL = { rounds: 7, jobs: 100 };
const QUICK = { rounds: 1, jobs: 30 };

/**
 * A second worker process on the same machine.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureTwoProcesses(run) {
  const findings = await withRedis((ground) => measure(run, ground));
  return (
    findings ?? { figures: [missing('2 worker processes / 1', 'redis-server is not installed')], tables: [], notes: [] }
  );
}

/**
 * @param {import('../result.mjs').Run} run
 * @param {import('./redis.mjs').Ground} ground
 * @returns {Promise<import('../result.mjs').Findings>}
 */
async function measure({ clips, quick, progress }, { redis, folder, queue }) {
  const { rounds, jobs } = quick ? QUICK : FULL;
  const random = seededRandom(2);
  const uris = await cutShortClips({ clips: englishClips(clips), count: jobs, folder, random });
  let turn = 0;
  /** @param {number} processes */
  const secondsWith = async (processes) => {
    turn += 1;
    const options = { redis, fetch: { allowedFolders: [folder], folder } };
    const fleet = Array.from({ length: processes }, () => new WorkerProcess(options, () => undefined));
    try {
      await Promise.all(fleet.map(({ ready }) => ready));
      const startMs = performance.now();
      const orders = uris.map((uri, index) => ({ uri, language: 'en', identity: `${turn}.${index}` }));
      const enqueued = await queue.enqueueAll(orders);
      await Promise.all(enqueued.map((job) => job.result()));
      return (performance.now() - startMs) / 1000;
    } finally {
      await Promise.all(fleet.map((worker) => worker.kill()));
    }
  };
  const pairs = await interleaved({ a: () => secondsWith(1), b: () => secondsWith(2), rounds, progress });
  const ratios = pairs.map(({ a, b }) => a / b);
  return {
    figures: [
      figure('2 worker processes / 1, jobs a second', 'ratio', quantile(ratios, 0.5), atLeast(1.8), spreadOf(ratios)),
    ],
    tables: [
      {
        title: 'A second worker process',
        columns: ['jobs', 'one process s', 'two processes s'],
        rows: pairs.map(({ a, b }) => [jobs, a, b]),
      },
    ],
    notes: [
      'tiny.en q8_0, one slot of one thread a process, clips of 1 to 3 s. The time is from the first job that is enqueued to the last result that the client has; the processes are started before.',
    ],
  };
}
