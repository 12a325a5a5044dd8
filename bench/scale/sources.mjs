import os from 'node:os';
import { runChild } from '../children/child.mjs';
import { linePlot } from '../plot.mjs';
import { figure, missing } from '../result.mjs';
import { growthOf } from './bend.mjs';
import { growthText } from './growth-text.mjs';
import { sourcesTable } from './sources-table.mjs';
import { canLookAtThreads } from './thread-cpu.mjs';

const FULL = {
  levels: [1, 10, 25, 50, 100, 150, 200, 250, 350, 500],
  silent: [50, 200, 500],
  seconds: 15,
  settlingSeconds: 6,
};
const QUICK = { levels: [1, 50, 150], silent: [150], seconds: 4, settlingSeconds: 4 };
const SLOTS = 8;
const DECODE_SECONDS = 0.02;
/** As in the simulator: who takes part in a conversation speaks half of the time. */
const SHARE = 0.5;
/** A listener that gets this much further behind in a second of each source does not keep up, nor one that is so far behind. */
const BEHIND = 0.02;
const FAR_BEHIND_SECONDS = 0.5;
/** A thread with as much of a core has all that it can have. */
const FULL_THREAD = 0.9;

/**
 * @typedef {object} SourcesOptions
 * @property {readonly number[]} levels
 * @property {number} share
 * @property {number} seconds
 * @property {number} settlingSeconds
 * @property {number} slots
 * @property {number} decodeSeconds
 */

/**
 * @typedef {object} Level
 * @property {number} sources
 * @property {number} mainCores without what writing takes
 * @property {number} writerCores
 * @property {number} listenerCores
 * @property {number} allCores
 * @property {{ p50: number, p99: number }} loopMs
 * @property {{ count: number, p50: number | null, p95: number | null }} latency
 * @property {number} refused
 * @property {number} unheardSeconds
 * @property {number} unheardGrowth
 * @property {number} decodesASecond
 * @property {number} rssMebibytes
 * @property {number} ledgerMs
 * @property {number} snapshotMs
 */

/** What a source costs the threads that all of them share: cores for each, as long as all is kept up with. */
/** @typedef {{ mainCores: number, listenerCores: number, mebibytes: number, decodesASecond: number }} SourceCost */

/**
 * Many live sources through the real engine, with a script in the place of decoding.
 *
 * @param {import('../result.mjs').Run} run
 */
