import os from 'node:os';
import { englishClips } from '../clips.mjs';
import { carriedSources, meanOf } from '../ladder/capacity.mjs';
import { latencyOf } from '../ladder/latency.mjs';
import { courseTable, decisionTable, latencyTable, phaseTable, whereaboutsTable } from '../ladder/tables.mjs';
import { measureTick } from '../ladder/tick.mjs';
import { runTrial } from '../ladder/trial.mjs';
import { readSpokenClip } from '../live/spoken-clip.mjs';
import { atMost, exactly, figure, missing } from '../result.mjs';
import { seededRandom } from '../spread.mjs';

const MODEL = 'base';
const SLOTS = 2;
const OVERLOAD = 2.5;
const CALM_LOAD = 0.3;
/** Carried on any machine where the project's target for live sources is met twice over. */
const FIRST_SOURCES_A_CORE = 8;
const TICK_SOURCES = 200;

const FULL = { probe: 30, calm: 20, overload: 180, settling: 20, after: 180, afterWithout: 180 };
const QUICK = { probe: 14, calm: 5, overload: 40, settling: 20, after: 60, afterWithout: 2 };

/** @typedef {import('../ladder/trial.mjs').Trial} Trial */
/** @typedef {import('../result.mjs').Figure} Figure */

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'The ladder: 2.5 times what the machine carries, with it and without',
  async measure({ clips, quick, progress }) {
    const pace = quick ? QUICK : FULL;
    const spoken = englishClips(clips).map((clip, i) => readSpokenClip(clip, seededRandom(i)));
    const engineOptions = { model: MODEL, slots: SLOTS, threadsPerSlot: 1, language: 'en', sessionLimit: 100 };
    const common = { engineOptions, clips: spoken, progress };

    progress(`a tick with ${TICK_SOURCES} sources`);
    const tick = await measureTick({ engineOptions, clips: spoken, sources: TICK_SOURCES });
    const { carried, readings } = await carriedSources({
      ...common,
      sources: FIRST_SOURCES_A_CORE * os.availableParallelism(),
      seconds: pace.probe,
    });
    const load = {
      sources: Math.round(OVERLOAD * carried),
      calmSources: Math.max(3, Math.round(CALM_LOAD * carried)),
      pace,
    };
    const ladder = await runTrial({ ...common, ...load, hasLadder: true });
    const without = await runTrial({ ...common, ...load, hasLadder: false });

    return {
      figures: [
        ...ladderFigures(ladder, pace),
        ...comparison(ladder, without),
        figure(`a tick with ${TICK_SOURCES} sources, mean`, 'ms', tick.mean, atMost(0.2)),
      ],
      tables: [
        decisionTable(ladder),
        latencyTable([ladder, without]),
        whereaboutsTable([ladder, without]),
        phaseTable([ladder, without]),
        courseTable(ladder),
        courseTable(without),
        {
          title: 'How many sources rung 0 carries, by the meter',
          columns: ['sources', 'load', 'capacity, slots', 'speech share', 'carried'],
          rows: readings.map((each) => [each.sources, each.load, each.capacity, each.speechShare, each.carried]),
        },
        {
          title: `A tick of the ladder with ${TICK_SOURCES} sources, ms`,
          columns: ['mean', 'p50', 'p99', 'maximum'],
          rows: [[tick.mean, tick.p50, tick.p99, tick.maximum]],
        },
      ],
      notes: notes(pace, load),
    };
  },
};

/**
 * @param {Trial} trial
 * @param {typeof FULL} pace
 * @returns {Figure[]}
 */
function ladderFigures(trial, pace) {
  const { steps, entries, loadAtMs, settledAtMs, endMs, startMs } = trial;
  const taken = entries.filter(({ kind }) => kind === 'step');
  const inOverload = taken.filter((entry) => {
    const atMs = startMs + 1000 * entry.seconds;
    return atMs >= loadAtMs && atMs < endMs;
  });
  const down = steps.findLast((step) => step.to > step.from && step.atMs >= loadAtMs && step.atMs < endMs);
  const last = steps.at(-1);
  const isBack = last?.to === 0 && last.atMs >= endMs;
  const critical = latencyOf(trial.finals, settledAtMs, endMs, 'critical');
  const loads = trial.snapshots.filter(({ seconds }) => {
    return seconds > (settledAtMs - startMs) / 1000 && seconds < (endMs - startMs) / 1000;
  });
  const settling = 'from the overload to the last step down';
  const back = 'from the end of the overload to rung 0';
  return [
    figure(
      'load of rung 0 in the overload, by the meter, mean',
      'ratio',
      meanOf(loads.map((each) => each.load[0] ?? 0)),
    ),
    figure('critical audio lost', 'samples', lostOf(trial, 'critical'), exactly(0)),
    figure('ledger: samples off balance, worst reading', 'samples', trial.imbalance, exactly(0)),
    ...known(`critical finals, p95, after the first ${pace.settling} s`, 's', critical.p95, atMost(4)),
    down
      ? figure(settling, 's', (down.atMs - loadAtMs) / 1000, atMost(20))
      : missing(settling, 'there was no step down in the overload'),
    figure('steps in the overload', 'count', inOverload.length, atMost(3)),
    isBack
      ? figure(back, 's', (last.atMs - endMs) / 1000, atMost(180))
      : missing(back, `it was on rung ${last?.to ?? 0} after ${Math.round(trial.watchedSeconds)} s`),
    figure('steps in all', 'count', taken.length),
    figure('event-loop delay p99 in the overload', 'ms', trial.phases.overload.loopMs.p99, atMost(20)),
  ];
}

