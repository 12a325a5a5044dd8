import os from 'node:os';
import { createEngine } from '../../dist/index.js';
import { englishClips } from '../clips.mjs';
import { compareWithFile } from '../live/accuracy.mjs';
import { measureIdle } from '../live/idle.mjs';
import { runLevel } from '../live/level.mjs';
import { largestServed } from '../live/search.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { levelTables, nameOf } from '../live/tables.mjs';
import { atLeast, atMost, combined, exactly, figure, missing } from '../result.mjs';
import { seededRandom } from '../spread.mjs';

const SLOTS = 2;
const TARGETS = /** @type {const} */ ([
  { model: 'tiny.en', perCore: 6 },
  { model: 'base', perCore: 3 },
]);
const FULL = {
  warmUp: 15,
  seconds: 120,
  bareSeconds: 60,
  probeWarmUp: 6,
  probe: 16,
  probes: 8,
  trials: 4,
  settling: 6,
  idle: 60,
  idleSources: 40,
};
const QUICK = {
  warmUp: 2,
  seconds: 6,
  bareSeconds: 6,
  probeWarmUp: 2,
  probe: 5,
  probes: 1,
  trials: 1,
  settling: 3,
  idle: 3,
  idleSources: 40,
};

/** @typedef {(typeof TARGETS)[number]} Goal */
/** @typedef {typeof FULL} Pace */
/** @typedef {import('../live/level.mjs').Level} Level */
/** @typedef {import('../live/level.mjs').LevelOptions} LevelOptions */
/** @typedef {import('../result.mjs').Figure} Figure */
/** @typedef {import('../result.mjs').Run} Run */

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Live: how many sources are served in time, and how late text is',
  async measure(run) {
    const pace = run.quick ? QUICK : FULL;
    const parts = [];
    for (const goal of TARGETS) parts.push(await measureModel(goal, pace, run));
    return combined([...parts, { figures: [], tables: [], notes: notes(pace) }]);
  },
};

/**
 * @param {Goal} goal
 * @param {Pace} pace
 * @param {Run} run
 */
async function measureModel({ model, perCore }, pace, { clips, progress }) {
  const cores = os.availableParallelism();
  const engine = await createEngine({
    model,
    slots: SLOTS,
    threadsPerSlot: 1,
    language: 'en',
    sessionLimit: 100,
    degrade: false,
  });
  try {
    const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
    const common = { engine, model, clips: spoken, partials: true, progress };
    const whole = { ...common, warmUpSeconds: pace.warmUp, seconds: pace.seconds };
    const search = (/** @type {boolean} */ partials, /** @type {number} */ start) =>
      largestServed({
        start,
        mostProbes: pace.probes,
        mostTrials: pace.trials,
        probe: (sources) => {
          return runLevel({ ...common, partials, sources, warmUpSeconds: pace.probeWarmUp, seconds: pace.probe });
        },
        run: (sources) => {
          return runLevel({ ...whole, partials, sources, seconds: partials ? pace.seconds : pace.bareSeconds });
        },
      });

    const idle = model === 'tiny.en' ? [await measureSilence(engine, pace, progress)] : [];
    const alone = await runLevel({ ...whole, sources: 1, finishesClips: true });
    progress(`${model}: the same audio as a file`);
    const accuracy = await compareWithFile(engine, alone);
    const withPartials = await search(true, perCore * cores);
    const without = await search(false, Math.ceil(1.3 * (withPartials.best?.sources ?? perCore * cores)));
    const halfSources = Math.max(1, Math.floor((withPartials.best?.sources ?? 2) / 2));
    const half = model === 'tiny.en' ? [await runLevel({ ...whole, sources: halfSources })] : [];

    const levels = [alone, ...withPartials.levels, ...without.levels, ...half];
    const figures = [
      ...served(`${model} q8_0`, { best: withPartials.best, cores, perCore, partials: true }),
      ...served(`${model} q8_0`, { best: without.best, cores, perCore: undefined, partials: false }),
      ...half.flatMap((level) => halfLoad(level)),
      ...(model === 'tiny.en' ? [partialLatency(alone)] : []),
      figure(`WER live less WER of the file, ${model} q8_0`, 'points', accuracy.live - accuracy.file, atMost(2)),
      figure(`ledger, ${model} q8_0: samples off balance, worst reading`, 'samples', worstBalance(levels), exactly(0)),
    ];
    const wer = {
      title: `Word errors of one source, ${model} q8_0, %`,
      columns: ['words', 'live', 'the same samples as a file', 'live against the file'],
      rows: [[accuracy.words, accuracy.live, accuracy.file, accuracy.apart]],
    };
    const texts = accuracy.texts.map(({ reference, live, file }) => ({
      title: `What one source was, ${model} q8_0`,
      columns: ['', 'text'],
      rows: [
        ['said', reference],
        ['live', live],
        ['file', file],
      ],
    }));
    return combined([...idle, { figures, tables: [...levelTables(levels), wer, ...texts], notes: [] }]);
  } finally {
    await engine.close({ force: true });
  }
}

