/**
 * @param {string} title
 * @param {readonly import('./sources.mjs').Level[]} levels
 * @returns {import('../result.mjs').Table}
 */
export function sourcesTable(title, levels) {
  return {
    title,
    columns: [
      'sources',
      'main thread, % of a core, and a source',
      'listener thread, and a source',
      'writing',
      'all threads',
      'event loop p50 / p99, ms',
      'decodes a second',
      'final latency p50 / p95, s',
      'not heard yet, s; refused frames',
      'RSS, MiB',
      'all ledgers, ms',
      'snapshot, ms',
    ],
    rows: levels.map((level) => {
      const { sources, mainCores, listenerCores, loopMs, latency } = level;
      const share = (/** @type {number} */ cores) =>
        `${(100 * cores).toFixed(1)}, ${((100 * cores) / sources).toFixed(3)}`;
      return [
        sources,
        share(mainCores),
        share(listenerCores),
        100 * level.writerCores,
        100 * level.allCores,
        `${loopMs.p50.toFixed(2)} / ${loopMs.p99.toFixed(2)}`,
        level.decodesASecond,
        latency.count === 0 ? '–' : `${latency.p50?.toFixed(2)} / ${latency.p95?.toFixed(2)}`,
        `${level.unheardSeconds.toFixed(1)}; ${level.refused}`,
        Math.round(level.rssMebibytes),
        level.ledgerMs,
        level.snapshotMs,
      ];
    }),
  };
}
