import { spreadOut } from './labels.mjs';
import { hasPlace, numberText, scaleOf } from './scale.mjs';
import {
  colour,
  document,
  EDGE,
  GAP,
  lineHeight,
  rule,
  SMALL,
  short,
  TEXT,
  TITLE,
  texts,
  WIDTH,
  widthOf,
  wrapped,
} from './svg.mjs';

const LEAST_HEIGHT = 190;
/** Of the width, that names of lines may take. */
const NAMES = 0.3;
const MOST_MARKS = 14;
const MARK = 3.5;

/**
 * @typedef {object} Axis
 * @property {string} label with its unit
 * @property {'linear' | 'log'} [scale] linear unless said; starts at 0 then
 */

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {readonly (readonly [number, number])[]} points what has no place on the axes is left out
 * @property {boolean} [isProjected] reckoned, not measured: dashed, with hollow marks
 */

/**
 * Lines over two axes, as an SVG that needs nothing else.
 *
 * @param {object} plot
 * @param {string} plot.title
 * @param {Axis} plot.x
 * @param {Axis} plot.y
 * @param {readonly Series[]} plot.series
 * @param {readonly string[]} [plot.notes] below the plot
 * @returns {string}
 */
export function linePlot({ title, x, y, series, notes = [] }) {
  const { scale: xKind = 'linear' } = x;
  const { scale: yKind = 'linear' } = y;
  const lines = series.map((line) => ({
    ...line,
    points: line.points.filter(([atX, atY]) => hasPlace(atX, xKind) && hasPlace(atY, yKind)),
  }));
  const all = lines.flatMap(({ points }) => points);
  const across = scaleOf(
    all.map(([atX]) => atX),
    xKind,
  );
  const up = scaleOf(
    all.map(([, atY]) => atY),
    yKind,
  );

  // A line by itself is what the title says it is.
  const names = lines.map(({ name, points }) =>
    lines.length > 1 && points.length > 0 ? wrapped(name, NAMES * WIDTH, SMALL) : [],
  );
  const namesWidth = Math.max(0, ...names.flat().map((line) => widthOf(line, SMALL)));
  const namesHeight = names.reduce((sum, own) => sum + heightOf(own), 0);
  const titles = wrapped(title, WIDTH - 2 * EDGE, TITLE);
  const yTitles = wrapped(y.label, WIDTH - 2 * EDGE, SMALL);
  const top = EDGE + titles.length * lineHeight(TITLE) + yTitles.length * lineHeight(SMALL) + GAP;
  const bottom = top + Math.max(LEAST_HEIGHT, namesHeight);
  const left = EDGE + 4 + Math.max(...up.ticks.map((tick) => widthOf(numberText(tick), TEXT)));
  const right = WIDTH - EDGE - (namesWidth > 0 ? namesWidth + GAP : lastTickWidth(across.ticks) / 2);
  const xOf = (/** @type {number} */ value) => left + across.share(value) * (right - left);
  const yOf = (/** @type {number} */ value) => bottom - up.share(value) * (bottom - top);

  const drawn = lines.map(({ points, isProjected = false }, at) => {
    return lineParts(
      points.map(([atX, atY]) => /** @type {const} */ ([xOf(atX), yOf(atY)])),
      at,
      isProjected,
    );
  });
  const labels = lines.map(({ points }, at) => {
    const [, last = 0] = points.at(-1) ?? [];
    return { middle: points.length > 0 ? yOf(last) : bottom, height: heightOf(names[at] ?? []) };
  });
  const tops = spreadOut(labels, top, bottom);
  const xTitles = wrapped(x.label, WIDTH - 2 * EDGE, SMALL);
  const xTitleY = bottom + lineHeight(TEXT) + lineHeight(SMALL) + 2;
  const notesY = xTitleY + xTitles.length * lineHeight(SMALL) + 4;
  const noteLines = notes.flatMap((note) => wrapped(note, WIDTH - 2 * EDGE, SMALL));
  const foot = noteLines.length > 0 ? notesY + (noteLines.length - 1) * lineHeight(SMALL) : xTitleY;
  return document({
    title,
    description: describeLines({ x, y, lines, notes }),
    height: foot + EDGE,
    parts: [
      ...texts(titles, { x: EDGE, y: EDGE + TITLE, size: TITLE, kind: 'wp-title' }),
      ...texts(yTitles, {
        x: EDGE,
        y: EDGE + titles.length * lineHeight(TITLE) + SMALL,
        size: SMALL,
        kind: 'wp-small',
      }),
      ...up.ticks.flatMap((tick) => [
        rule('wp-grid', left, yOf(tick), right, yOf(tick)),
        ...texts([numberText(tick)], { x: left - 4, y: yOf(tick) + TEXT / 3, anchor: 'end' }),
      ]),
      ...roomyTicks(across.ticks, xOf).flatMap((tick) => [
        rule('wp-axis', xOf(tick), bottom, xOf(tick), bottom + 4),
        ...texts([numberText(tick)], { x: xOf(tick), y: bottom + lineHeight(TEXT) + 2, anchor: 'middle' }),
      ]),
      rule('wp-axis', left, bottom, right, bottom),
      ...(all.length === 0
        ? texts(['nothing measured'], { x: (left + right) / 2, y: (top + bottom) / 2, anchor: 'middle' })
        : []),
      ...lines.flatMap(({ points }, at) => {
        const [lastX, lastY] = points.at(-1) ?? [];
        if (lastX === undefined || lastY === undefined || names[at]?.length === 0) return [];
        const labelY = (tops[at] ?? top) + (labels[at]?.height ?? 0) / 2;
        const [fromX, toX] = [xOf(lastX) + MARK + 1, right + GAP - 3];
        return [
          `<path d="M${short(fromX)} ${short(yOf(lastY))}L${short(toX)} ${short(labelY)}" fill="none" stroke="${colour(at)}" stroke-opacity=".45"/>`,
        ];
      }),
      ...drawn.flat(),
      ...names.flatMap((own, at) => {
        return texts(own, {
          x: right + GAP,
          y: (tops[at] ?? top) + SMALL,
          size: SMALL,
          kind: 'wp-small',
          fill: colour(at),
        });
      }),
      ...texts(xTitles, { x: (left + right) / 2, y: xTitleY, size: SMALL, anchor: 'middle', kind: 'wp-small' }),
      ...texts(noteLines, { x: EDGE, y: notesY, size: SMALL, kind: 'wp-small' }),
    ],
  });
}

