import { digits } from '../markdown.mjs';
import { shortcoming } from './verdict.mjs';

/** @typedef {import('./level.mjs').Level} Level */
/** @typedef {{ p50: number, p95: number, maximum: number }} Quantiles */

/**
 * All levels of a run, in two tables with the same rows.
 *
 * @param {readonly Level[]} levels
 * @returns {import('../result.mjs').Table[]}
 */
export function levelTables(levels) {
  return [
    {
      title: 'Latency, s: p50 / p95 / maximum',
      columns: [
        'level',
        'seconds',
        'speech',
        'finals',
        'by the engine',
        'as written',
        'as loud',
        'forced',
        'as loud',
        'partials',
        'by the engine',
        'as loud',
        'slowest final: waited, decoded',
        'result',
      ],
      rows: levels.map((level) => [
        nameOf(level),
        Math.round(level.seconds),
        `${Math.round(100 * level.speechShare)} %`,
        level.finals.count,
        quantiles(level.finals.engine),
        quantiles(level.finals.written),
        quantiles(level.finals.loud),
        level.forced.count,
        quantiles(level.forced.loud),
        level.partialTexts.count,
        quantiles(level.partialTexts.engine),
        quantiles(level.partialTexts.loud),
        level.slowest ? `${seconds(level.slowest.queueSeconds)}, ${seconds(level.slowest.decodeSeconds)}` : '',
        shortcoming(level) ?? 'passed',
      ]),
    },
    {
      title: 'Load',
      columns: [
        'level',
        'cores used',
        'slots busy',
        'event loop p50 / p99 / max, ms',
        'RSS MiB: first, most',
        'finals decoded, mean s',
        'partials decoded, mean s',
        'decoded again in full',
        'shed',
        'gaps',
        'off balance: within, at the end, samples',
      ],
      rows: levels.map((level) => {
        const { decodes, loopMs, rss } = level;
        return [
          nameOf(level),
          level.cpuCores,
          level.slotsBusy,
          `${digits(loopMs.p50)} / ${digits(loopMs.p99)} / ${digits(loopMs.maximum)}`,
          `${Math.round(rss.first)}, ${Math.round(rss.most)}`,
          `${decodes.finals}, ${seconds(decodes.finalSeconds / decodes.finals)}`,
          `${decodes.partials}, ${seconds(decodes.partialSeconds / decodes.partials)}`,
          decodes.retries,
          decodes.sheds,
          gaps(level),
          `${level.imbalance}, ${level.endImbalance}`,
        ];
      }),
    },
  ];
}

/** @param {Level} level */
export function nameOf({ model, sources, partials }) {
  return `${model}, ${sources} ${sources === 1 ? 'source' : 'sources'}${partials ? '' : ', no partials'}`;
}

/** @param {Level} level */
function gaps(level) {
  return Object.entries(level.gaps)
    .map(([reason, { count, seconds: total }]) => `${reason} ${count} (${total.toFixed(1)} s)`)
    .join(', ');
}

/** @param {Quantiles} quantiles */
function quantiles({ p50, p95, maximum }) {
  return Number.isNaN(p50) ? '–' : [p50, p95, maximum].map(seconds).join(' / ');
}

/** @param {number} value */
function seconds(value) {
  return Number.isFinite(value) ? value.toFixed(2) : '–';
}
