import { spreadText, targetText, whereabouts, withUnit } from '../markdown.mjs';
import { verdict } from '../result.mjs';
import { escaped, inline, tableHtml } from './html.mjs';
import { STYLE } from './style.mjs';

/** @typedef {import('../markdown.mjs').Result} Result */
/** @typedef {import('../result.mjs').Figure} Figure */
/** @typedef {import('./published.mjs').Plot} Plot */
/** @typedef {ReturnType<typeof verdict>} State */

/** What tells one from another besides its colour. @type {Readonly<Record<State, string>>} */
const MARKS = { met: '✓ met', 'not met': '✗ not met', 'not measured': '○ not measured', 'no target': '· no target' };
const STATES = /** @type {readonly State[]} */ (Object.keys(MARKS));
/** Longer ones are shut. */
const MOST_OPEN_ROWS = 6;

/**
 * The report as one HTML page that needs nothing else: no scripts, no fonts, no network.
 *
 * @param {import('./published.mjs').Published} published
 * @param {readonly Plot[]} first plots to begin with
 * @returns {string}
 */
export function reportPage({ results, unmeasured, plots }, first) {
  const figures = results.flatMap((result) => result.figures);
  const dates = results.map(({ date }) => date.slice(0, 10)).sort();
  const others = plots.filter(({ name }) => !first.some((plot) => plot.name === name));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>whisperpool: what was measured</title>
<style>${STYLE}</style></head>
<body><a class="skip" href="#content">Skip to the content</a><div class="page">
<header>
<h1>whisperpool: what was measured</h1>
<p>${results.length} benchmarks${dates.length > 0 ? `, ${span(dates)}` : ''}. Each says with what command, and on what machine.</p>
<ul class="counts">${STATES.map((state) => {
    return `<li><strong>${countOf(figures, state)}</strong><span class="state ${classOf(state)}">${MARKS[state]}</span></li>`;
  }).join('')}</ul>
</header>
<nav aria-labelledby="benchmarks"><h2 id="benchmarks">Benchmarks</h2><ul>
${results.map(linkHtml).join('\n')}
${unmeasured.map((name) => `<li><a href="#unmeasured">${escaped(nameOf(name))}</a><span class="not-measured">not measured</span></li>`).join('\n')}
</ul></nav>
<main id="content">
${first.length > 0 ? `<section aria-labelledby="first"><h2 id="first">First of all</h2>${plotsHtml(first, results)}</section>` : ''}
${openHtml(results, 'not met')}
${openHtml(results, 'not measured')}
${results.map((result) => sectionHtml(result, others)).join('\n')}
${unmeasuredHtml(unmeasured)}
</main>
</div></body>
</html>
`;
}

/** @param {Result} result */
function linkHtml({ benchmark, figures }) {
  const told = /** @type {const} */ (['met', 'not met', 'not measured']);
  const counts = told
    .map((state) => ({ state, count: countOf(figures, state) }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `<span class="${classOf(state)}">${count} ${state}</span>`);
  return `<li><a href="#${escaped(benchmark)}">${escaped(nameOf(benchmark))}</a>${counts.join('')}</li>`;
}

/**
 * All figures of one state, wherever they are.
 *
 * @param {readonly Result[]} results
 * @param {State} state
 */
function openHtml(results, state) {
  const rows = results.flatMap(({ benchmark, figures }) =>
    figures
      .filter((figure) => verdict(figure) === state)
      .map((figure) => rowHtml({ ...figure, name: `${nameOf(benchmark)}: ${figure.name}` }, benchmark)),
  );
  if (rows.length === 0) return '';
  const id = classOf(state);
  const title = `What is ${state}`;
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${figuresHtml(rows, title)}</section>`;
}

/**
 * @param {Result} result
 * @param {readonly Plot[]} plots of all benchmarks
 */