/**
 * @param {string} weights
 * @param {{ best: Level | undefined, cores: number, perCore: number | undefined, partials: boolean }} found
 * @returns {Figure[]}
 */
function served(weights, { best, cores, perCore, partials }) {
  const what = `${weights}, ${partials ? 'with' : 'without'} partials`;
  const name = `sources a core with p95 of finals ≤ 2 s, ${what}`;
  if (!best) return [missing(name, 'no level that was tried at full length was passed')];
  const target = perCore === undefined ? undefined : atLeast(perCore);
  return [
    figure(name, 'count', best.sources / cores, target),
    ...(best.forced.count > 0
      ? [
          figure(
            `forced cuts, p95 from the last voiced sample before the cut, ${nameOf(best)}`,
            's',
            best.forced.loud.p95,
          ),
        ]
      : []),
    figure(`event-loop delay p99 at ${nameOf(best)}`, 'ms', best.loopMs.p99, atMost(20)),
  ];
}

/** @param {Level} level @returns {Figure[]} */
function halfLoad(level) {
  const name = `at half the largest load (${nameOf(level)})`;
  const { engine, written, count } = level.finals;
  if (count === 0) return [missing(`final latency ${name}`, 'there were no finals')];
  return [
    figure(`final latency p50 ${name}`, 's', Math.max(engine.p50, written.p50), atMost(0.9)),
    figure(`final latency p95 ${name}`, 's', Math.max(engine.p95, written.p95), atMost(1.5)),
  ];
}

/** @param {Level} level @returns {Figure} */
function partialLatency({ model, partialTexts: { engine, loud, count } }) {
  const name = `partial latency p50 of one source, ${model} q8_0`;
  if (count === 0) return missing(name, 'there were no partials');
  return figure(name, 's', Math.max(engine.p50, loud.p50), atMost(1));
}

/** @param {readonly Level[]} levels */
function worstBalance(levels) {
  return Math.max(
    ...levels.map(({ imbalance, endImbalance, endUnsettled }) => Math.max(imbalance, endImbalance, endUnsettled)),
  );
}

/**
 * @param {LevelOptions['engine']} engine
 * @param {Pace} pace
 * @param {Run['progress']} progress
 * @returns {Promise<import('../result.mjs').Findings>}
 */
async function measureSilence(engine, { settling, idle, idleSources }, progress) {
  const rows = await measureIdle({ engine, sources: idleSources, settlingSeconds: settling, seconds: idle, progress });
  return {
    figures: rows.slice(1).map(({ name, percentPerSource }) => {
      return figure(`a silent source, ${name}`, '% of a core', percentPerSource, atMost(0.3));
    }),
    tables: [
      {
        title: `${idleSources} silent sources for ${idle} s`,
        columns: ['what is written', '% of a core', 'more than none, per source', 'gave a text'],
        rows: rows.map((row) => [row.name, 100 * row.cores, row.percentPerSource, row.heard ? 'yes' : 'no']),
      },
    ],
    notes: [],
  };
}

/** @param {Pace} pace */
function notes({ warmUp, seconds, bareSeconds, probe }) {
  return [
    `${SLOTS} slots of one thread, q8_0, greedy. Each source is written 20 ms of s16le at 16 kHz every 20 ms by one timer in this process; four sources a session. It says the English clips in a seeded order with pauses of 0.3 to 3 s, which hold noise as loud as the clips' own. Speech: the part of what was heard that is not silent by the ledger.`,
    `The largest number is looked for with levels of ${probe} s, which are not in the tables, and then tried at full length: ${warmUp} s that are not counted, then ${seconds} s, or ${bareSeconds} s without partials. A final counts when its speech ended within these, in silence; those that are cut at the chunk limit, in the midst of speech, are counted apart. A level is passed when p95 of finals is ≤ 2 s by both clocks and nothing was lost or refused; it is stopped early when it cannot pass any more.`,
    'By the engine: `timings.latencySeconds`, from when the end of the speech was heard, by its VAD, to the event. As written: the same sample, from when the bench wrote it; the up to 96 ms that a source collects for one call of the listener, and that call, are only in this one. As loud: from when the bench wrote the last 20 ms that are voiced by loudness alone; VAD hears the end of speech up to 0.5 s later than that on these clips, and of a reverberant room rightly so. Figures of finals take the larger of the first two, that of partials of the first and the last.',
    'The ledger is read every second and when all sources have ended: its own count, its figures added up, and what was written less what it heard. At the end nothing may be queued.',
    'The event loop is watched with a resolution of 1 ms, which is in the values. CPU is that of the whole process, the writer and the bench included. The silent sources are compared with the same writer writing to nobody.',
  ];
}
