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
 * @property {{ whisperVersion: string, compiler: string, cpuFeatures: readonly string[] }} build
 * @property {string} clips
 * @property {readonly import('./result.mjs').Figure[]} figures
 * @property {readonly import('./result.mjs').Table[]} tables
 * @property {readonly string[]} notes
 */

/**
 * A result as a page.
 *
 * @param {Result} result
 * @returns {string}
 */
export function toMarkdown(result) {
  const { machine, build, loadAverage } = result;
  const sections = [
    `# ${result.title}`,
    `\`${result.command}\`, ${result.date}, ${Math.round(result.durationSeconds)} s.`,
    tableOf(['figure', 'measured', 'spread (min / median / max of n)', 'target', ''], result.figures.map(figureRow)),
    ...result.tables.map((table) => `## ${table.title}\n\n${tableOf(table.columns, table.rows)}`),
    `## How it was measured\n\n${listOf(result.notes)}`,
    `## Where\n\n${listOf([
      `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGibibytes} GiB; ${machine.system}; Node ${machine.node}`,
      `whisper.cpp ${build.whisperVersion}, ${build.compiler}; ${build.cpuFeatures.join(' ')}`,
      `load average ${loadAverage.start} before, ${loadAverage.end} after`,
      `audio: ${result.clips}`,
    ])}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {import('./result.mjs').Figure} figure */
function figureRow(figure) {
  if (figure.kind === 'missing') return [figure.name, 'not measured', figure.reason, '', ''];
  const { spread, target } = figure;
  const mark = { met: 'met', 'not met': '**not met**', 'no target': '', 'not measured': '' }[verdict(figure)];
  return [
    figure.name,
    withUnit(figure.value, figure.unit),
    spread ? `${digits(spread.minimum)} / ${digits(spread.median)} / ${digits(spread.maximum)} of ${spread.count}` : '',
    target
      ? `${{ 'at most': '≤', 'at least': '≥', exactly: '=' }[target.bound]} ${withUnit(target.value, figure.unit)}`
      : '',
    mark,
  ];
}

/**
 * @param {number} value
 * @param {string} unit
 */
function withUnit(value, unit) {
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