function sectionHtml(result, plots) {
  const { benchmark, title, command, date, durationSeconds, figures, tables, notes } = result;
  const own = plots.filter(({ name }) => name.startsWith(`${benchmark}-`));
  const id = escaped(benchmark);
  return `<section aria-labelledby="${id}"><h2 id="${id}">${inline(title)}</h2>
<p><code>${escaped(command)}</code> <span class="faint">${date.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(durationSeconds)} s</span></p>
<ul class="where">${whereabouts(result)
    .map((line) => `<li>${escaped(line)}</li>`)
    .join('')}</ul>
${figuresHtml(
  figures.map((figure) => rowHtml(figure)),
  title,
)}
${plotsHtml(own, [])}
${tables.map(foldedHtml).join('\n')}
<details><summary>How it was measured</summary><ul>${notes.map((note) => `<li>${inline(note)}</li>`).join('')}</ul></details>
</section>`;
}

/** @param {import('../result.mjs').Table} table */
function foldedHtml(table) {
  const { title, rows } = table;
  if (rows.length === 0) return '';
  const isOpen = rows.length <= MOST_OPEN_ROWS ? ' open' : '';
  const count = isOpen ? '' : ` <span class="faint">${rows.length} rows</span>`;
  return `<details${isOpen}><summary>${inline(title)}${count}</summary>${tableHtml(table)}</details>`;
}

/**
 * @param {readonly string[]} rows
 * @param {string} caption for who does not see where it is
 */
function figuresHtml(rows, caption) {
  if (rows.length === 0) return '';
  const head = ['state', 'figure', 'measured', 'target', 'spread: min / median / max of n'];
  return `<table class="figures" aria-label="${escaped(caption)}"><thead><tr>${head
    .map((name) => `<th scope="col">${name}</th>`)
    .join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

/**
 * @param {Figure} figure
 * @param {string} [benchmark] to which its name leads
 */
function rowHtml(figure, benchmark) {
  const state = verdict(figure);
  const isKnown = figure.kind === 'measured';
  const name = benchmark ? `<a href="#${escaped(benchmark)}">${inline(figure.name)}</a>` : inline(figure.name);
  const measured = isKnown ? withUnit(figure.value, figure.unit) : figure.reason;
  const cell = (/** @type {string} */ label, /** @type {string} */ content) => {
    return content === '' ? '<td></td>' : `<td data-label="${label}" class="number">${inline(content)}</td>`;
  };
  return [
    `<tr><td class="state ${classOf(state)}">${MARKS[state]}</td><td>${name}</td>`,
    cell(isKnown ? 'measured' : 'because', measured),
    cell('target', isKnown ? targetText(figure) : ''),
    `${cell('spread', isKnown ? spreadText(figure) : '')}</tr>`,
  ].join('');
}

/**
 * @param {readonly Plot[]} plots
 * @param {readonly Result[]} results that they are of, if it must be said
 */
function plotsHtml(plots, results) {
  if (plots.length === 0) return '';
  const figures = plots.map(({ name, svg }) => {
    const result = results.find(({ benchmark }) => name.startsWith(`${benchmark}-`));
    if (!result) return `<figure>${svg}</figure>`;
    const { benchmark, command } = result;
    const link = `<a href="#${escaped(benchmark)}">${escaped(nameOf(benchmark))}</a>`;
    return `<figure>${svg}<figcaption>${link}: <code>${escaped(command)}</code></figcaption></figure>`;
  });
  return `<div class="plots">${figures.join('\n')}</div>`;
}

/** @param {readonly string[]} names */
function unmeasuredHtml(names) {
  if (names.length === 0) return '';
  const items = names.map((name) => {
    const parameters = nameOf(name) === name ? ` -- ${name}` : '';
    return `<li>${escaped(nameOf(name))}: <code>npm run bench${escaped(parameters)}</code></li>`;
  });
  return `<section aria-labelledby="unmeasured"><h2 id="unmeasured">Benchmarks without a result</h2><ul>${items.join('')}</ul></section>`;
}

/** Where its file is called after what it is for. @param {string} benchmark */
const nameOf = (benchmark) => (benchmark === 'latest' ? 'standard set' : benchmark);

/** @param {State} state */
const classOf = (state) => state.replace(' ', '-');

/**
 * @param {readonly Figure[]} figures
 * @param {State} state
 */
const countOf = (figures, state) => figures.filter((figure) => verdict(figure) === state).length;

/** @param {readonly string[]} dates in order */
function span(dates) {
  const [from, to] = [dates[0], dates.at(-1)];
  return from === to ? String(from) : `from ${from} to ${to}`;
}
