import os from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../dist/index.js';
import { englishClips } from '../clips.mjs';
import { atMost, figure } from '../result.mjs';
import { spreadOf } from '../spread.mjs';

const RESOLUTION_MS = 1;

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Event loop: how long the main thread is kept waiting while every slot decodes',
  measure: (run) => measureDelay(run, run.quick ? { rounds: 1, windowSeconds: 3 } : { rounds: 3, windowSeconds: 10 }),
};

/**
 * @param {import('../result.mjs').Run} run
 * @param {{ rounds: number, windowSeconds: number }} pace
 * @returns {Promise<import('../result.mjs').Findings>}
 */
export async function measureDelay({ clips, progress }, { rounds, windowSeconds }) {
  const slots = Math.max(2, os.availableParallelism());
  const engine = await createEngine({ model: 'base', slots, threadsPerSlot: 1, language: 'en' });
  const paths = englishClips(clips).map((clip) => clip.path);
  let decoded = 0;
  let stop = false;
  const feed = async (/** @type {number} */ offset) => {
    for (let i = offset; !stop; i += 1) {
      await engine.transcribe(paths[i % paths.length] ?? '');
      decoded += 1;
    }
  };

  /** @type {{ idle: Delay[], busy: Delay[] }} */
  const windows = { idle: [], busy: [] };
  try {
    await Promise.all(paths.map((path) => engine.transcribe(path)));
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1}: ${windowSeconds} s idle, ${windowSeconds} s with ${slots} slots decoding`);
      windows.idle.push(await watch(windowSeconds));
      stop = false;
      const feeds = Array.from({ length: 2 * slots }, (_, i) => feed(i)); // two a slot, so that none waits for work
      windows.busy.push(await watch(windowSeconds));
      stop = true;
      await Promise.all(feeds);
    }
  } finally {
    await engine.close();
  }

  const p99 = spreadOf(windows.busy.map((window) => window.p99));
  return {
    figures: [figure('event-loop delay p99, all slots decoding', 'ms', p99.median, atMost(12), p99)],
    tables: [
      {
        title: 'Delay, ms',
        columns: ['main thread', 'p50', 'p99', 'maximum'],
        rows: [rowOf('idle', windows.idle), rowOf(`${slots} slots decoding`, windows.busy)],
      },
    ],
    notes: [
      `\`perf_hooks.monitorEventLoopDelay\` with a resolution of ${RESOLUTION_MS} ms; the values hold that millisecond. Medians of ${windows.busy.length} windows of ${windowSeconds} s, the maximum over all.`,
      `base q8_0, one thread a slot, ${2 * slots} transcriptions in flight at any time, ${decoded} finished.`,
    ],
  };
}

/** @typedef {{ p50: number, p99: number, maximum: number }} Delay milliseconds */

/**
 * @param {number} seconds
 * @returns {Promise<Delay>}
 */
async function watch(seconds) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  await sleep(seconds * 1000);
  histogram.disable();
  return { p50: histogram.percentile(50) / 1e6, p99: histogram.percentile(99) / 1e6, maximum: histogram.max / 1e6 };
}

/**
 * @param {string} name
 * @param {readonly Delay[]} windows
 */
function rowOf(name, windows) {
  return [
    name,
    spreadOf(windows.map((window) => window.p50)).median,
    spreadOf(windows.map((window) => window.p99)).median,
    Math.max(...windows.map((window) => window.maximum)),
  ];
}
