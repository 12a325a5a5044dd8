import { barPlot, linePlot } from '../plot.mjs';

/** @typedef {import('../markdown.mjs').Result} Result */
/** @typedef {import('../result.mjs').Table} Table */

const AT_ONCE = 4;

/**
 * The plots that matter most to somebody who decides. Their names begin with the benchmark that they are of.
 *
 * @typedef {object} ReadmePlot
 * @property {string} name
 * @property {string} benchmark
 * @property {(result: Result) => string | undefined} draw SVG; undefined when the result lacks what it needs
 */

/** @type {readonly ReadmePlot[]} */
export const README_PLOTS = [
  { name: 'peers-throughput', benchmark: 'peers', draw: throughput },
  { name: 'ladder-waiting', benchmark: 'ladder', draw: waiting },
  { name: 'peers-memory', benchmark: 'peers', draw: memory },
];

/** @param {Result} result */
function throughput({ tables, machine }) {
  const column = `× real time, ${AT_ONCE} at once`;
  const table = fullest(tables, column);
  if (!table) return undefined;
  const bars = namedNumbers(table, column).sort((a, b) => (b.value || 0) - (a.value || 0));
  const title = `Throughput, ${modelOf(table)}, ${AT_ONCE} clips at once on ${machine.cores} cores`;
  return barPlot({ title, unit: '× real time', bars });
}

/** @param {Result} result */
function memory({ tables }) {
  const counts = [1, 2, 4];
  const columns = counts.map((count) => `MiB, ${count} at once`);
  const table = fullest(tables, columns.at(-1) ?? '');
  if (!table) return undefined;
  const series = table.rows.map(([peer], row) => ({
    name: String(peer),
    points: columns.flatMap((column, at) => {
      const value = namedNumbers(table, column)[row]?.value ?? Number.NaN;
      return Number.isFinite(value) ? [/** @type {const} */ ([counts[at] ?? 0, value])] : [];
    }),
  }));
  return linePlot({
    title: `Memory, ${modelOf(table)}, by clips at once`,
    x: { label: 'clips at once' },
    y: { label: 'MiB', scale: 'log' },
    series: series.filter(({ points }) => points.length > 0),
  });
}

/** @param {Result} result */
function waiting({ tables }) {
  const course = (/** @type {string} */ how) => tables.find(({ title }) => title === `The course, ${how}`);
  const [without, withLadder] = [course('without'), course('with the ladder')];
  const decided = tables.find(({ title }) => title.startsWith('What the ladder decided'));
  if (!without || !withLadder) return undefined;
  const points = (/** @type {Table} */ table) => {
    const [x, y] = ['until, s', 'oldest wait, s'].map((name) => table.columns.indexOf(name));
    return table.rows.map((row) => /** @type {const} */ ([Number(row[x ?? -1]), Number(row[y ?? -1])]));
  };
  return linePlot({
    title: 'Live under overload: how long the oldest speech waits for a slot',
    x: { label: 'seconds from the start' },
    y: { label: 'seconds of waiting' },
    series: [
      { name: 'without the ladder', points: points(without) },
      { name: 'with the ladder', points: points(withLadder) },
    ],
    notes: decided ? [`The overload lasts from ${decided.title.split(' from ').at(-1)}.`] : [],
  });
}

/** The one of several models of which most is known. @param {readonly Table[]} tables @param {string} column */
function fullest(tables, column) {
  const known = (/** @type {Table} */ table) => {
    return namedNumbers(table, column).filter(({ value }) => Number.isFinite(value)).length;
  };
  return tables.filter(({ columns }) => columns.includes(column)).sort((a, b) => known(b) - known(a))[0];
}

/**
 * @param {Table} table whose first column is a name
 * @param {string} column
 */
function namedNumbers({ columns, rows }, column) {
  const at = columns.indexOf(column);
  return rows.map((row) => {
    const cell = row[at];
    return { name: String(row[0]), value: typeof cell === 'number' ? cell : Number.NaN };
  });
}

/** @param {Table} table */
const modelOf = ({ title }) => title.split(',')[0] ?? title;
