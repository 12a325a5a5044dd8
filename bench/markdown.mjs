import { verdict } from './result.mjs';

/**
 * @typedef {object} Result
 * @property {string} benchmark
 * @property {string} title
 * @property {string} command
 * @property {string} date ISO 8601, the start of the run
 * @property {number} durationSeconds
 * @property {{ start: number, end: number }} loadAverage
 * @property {import('./machine.mjs').Machine} machine
 * @property {Build} build
 * @property {string} clips
 * @property {readonly import('./result.mjs').Figure[]} figures
 * @property {readonly import('./result.mjs').Table[]} tables
 * @property {readonly string[]} notes
 */

/**
 * @typedef {object} Build
 * @property {string} [version] ours; results of before it was written down have none
 * @property {string} whisperVersion
 * @property {string} compiler
 * @property {readonly string[]} cpuFeatures
 */

/**
 * A result as a page.
 *
 * @param {Result} result
 * @returns {string}
 */
export function toMarkdown(result) {
  const sections = [
    `# ${result.title}`,
    `\`${result.command}\`, ${result.date}, ${Math.round(result.durationSeconds)} s.`,
    tableOf(['figure', 'measured', 'spread (min / median / max of n)', 'target', ''], result.figures.map(figureRow)),
    ...result.tables.map((table) => `## ${table.title}\n\n${tableOf(table.columns, table.rows)}`),
    `## How it was measured\n\n${listOf(result.notes)}`,
    `## Where\n\n${listOf(whereabouts(result))}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/**
 * With what a result was measured, and on what.
 *
 * @param {Result} result
 * @returns {readonly string[]}
 */
export function whereabouts({ machine, build, loadAverage, clips }) {
  const ours = build.version === undefined ? '' : `whisperpool ${build.version}, `;
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGibibytes} GiB; ${machine.system}; Node ${machine.node}`,
    `${ours}whisper.cpp ${build.whisperVersion}, ${build.compiler}; ${build.cpuFeatures.join(' ')}`,
    `load average ${loadAverage.start} before, ${loadAverage.end} after`,
    `audio: ${clips}`,
  ];
}

/** @param {import('./result.mjs').Figure} figure */
function figureRow(figure) {
  if (figure.kind === 'missing') return [figure.name, 'not measured', figure.reason, '', ''];
  const state = verdict(figure);
  const mark = { met: 'met', 'not met': '**not met**', 'no target': '', 'not measured': '' }[state];
  return [figure.name, withUnit(figure.value, figure.unit), spreadText(figure), targetText(figure), mark];
}

/** @param {import('./result.mjs').MeasuredFigure} figure */
export function spreadText({ spread }) {
  if (!spread) return '';
  return `${[spread.minimum, spread.median, spread.maximum].map(digits).join(' / ')} of ${spread.count}`;
}

/** @param {import('./result.mjs').MeasuredFigure} figure */
export function targetText({ target, unit }) {
  if (!target) return '';
  return `${{ 'at most': '≤', 'at least': '≥', exactly: '=' }[target.bound]} ${withUnit(target.value, unit)}`;
}

/**
 * @param {number} value
 * @param {string} unit
 */
export function withUnit(value, unit) {
  return unit === 'ratio' || unit === 'count' ? digits(value) : `${digits(value)} ${unit}`;
}

/**
 * Four significant digits, or all of a whole number.
 *
 * @param {number} value
 */
export function digits(value) {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
}

/**
 * @param {readonly string[]} columns
 * @param {readonly (readonly (string | number)[])[]} rows
 */
function tableOf(columns, rows) {
  const line = (/** @type {readonly (string | number)[]} */ cells) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(columns), `|${' --- |'.repeat(columns.length)}`, ...rows.map(line)].join('\n');
}

/** @param {string | number} content */
function cell(content) {
  return typeof content === 'number' ? digits(content) : content.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** @param {readonly string[]} lines */
function listOf(lines) {
  return lines.map((line) => `- ${line}`).join('\n');
}