/**
 * @param {readonly (readonly [number, number])[]} places
 * @param {number} at
 * @param {boolean} isProjected
 */
function lineParts(places, at, isProjected) {
  if (places.length === 0) return [];
  const path = places.map(([x, y]) => `${short(x)} ${short(y)}`).join('L');
  const stroke = `stroke="${colour(at)}" stroke-width="2"`;
  const dash = isProjected ? ' stroke-dasharray="6 4"' : '';
  const every = Math.ceil(places.length / MOST_MARKS);
  const marked = places.filter((_, place) => (places.length - 1 - place) % every === 0);
  const inside = isProjected ? 'fill="none" stroke-opacity=".9"' : `fill="${colour(at)}"`;
  const marks = marked.map(([x, y]) => `<path d="${mark(at, x, y)}" ${inside} stroke="${colour(at)}"/>`);
  return [`<path d="M${path}" fill="none" ${stroke} stroke-linejoin="round"${dash}/>`, ...marks];
}

/**
 * A shape for each line: circle, square, triangle, diamond, triangle upside down, cross.
 *
 * @param {number} at
 * @param {number} x
 * @param {number} y
 */
function mark(at, x, y) {
  const m = (/** @type {number} */ byX, /** @type {number} */ byY) =>
    `${short(x + byX * MARK)} ${short(y + byY * MARK)}`;
  const shapes = [
    `M${m(-1, 0)}a${MARK} ${MARK} 0 1 0 ${2 * MARK} 0a${MARK} ${MARK} 0 1 0 ${-2 * MARK} 0Z`,
    `M${m(-1, -1)}L${m(1, -1)}L${m(1, 1)}L${m(-1, 1)}Z`,
    `M${m(0, -1.2)}L${m(1.2, 1)}L${m(-1.2, 1)}Z`,
    `M${m(0, -1.4)}L${m(1.4, 0)}L${m(0, 1.4)}L${m(-1.4, 0)}Z`,
    `M${m(0, 1.2)}L${m(1.2, -1)}L${m(-1.2, -1)}Z`,
    `M${m(-1, -1)}L${m(1, 1)}M${m(1, -1)}L${m(-1, 1)}`,
  ];
  return shapes[at % shapes.length];
}

/**
 * Without those whose numbers would run into the one before.
 *
 * @param {readonly number[]} ticks
 * @param {(value: number) => number} xOf
 */
function roomyTicks(ticks, xOf) {
  let free = Number.NEGATIVE_INFINITY;
  return ticks.filter((tick) => {
    const half = widthOf(numberText(tick), TEXT) / 2;
    if (xOf(tick) - half < free) return false;
    free = xOf(tick) + half + 4;
    return true;
  });
}

/** @param {readonly string[]} lines */
const heightOf = (lines) => (lines.length === 0 ? 0 : lines.length * lineHeight(SMALL) + 4);

/** @param {readonly number[]} ticks */
const lastTickWidth = (ticks) => widthOf(numberText(ticks.at(-1) ?? 0), TEXT);

/**
 * @param {object} plot
 * @param {Axis} plot.x
 * @param {Axis} plot.y
 * @param {readonly Series[]} plot.lines
 * @param {readonly string[]} plot.notes
 */
function describeLines({ x, y, lines, notes }) {
  const each = lines.map(({ name, points, isProjected }) => {
    const said = points.map(([atX, atY]) => `${numberText(atX)}: ${numberText(atY)}`).join('; ');
    return `${name}${isProjected ? ' (projected)' : ''}: ${said || 'nothing measured'}.`;
  });
  return [`${y.label} over ${x.label}.`, ...each, ...notes].join(' ');
}
