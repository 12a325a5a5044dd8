import { atMost, exactly, figure, missing } from '../result.mjs';
import { PRIORITIES } from './accounts.mjs';
import { growth } from './slope.mjs';
import { SETTLE_SECONDS } from './soak.mjs';

/** Shorter than this, what warms up looks like growth. */
const LEAST_SLOPE_SECONDS = 300;
const SLOPE_MEBIBYTES = 1;

/** @typedef {import('./soak.mjs').Soaked} Soaked */
/** @typedef {import('../result.mjs').Figure} Figure */

/**
 * @param {Soaked} soaked
 * @returns {import('../result.mjs').Findings}
 */
export function findings(soaked) {
  const { accounts, outcomes, watch, twice, unsettled, left, recoveryMs } = soaked;
  const { critical } = accounts.of;
  return {
    figures: [
      figure('critical audio lost', 'samples', critical.lostSamples, exactly(0)),
      figure('ledgers: samples off balance, worst reading', 'samples', accounts.imbalance, exactly(0)),
      figure('finals told twice', 'count', twice, exactly(0)),
      figure('events whose number is not the next one', 'count', accounts.outOfOrder, exactly(0)),
      figure('promises that did not settle', 'count', unsettled.length, exactly(0)),
      figure('errors, warnings and outcomes that were not to be expected', 'count', outcomes.surprised, exactly(0)),
      ...memory(soaked),
      figure(
        'descriptors in the end less those in the first minutes',
        'count',
        watch.descriptors.last - watch.descriptors.first,
        atMost(0),
      ),
      figure(
        'threads in the end less those in the first minutes',
        'count',
        watch.threads.last - watch.threads.first,
        atMost(0),
      ),
      figure('zombies', 'count', watch.zombies, exactly(0)),
      figure('left in the folder for temporary files', 'count', left.files.length, exactly(0)),
      figure('children after the engine is closed', 'count', left.children, exactly(0)),
      figure('event-loop delay p99', 'ms', watch.loopMs.p99),
      figure('event-loop delay, longest', 'ms', watch.loopMs.most),
      recoveryMs.count === 0
        ? missing('from a crash to the text of a decode that it struck, p95', 'no decode was struck')
        : figure('from a crash to the text of a decode that it struck, p95', 's', recoveryMs.percentile(95) / 1000),
      ...PRIORITIES.map((priority) => latency(priority, accounts.of[priority].latencyMs)),
    ],
    tables: [done(soaked), whereabouts(soaked), resident(soaked), ...surprises(soaked)],
    notes: notes(soaked),
  };
}

/** @param {Soaked} soaked @returns {Figure[]} */
function memory({ watch, warmUpSeconds, lastedSeconds }) {
  const groups = [...watch.resident.values()];
  const from = `after ${Math.round(warmUpSeconds)} s`;
  const grows = {
    both: growth(groups.map(({ both }) => both.points)),
    host: growth(groups.map(({ host }) => host.points)),
    child: growth(groups.map(({ child }) => child.points)),
    lows: growth(groups.map(({ lows }) => lows.points)),
  };
  const isLong = lastedSeconds - warmUpSeconds >= LEAST_SLOPE_SECONDS;
  const target = isLong ? atMost(SLOPE_MEBIBYTES) : undefined;
  return [
    known(`growth of RSS, host and child, ${from}`, grows.both.lasting, target),
    known('… over the whole of that', grows.both.whole),
    known('… over its later half', grows.both.later),
    known(`growth of RSS, host alone, ${from}`, grows.host.lasting, target),
    known('… of the least in each minute', grows.lows.lasting, target),
    known(`growth of RSS, child alone, ${from}`, grows.child.lasting),
    figure('RSS, host and child, most', 'MiB', watch.mostRssMebibytes),
  ];
}

/**
 * @param {string} name
 * @param {number} slope
 * @param {import('../result.mjs').Target} [target]
 * @returns {Figure}
 */
function known(name, slope, target) {
  return Number.isNaN(slope)
    ? missing(name, 'there is too little to see it')
    : figure(name, 'MiB a minute', slope, target);
}

/**
 * @param {string} priority
 * @param {import('node:perf_hooks').RecordableHistogram} latencyMs
 * @returns {Figure}
 */
function latency(priority, latencyMs) {
  const name = `${priority} finals, p95, of those that did not wait on disk`;
  return latencyMs.count === 0 ? missing(name, 'there were none') : figure(name, 's', latencyMs.percentile(95) / 1000);
}

