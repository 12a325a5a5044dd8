import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { englishClips } from '../clips.mjs';
import { exactly, figure, missing } from '../result.mjs';
import { seededRandom } from '../spread.mjs';
import { withRedis } from './redis.mjs';
import { cutShortClips } from './short-clips.mjs';
import { WorkerProcess } from './worker-process.mjs';

const FULL_JOBS = 500;
const QUICK_JOBS = 60;
const KILL_EVERY_MS = 3000;
const WORKERS = 2;
const LOCK_SECONDS = 2;

/**
 * Jobs while workers are killed one after the other: what is lost, and what is done twice.
 *
 * @param {import('../result.mjs').Run} run
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureKilledWorkers(run) {
  const findings = await withRedis((ground) => measure(run, ground));
  return findings ?? { figures: [missing('jobs lost', 'redis-server is not installed')], tables: [], notes: [] };
}

/**
 * @param {import('../result.mjs').Run} run
 * @param {import('./redis.mjs').Ground} ground
 * @returns {Promise<import('../result.mjs').Findings>}
 */
async function measure({ clips, quick, progress }, { redis, folder, queue }) {
  /** @type {Map<string, string[]>} texts of each clip, in the order in which they were decoded */
  const texts = new Map();
  const options = {
    redis,
    fetch: { allowedFolders: [folder], folder },
    lockSeconds: LOCK_SECONDS,
    // Not the jobs' fault.
    lossLimit: 1000,
  };
  const start = () => new WorkerProcess(options, (path, text) => texts.set(path, [...(texts.get(path) ?? []), text]));
  const fleet = Array.from({ length: WORKERS }, start);
  const ending = new AbortController();
  try {
    const count = quick ? QUICK_JOBS : FULL_JOBS;
    const uris = await cutShortClips({ clips: englishClips(clips), count, folder, random: seededRandom(1) });
    await Promise.all(fleet.map(({ ready }) => ready));
    const startMs = performance.now();
    const jobs = await queue.enqueueAll(uris.map((uri) => ({ uri, language: 'en' })));
    const killing = killInTurns(fleet, start, ending.signal);
    const results = await Promise.allSettled(jobs.map((job) => job.result()));
    const seconds = (performance.now() - startMs) / 1000;
    ending.abort();
    const kills = await killing;
    const depth = await queue.depth();

    const done = results.flatMap((result, index) =>
      result.status === 'fulfilled' ? [{ path: fileURLToPath(uris[index] ?? ''), text: result.value.text }] : [],
    );
    const decodes = [...texts.values()];
    const twice = decodes.filter((each) => each.length > 1).length;
    const different = done.filter(({ path, text }) => (texts.get(path) ?? []).some((each) => each !== text)).length;
    progress(`${count} jobs, ${kills} kills, ${twice} decoded twice, ${seconds.toFixed(0)} s`);
    return {
      figures: [
        figure(`${count} jobs, kill -9 every 3 s: jobs lost`, 'count', count - done.length, exactly(0)),
        figure('jobs done twice with different results', 'count', different, exactly(0)),
        figure(
          'jobs left in the queue',
          'count',
          depth.waiting + depth.active + depth.delayed + depth.dead,
          exactly(0),
        ),
      ],
      tables: [
        {
          title: 'Workers killed in turns',
          columns: ['jobs', 'kills', 'decodes', 'jobs decoded more than once', 'seconds'],
          rows: [[count, kills, decodes.reduce((sum, each) => sum + each.length, 0), twice, seconds]],
        },
      ],
      notes: [
        `${WORKERS} worker processes on tiny.en q8_0, one slot of one thread each, and clips of 1 to 3 s. Every 3 s one of them is killed, in turns, and started again at once. Locks last ${LOCK_SECONDS} s. A decode is told by the worker before the queue knows of it.`,
      ],
    };
  } finally {
    ending.abort();
    await Promise.all(fleet.map((worker) => worker.kill()));
  }
}

/**
 * @param {WorkerProcess[]} fleet each that is killed is replaced in it
 * @param {() => WorkerProcess} start
 * @param {AbortSignal} signal
 */
async function killInTurns(fleet, start, signal) {
  for (let kills = 0; ; kills += 1) {
    await sleep(KILL_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return kills;
    const turn = kills % fleet.length;
    await fleet[turn]?.kill();
    fleet[turn] = start();
  }
}