export async function measureSources({ quick, progress }) {
  if (!canLookAtThreads) {
    const reason = 'the CPU of single threads can only be read on Linux';
    return {
      cost: undefined,
      plots: {},
      findings: { figures: [missing('main thread, a source', reason)], tables: [], notes: [] },
    };
  }
  const pace = quick ? QUICK : FULL;
  const talking = await levelsOf(pace.levels, SHARE, pace, progress);
  const silent = await levelsOf(pace.silent, 0, pace, progress);
  const kept = talking.filter((level) => !isBehind(level));
  const dense = kept.at(-1);
  const quietest = silent.findLast((level) => !isBehind(level));
  const behind = talking.find(isBehind);
  const curve = (/** @type {(level: Level) => number} */ value) =>
    talking.map((level) => /** @type {const} */ ([level.sources, value(level)]));
  const memory = growthOf(kept.map(({ sources, rssMebibytes }) => [sources, rssMebibytes]));
  /** @type {SourceCost | undefined} */
  const cost = dense && {
    mainCores: dense.mainCores / dense.sources,
    listenerCores: dense.listenerCores / dense.sources,
    mebibytes: memory.slope,
    decodesASecond: dense.decodesASecond / dense.sources,
  };
  const percent = (/** @type {number} */ cores) => 100 * cores;
  const x = { label: 'live sources' };
  return {
    cost,
    plots: {
      'sources-threads': linePlot({
        title: 'What live sources take of the threads that all of them share',
        x,
        y: { label: '% of a core' },
        series: [
          { name: 'the listener thread', points: curve(({ listenerCores }) => percent(listenerCores)) },
          { name: 'the main thread', points: curve(({ mainCores }) => percent(mainCores)) },
          {
            name: 'listener, nobody speaks',
            points: silent.map(
              ({ sources, listenerCores }) => /** @type {const} */ ([sources, percent(listenerCores)]),
            ),
          },
          {
            name: 'main thread, nobody speaks',
            points: silent.map(({ sources, mainCores }) => /** @type {const} */ ([sources, percent(mainCores)])),
          },
        ],
        notes: [
          'Who speaks does so half of the time. A script decodes. At 100 % of the listener, audio waits to be heard.',
        ],
      }),
      'sources-loop': linePlot({
        title: 'Event-loop delay by live sources',
        x,
        y: { label: 'ms' },
        series: [
          { name: 'p99', points: curve(({ loopMs }) => loopMs.p99) },
          { name: 'median', points: curve(({ loopMs }) => loopMs.p50) },
        ],
      }),
      'sources-looks': linePlot({
        title: 'Looking at all live sources',
        x,
        y: { label: 'ms of the main thread' },
        series: [
          { name: 'engine.snapshot()', points: curve(({ snapshotMs }) => snapshotMs) },
          { name: 'the ledger of each', points: curve(({ ledgerMs }) => ledgerMs) },
        ],
      }),
    },
    findings: {
      figures: [
        ...(dense
          ? [
              figure(
                `main thread, a source that speaks half of the time, at ${dense.sources}`,
                '% of a core',
                percent(dense.mainCores / dense.sources),
              ),
              figure(
                `listener thread, such a source, at ${dense.sources}`,
                '% of a core',
                percent(dense.listenerCores / dense.sources),
              ),
              figure(`event-loop delay p99 at ${dense.sources} sources`, 'ms', dense.loopMs.p99),
            ]
          : [missing('main thread, a source', 'the listener did not keep up at any level')]),
        ...(quietest
          ? [
              figure(
                `main thread, a silent source, at ${quietest.sources}`,
                '% of a core',
                percent(quietest.mainCores / quietest.sources),
              ),
              figure(
                `listener thread, a silent source, at ${quietest.sources}`,
                '% of a core',
                percent(quietest.listenerCores / quietest.sources),
              ),
            ]
          : []),
        behind
          ? figure('sources with which one listener thread falls behind', 'count', behind.sources)
          : missing('sources with which one listener thread falls behind', `none up to ${talking.at(-1)?.sources}`),
      ],
      tables: [
        sourcesTable('Sources that speak half of the time, decoded by a script', talking),
        sourcesTable('Sources on which nobody speaks', silent),
      ],
      notes: [
        `Sources: the real engine with ${SLOTS} slots, whose decodes are a timer of ${1000 * DECODE_SECONDS} ms and take no CPU, so that ${os.availableParallelism()} cores can stand for many. Each source is written 20 ms of s16le every 20 ms in the same thread; what that takes is measured with writers that write to nobody, and taken off. ${pace.settlingSeconds} s that do not count, then ${pace.seconds} s. CPU is that of the threads, by the kernel, to 0.01 s.`,
        `The ladder looks at all of them once a second, as a dry run. Behind: what was written and not heard yet grows by ${BEHIND} s in a second of each source, or is ${FAR_BEHIND_SECONDS} s of each.`,
        ...(kept.length >= 3
          ? [
              `Cores of the main thread: ${growthText(growthOf(pointsOf(kept, 'mainCores')), 'source')}. Of the listener: ${growthText(growthOf(pointsOf(kept, 'listenerCores')), 'source')}. MiB of RSS: ${growthText(memory, 'source')}. Levels at which the listener kept up.`,
            ]
          : []),
        ...(behind ? [behindText(behind)] : []),
      ],
    },
  };
}

/** @param {Level} level */
function isBehind({ sources, unheardSeconds, unheardGrowth }) {
  return unheardGrowth >= BEHIND || unheardSeconds >= FAR_BEHIND_SECONDS * sources;
}

/** @param {Level} level */
function behindText({ sources, listenerCores, mainCores, allCores }) {
  const used = `At ${sources} sources, which it is behind, the listener uses ${listenerCores.toFixed(2)} cores, the main thread ${mainCores.toFixed(2)}, the process ${allCores.toFixed(2)}.`;
  if (listenerCores > FULL_THREAD) {
    return `${used} The listener's core is full: resampling and voice detection of all sources are the work of one thread. That is where the growth ends.`;
  }
  return `${used} The listener's core was not full: the machine had no more time for it, so this says nothing about the thread.`;
}

/**
 * @param {readonly number[]} levels
 * @param {number} share
 * @param {typeof FULL} pace
 * @param {(line: string) => void} progress
 */
async function levelsOf(levels, share, { seconds, settlingSeconds }, progress) {
  progress(
    `sources: ${levels.join(', ')} that speak ${100 * share} % of the time, ${levels.length} × ${1.25 * seconds + settlingSeconds} s`,
  );
  const options = { levels, share, seconds, settlingSeconds, slots: SLOTS, decodeSeconds: DECODE_SECONDS };
  return /** @type {Level[]} */ (await runChild('scale-sources.mjs', [JSON.stringify(options)]));
}

/**
 * @param {readonly Level[]} levels
 * @param {'mainCores' | 'listenerCores'} key
 * @returns {import('./bend.mjs').Point[]}
 */
function pointsOf(levels, key) {
  return levels.map((level) => [level.sources, level[key]]);
}