/**
 * @param {Trial} ladder
 * @param {Trial} without
 * @returns {Figure[]}
 */
function comparison(ladder, without) {
  const p95 = (/** @type {Trial} */ { finals, settledAtMs, endMs }, /** @type {'critical' | 'normal'} */ priority) =>
    latencyOf(finals, settledAtMs, endMs, priority).p95;
  const { caughtUpSeconds, watchedSeconds } = without;
  const rest = 'without: from the end of the overload until nothing waits';
  return [
    figure('without: critical audio lost', 'samples', lostOf(without, 'critical')),
    figure('without: ledger: samples off balance, worst reading', 'samples', without.imbalance, exactly(0)),
    ...known('without: critical finals, p95, of those that came', 's', p95(without, 'critical')),
    ...known('critical finals, p95: without / with', 'ratio', p95(without, 'critical') / p95(ladder, 'critical')),
    ...known('normal finals, p95, of those that did not wait on disk', 's', p95(ladder, 'normal')),
    ...known('without: normal finals, p95, of those that came', 's', p95(without, 'normal')),
    caughtUpSeconds === undefined
      ? missing(rest, `something waited even after ${Math.round(watchedSeconds)} s`)
      : figure(rest, 's', caughtUpSeconds),
    figure('without: speech that came / speech that became text, in the overload', 'ratio', without.speechRatio),
    figure('words of critical sources: with / without', 'ratio', ladder.criticalWords / without.criticalWords),
  ];
}

/**
 * @param {string} name
 * @param {string} unit
 * @param {number} value NaN when there were no finals
 * @param {import('../result.mjs').Target} [target]
 * @returns {Figure[]}
 */
function known(name, unit, value, target) {
  return [Number.isNaN(value) ? missing(name, 'no such final came') : figure(name, unit, value, target)];
}

/**
 * @param {Trial} trial
 * @param {import('../ladder/crowd.mjs').Priority} priority
 */
function lostOf({ whereabouts }, priority) {
  return whereabouts.find((place) => place.priority === priority)?.lostSamples ?? Number.NaN;
}

/**
 * @param {typeof FULL} pace
 * @param {{ sources: number, calmSources: number }} load
 */
function notes({ probe, calm, overload, settling, after }, { sources, calmSources }) {
  return [
    `\`${MODEL}\` q8_0, ${SLOTS} slots of one thread, partials on, as requested on rung 0; policy \`standard\`, of which every snapshot is written down. Each source is written 20 ms of s16le at 16 kHz every 20 ms by this process, four sources a session: English clips in a seeded order, the same in both trials, with pauses of 0.3 to 3 s. Of ten sources two are critical, five normal, three background.`,
    `The number of sources comes from this run: the ladder's meter reads the load of rung 0 as a dry run, ${probe} s with few sources and ${probe} s with about as many as are just carried, and the share of speech is that of the books. ${OVERLOAD} times as many as that are ${sources}. A trial is ${calm} s of calm with ${calmSources} sources, ${overload} s with all ${sources}, and calm again with the first ${calmSources}, until everything is as before or at most ${after} s.`,
    `Latency of a final: from the end of its speech, by the engine (when it had heard it) or by the bench (when it was written), whichever says more; those that were cut in the midst of speech are among them, from the sample at the cut. It counts from ${settling} s after the overload began until its end, by when the speech was written. What came late on purpose, from disk, is counted apart. What never came has no latency: without the ladder, the p95 is that of the lucky.`,
    'Lost: audio in gaps that were not judged to be no speech, refused because a queue was full, unaccounted for, or still waiting at the end. The ledger is read every second and when all has ended: its own count, its figures added up, and what was written less what it heard.',
    'The trial without the ladder ends when nothing waits, and is aborted where that takes longer than the calm may last: what then still waits becomes gaps of reason aborted.',
    `A tick: the real ladder with ${TICK_SOURCES} real sources that have heard speech, a history of ten minutes and 20 scripted decodes a second; time is scripted, nothing else runs meanwhile.`,
  ];
}
