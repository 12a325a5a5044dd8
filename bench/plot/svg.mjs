/** Of every plot, in units of its view box: at 360 px a unit is most of a pixel. */
export const WIDTH = 400;
export const TEXT = 12;
export const SMALL = 11;
export const TITLE = 14;
/** Around the whole, and between things. */
export const EDGE = 8;
export const GAP = 12;
const LINE = 1.3;
/** Of a letter, in parts of its height: what the widest of the usual fonts have on average. */
const LETTER = 0.58;

/**
 * Colours that can be read on white and on black; nothing depends on them alone.
 */
const COLOURS = ['#2f7fd8', '#c8690f', '#2a9058', '#9a62d0', '#d64545', '#7a7f2b', '#1593a5', '#b8568f'];

/**
 * The same rules in every plot, so that several on one page do no harm to each other. In a page a plot takes the page's
 * colour and ground; as a document of its own it has its own.
 */
const STYLE = `.wp-plot{font-family:system-ui,sans-serif;font-size:${TEXT}px;max-width:640px;width:100%;height:auto}
.wp-plot text{fill:currentColor}
.wp-plot .wp-title{font-size:${TITLE}px;font-weight:600}
.wp-plot .wp-small{font-size:${SMALL}px}
.wp-plot .wp-grid{stroke:currentColor;stroke-opacity:.18}
.wp-plot .wp-axis{stroke:currentColor;stroke-opacity:.6}
:root.wp-plot{color:#1f2328;background:#fff}
@media (prefers-color-scheme:dark){:root.wp-plot{color:#e6edf3;background:#0d1117}}`;

/**
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.description for who does not see it
 * @param {number} plot.height
 * @param {readonly string[]} plot.parts
 */
export function document({ title, description, height, parts }) {
  const whole = Math.ceil(height);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="wp-plot" role="img" viewBox="0 0 ${WIDTH} ${whole}" width="${WIDTH}" height="${whole}">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(description)}</desc>`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/**
 * Lines of text, the first with its foot at `y`.
 *
 * @param {readonly string[]} lines
 * @param {{ x: number, y: number, size?: number, anchor?: 'start' | 'middle' | 'end', kind?: 'wp-title' | 'wp-small', fill?: string }} place
 */
export function texts(lines, { x, y, size = TEXT, anchor = 'start', kind, fill }) {
  return lines.map((line, at) => {
    const attributes = [
      `x="${short(x)}"`,
      `y="${short(y + at * lineHeight(size))}"`,
      ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
      ...(kind ? [`class="${kind}"`] : []),
      ...(fill ? [`style="fill:${fill}"`] : []),
    ];
    return `<text ${attributes.join(' ')}>${escaped(line)}</text>`;
  });
}

/** @param {number} size */
export const lineHeight = (size) => LINE * size;

/**
 * About as wide as this is, and rather wider.
 *
 * @param {string} text
 * @param {number} size
 */
export const widthOf = (text, size) => LETTER * size * text.length;

/**
 * A text in lines that fit; a word that is longer than a line stays whole.
 *
 * @param {string} text
 * @param {number} width
 * @param {number} size
 * @returns {string[]}
 */
export function wrapped(text, width, size) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(/\s+(?!%)/u).filter((part) => part !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && widthOf(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** A place, to a tenth of a unit. @param {number} value */
export const short = (value) => String(Math.round(10 * value) / 10);

/**
 * @param {string} kind
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
export function rule(kind, x1, y1, x2, y2) {
  return `<line class="${kind}" x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${short(y2)}"/>`;
}

/** @param {number} at */
export const colour = (at) => COLOURS[at % COLOURS.length] ?? 'currentColor';

/** @param {string} text */
function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\p{Cc}/gu, ' ');
}
