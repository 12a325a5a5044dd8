import { digits } from '../markdown.mjs';
import { PRIORITIES } from './crowd.mjs';
import { latencyOf } from './latency.mjs';

/** @typedef {import('./trial.mjs').Trial} Trial */
/** @typedef {import('../result.mjs').Table} Table */

/** A course has about so many rows, of whole 5 s. */
const ROWS = 40;

/** @param {Trial} trial */
const nameOf = ({ hasLadder }) => (hasLadder ? 'with the ladder' : 'without');

/** @param {readonly Trial[]} trials @returns {Table} */
export function latencyTable(trials) {
  return {
    title: 'Finals of what was said in the overload, less its beginning, s',
    columns: ['', 'finals', 'p50', 'p95', 'maximum', 'finals that waited on disk'],
    rows: trials.flatMap((trial) =>
      PRIORITIES.map((priority) => {
        const latency = latencyOf(trial.finals, trial.settledAtMs, trial.endMs, priority);
        const { p50, p95, maximum } = latency;
        return [`${priority}, ${nameOf(trial)}`, latency.count, ...[p50, p95, maximum].map(digitsOf), latency.late];
      }),
    ),
  };
}

/** @param {readonly Trial[]} trials @returns {Table} */
export function whereaboutsTable(trials) {
  return {
    title: 'Where the audio of the whole trial went, s',
    columns: [
      '',
      'sources',
      'offered',
      'in finals',
      'of it after waiting on disk',
      'silent',
      'gaps by reason',
      'refused at the door',
      'lost, samples',
    ],
    rows: trials.flatMap((trial) =>
      trial.whereabouts.map((place) => [
        `${place.priority}, ${nameOf(trial)}`,
        place.sources,
        Math.round(place.offered),
        Math.round(place.transcribed),
        Math.round(place.lateSeconds),
        Math.round(place.silent),
        Object.entries(place.gapSeconds)
          .map(([reason, seconds]) => `${reason} ${seconds.toFixed(1)}`)
          .join(', '),
        Math.round(place.refusedSeconds),
        place.lostSamples,
      ]),
    ),
  };
}

/** @param {readonly Trial[]} trials @returns {Table} */
export function phaseTable(trials) {
  return {
    title: 'The process',
    columns: [
      '',
      'seconds',
      'cores used',
      'slots busy',
      'event loop p50 / p99 / max, ms',
      'most RSS, MiB',
      'finals a minute',
      'partials a minute',
    ],
    rows: trials.flatMap((trial) => {
      const starts = { calm: trial.startMs, overload: trial.settledAtMs, after: trial.endMs };
      return /** @type {const} */ (['calm', 'overload', 'after']).map((name) => {
        const { seconds, cpuCores, slotsBusy, loopMs, mostRssMebibytes } = trial.phases[name];
        const fromMs = starts[name];
        const within = (/** @type {number} */ atMs) => atMs >= fromMs && atMs < fromMs + 1000 * seconds;
        const told = trial.finals.map(({ spokeAtMs, latencySeconds }) => spokeAtMs + 1000 * latencySeconds);
        return [
          `${name}, ${nameOf(trial)}`,
          Math.round(seconds),
          cpuCores,
          slotsBusy,
          [loopMs.p50, loopMs.p99, loopMs.maximum].map(digits).join(' / '),
          Math.round(mostRssMebibytes),
          Math.round((60 * told.filter(within).length) / seconds),
          Math.round((60 * trial.partialsAtMs.filter(within).length) / seconds),
        ];
      });
    }),
  };
}

/** @param {Trial} trial @returns {Table} */
export function decisionTable({ entries, steps, loadAtMs, endMs, startMs }) {
  const forcedAt = (/** @type {typeof entries[number]} */ { to, seconds }) => {
    const step = steps.find((each) => each.to === to && (each.atMs - startMs) / 1000 >= seconds - 0.1);
    return step ? secondsAt(startMs, step.atMs) : '–';
  };
  return {
    title: `What the ladder decided: the overload lasts from ${secondsAt(startMs, loadAtMs)} to ${secondsAt(startMs, endMs)} s`,
    columns: ['at, s', 'in force, s', 'kind', 'from', 'to', 'reason', 'evidence'],
    rows: entries.map((entry) => [
      entry.seconds.toFixed(1),
      forcedAt(entry),
      entry.kind,
      entry.from,
      entry.to,
      entry.reason,
      Object.entries(entry.evidence)
        .map(([name, value]) => `${name} ${digits(Number(value.toPrecision(3)))}`)
        .join(', '),
    ]),
  };
}

/** @param {Trial} trial @returns {Table} */
export function courseTable(trial) {
  const { rows, snapshots, startMs, finals, partialsAtMs } = trial;
  const last = rows.at(-1)?.seconds ?? 0;
  const rowSeconds = 5 * Math.ceil(last / ROWS / 5);
  const starts = Array.from({ length: Math.ceil(last / rowSeconds) }, (_, at) => at * rowSeconds);
  return {
    title: `The course, ${nameOf(trial)}`,
    columns: [
      'until, s',
      'sources',
      'rung',
      'load of rung 0',
      'load of the rung',
      'd_min, s',
      'audio waiting, s',
      'oldest wait, s',
      'on disk, s',
      'partials',
      'finals of critical: p95 by when they were said, s',
    ],
    rows: starts.map((from) => {
      const until = from + rowSeconds;
      const row = rows.findLast((each) => each.seconds <= until);
      const snapshot = snapshots.findLast((each) => each.seconds <= until && each.seconds > from);
      const [fromMs, untilMs] = [from, until].map((each) => startMs + 1000 * each);
      const critical = latencyOf(finals, fromMs ?? 0, untilMs ?? 0, 'critical');
      return [
        until,
        row?.sources ?? '',
        snapshot?.rung ?? '',
        digitsOf(snapshot?.load[0]),
        digitsOf(snapshot?.load[snapshot.rung]),
        digitsOf(snapshot?.smallestSojournSeconds),
        Math.round(row?.queuedSeconds ?? 0),
        digitsOf(row?.oldestWaitSeconds),
        Math.round(row?.spooledSeconds ?? 0),
        partialsAtMs.filter((atMs) => atMs >= (fromMs ?? 0) && atMs < (untilMs ?? 0)).length,
        digitsOf(critical.p95),
      ];
    }),
  };
}

/** @param {number | undefined} value */
function digitsOf(value) {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2);
}

/**
 * @param {number} startMs
 * @param {number} atMs
 */
function secondsAt(startMs, atMs) {
  return ((atMs - startMs) / 1000).toFixed(1);
}
