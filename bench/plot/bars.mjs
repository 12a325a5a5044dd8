import { numberText } from './scale.mjs';
import {
  colour,
  document,
  EDGE,
  GAP,
  lineHeight,
  rule,
  short,
  TEXT,
  TITLE,
  texts,
  WIDTH,
  widthOf,
  wrapped,
} from './svg.mjs';

const BAR = 14;

/**
 * Bars from 0, each with its name above it and its value beside it, as an SVG that needs nothing else.
 *
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.unit
 * @param {readonly { name: string, value: number, low?: number, high?: number }[]} plot.bars `low` and `high` of the spread
 * @returns {string}
 */
export function barPlot({ title, unit, bars }) {
  const rows = bars.map((bar) => ({
    ...bar,
    text: Number.isFinite(bar.value) ? `${numberText(bar.value)} ${unit}` : 'not measured',
    names: wrapped(bar.name, WIDTH - 2 * EDGE, TEXT),
    ends: [bar.value, bar.low ?? bar.value, bar.high ?? bar.value].filter(Number.isFinite),
  }));
  const least = Math.min(0, ...rows.flatMap(({ ends }) => ends));
  const most = Math.max(0, ...rows.flatMap(({ ends }) => ends));
  const room = WIDTH - 2 * EDGE - GAP - Math.max(0, ...rows.map(({ text }) => widthOf(text, TEXT)));
  const xOf = (/** @type {number} */ value) => EDGE + (room * (value - least)) / (most - least || 1);

  const titles = wrapped(title, WIDTH - 2 * EDGE, TITLE);
  let y = EDGE + titles.length * lineHeight(TITLE) + 4;
  const parts = texts(titles, { x: EDGE, y: EDGE + TITLE, size: TITLE, kind: 'wp-title' });
  for (const [at, { names, ends, value, low, high, text }] of rows.entries()) {
    parts.push(...texts(names, { x: EDGE, y: y + TEXT }));
    y += names.length * lineHeight(TEXT);
    if (Number.isFinite(value)) {
      const [from, to] = [xOf(Math.min(0, value)), xOf(Math.max(0, value))];
      parts.push(
        `<rect x="${short(from)}" y="${short(y)}" width="${short(to - from)}" height="${BAR}" fill="${colour(at)}"/>`,
      );
    }
    if (low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high)) {
      const [from, to, middle] = [short(xOf(low)), short(xOf(high)), y + BAR / 2];
      const [over, under] = [short(middle - 4), short(middle + 4)];
      parts.push(
        `<path class="wp-spread" d="M${from} ${over}V${under}M${from} ${short(middle)}H${to}M${to} ${over}V${under}" fill="none" stroke="currentColor" stroke-width="1.5"/>`,
      );
    }
    parts.push(
      rule('wp-axis', xOf(0), y - 2, xOf(0), y + BAR + 2),
      ...texts([text], { x: xOf(Math.max(0, ...ends)) + 6, y: y + TEXT }),
    );
    y += BAR + 6;
  }
  return document({ title, description: describeBars(unit, rows), height: y + EDGE, parts });
}

/**
 * @param {string} unit
 * @param {readonly { name: string, value: number, text: string, low?: number, high?: number }[]} bars
 */
function describeBars(unit, bars) {
  return bars
    .map(({ name, text, low, high }) => {
      const spread =
        low !== undefined && high !== undefined ? ` (${numberText(low)} to ${numberText(high)} ${unit})` : '';
      return `${name}: ${text}${spread}.`;
    })
    .join(' ');
}