/** @param {Soaked} soaked @returns {import('../result.mjs').Table} */
function done({ outcomes, steps, watch, telemetry, accounts, unsettled }) {
  const acts = [...outcomes.counts].map(([what, ways]) => {
    const total = [...ways.values()].reduce((sum, count) => sum + count, 0);
    return [what, total, [...ways].map(([way, count]) => `${way} ${count}`).join(', ')];
  });
  return {
    title: 'What was done',
    columns: ['what', 'times', 'of which'],
    rows: [
      ...acts.sort(([a], [b]) => String(a).localeCompare(String(b))),
      [
        'steps of the ladder',
        steps.down + steps.up,
        `down ${steps.down}, up ${steps.up}, deepest rung ${steps.deepest}`,
      ],
      ['restarts', telemetry.restarts.slot + telemetry.restarts.listener, `listener ${telemetry.restarts.listener}`],
      ['finals that waited on disk', accounts.late, ''],
      ['looks at everything', watch.looks, `most sources at once ${watch.mostSources}`],
      ...(unsettled.length > 0 ? [['did not settle', unsettled.length, unsettled.slice(0, 20).join(', ')]] : []),
    ],
  };
}

/** @param {Soaked} soaked @returns {import('../result.mjs').Table} */
function whereabouts({ accounts }) {
  return {
    title: 'Where the audio went, s',
    columns: [
      'priority',
      'sources',
      'heard',
      'transcribed',
      'silent',
      'gaps by reason',
      'refused',
      'finals',
      'lost samples',
    ],
    rows: PRIORITIES.map((priority) => {
      const { sources, heard, transcribed, silent, gapSeconds, refusedSeconds, finals, lostSamples } =
        accounts.of[priority];
      const gaps = Object.entries(gapSeconds).map(([reason, seconds]) => `${reason} ${seconds.toFixed(1)}`);
      const places = [heard, transcribed, silent].map(Math.round);
      return [priority, sources, ...places, gaps.join(', '), refusedSeconds.toFixed(1), finals, lostSamples];
    }),
  };
}

/** @param {Soaked} soaked @returns {import('../result.mjs').Table} */
function resident({ watch }) {
  return {
    title: 'Memory in the course of it',
    columns: ['minute', 'RSS of host and child, MiB'],
    rows: watch.course.points.map(({ atSeconds, value }) => [(atSeconds / 60).toFixed(1), Math.round(value)]),
  };
}

/** @param {Soaked} soaked @returns {import('../result.mjs').Table[]} */
function surprises({ outcomes }) {
  if (outcomes.surprised === 0) return [];
  const rows = outcomes.surprises.map((line) => [line]);
  return [{ title: `Not expected: the first ${rows.length} of ${outcomes.surprised}`, columns: ['what'], rows }];
}

/** @param {Soaked} soaked */
function notes({ seed, burstSources, isolation, slots, askedSeconds, lastedSeconds, isCut }) {
  return [
    `One engine with ${slots} slots as planned, policy \`standard\`, isolation \`${isolation}\`, for ${Math.round(lastedSeconds)} s${isCut ? ` of ${Math.round(askedSeconds)} s: it was ended early` : ''}. Seed ${seed}: the same seed gives the same acts at the same times; what the engine has under way at that moment is not the same in two runs.`,
    `Clients with one or two sources come at random, some 1.2 sources a slot at a time, and every five minutes ${burstSources} sources for 35 to 50 s, twice what rung 0 was found to carry by the ladder's own meter. Each source says clips at real time, 20 ms every 20 ms. Clients end, abort, or detach; of those some come back and some never do. Some read their events at once, some one every 2 s. Files come as paths, bytes, streams and samples; some are aborted or have a deadline.`,
    'A crash: every 90 to 150 s the decoding process is ended by SIGKILL, or stopped by SIGSTOP, while it decodes. In isolation `thread` there are none.',
    'Critical sources are never aborted. Lost is what of their audio is in gaps, but for those that were decoded and judged not to have been spoken, was refused because a queue was full, or was still waiting at the end.',
    'Ledgers are read every second: their own count of all sources, the figures added up and compared with what was written of those that speak; and of each when it has ended, compared with the gaps that it told of.',
    `Everything that was begun has ${SETTLE_SECONDS} s to settle when nothing more is begun. An outcome is to be expected when it is the one that was asked for: an abort may come too late, a switch may be struck by a crash.`,
    'Growth is the median of the slopes between all pairs of readings for which the same models were in use (Theil–Sen), over the whole and over the later half; the smaller of the two counts, because what comes to a plateau is no leak. What is being heard at a moment is in memory, too; the least of each minute is what stays without it. A child that is killed begins anew, so its own growth is seen between two crashes only; `--isolation thread` has everything in one process, and no crashes. Descriptors and threads: of the host, the least of the first two minutes after the warm-up, and the least of the end, when all that was begun has settled, too.',
  ];
}
