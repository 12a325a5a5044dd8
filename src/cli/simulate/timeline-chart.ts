/** One line or row of bars of a chart. */
export interface Series {
  readonly name: string;
  /** Name of its colour in the page's style. */
  readonly colour: 'one' | 'two';
  readonly shape: 'line' | 'steps' | 'bars';
  /** One a second; undefined where there is nothing to show. */
  readonly values: readonly (number | undefined)[];
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** The scale reaches at least to here. */
  readonly least: number;
  /** A line to compare with. */
  readonly guide?: number;
  /** In words, for who does not see it. */
  readonly summary: string;
}

/** More columns than this are no more to see. */
const mostColumns = 900;
const height = 100;

/** A chart as HTML: a drawing that stretches to any width, with its labels beside it, so that they stay readable. */
export function chartHtml(chart: Chart, seconds: number): string {
  const series = chart.series.map((one) => ({ ...one, values: columns(one.values) }));
  const all = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const top = niceTop(Math.max(chart.least, ...all));
  const width = Math.max(1, ...series.map(({ values }) => values.length));
  const y = (value: number) => rounded(height - (height * Math.min(value, top)) / top);
  const lines = series.map((one) => `<path class="${one.shape} ${one.colour}" d="${pathOf(one, y)}"/>`);
  const guide = chart.guide === undefined ? '' : `<path class="guide" d="M0 ${y(chart.guide)}H${width}"/>`;
  const keys = chart.series.length < 2 ? '' : chart.series.map(keyHtml).join(' ');
  return `<section>
<h2>${escaped(chart.title)} ${keys}</h2>
<div class="plot"><div class="scale"><span>${labelOf(top)}${escaped(chart.unit)}</span><span>0</span></div>
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escaped(chart.summary)}">
<path class="frame" d="M0 ${height}H${width}M0 ${height / 2}H${width}M0 0H${width}"/>${guide}${lines.join('')}</svg></div>
<div class="times">${[0, 0.25, 0.5, 0.75, 1].map((part) => `<span>${clockTime(part * seconds)}</span>`).join('')}</div>
</section>`;
}

/** Text that is no markup. */
export function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replaceAll(/[&<>"']/gu, (character) => names[character] ?? character);
}

/** Minutes and seconds. */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function keyHtml({ name, colour }: Series): string {
  return `<span class="key ${colour}">${escaped(name)}</span>`;
}

/** The largest of each column, so that no peak is lost. */
function columns(values: Series['values']): Series['values'] {
  const size = Math.ceil(values.length / mostColumns);
  if (size <= 1) return values;
  return Array.from({ length: Math.ceil(values.length / size) }, (_, column) => {
    const part = values.slice(column * size, (column + 1) * size).filter((value) => value !== undefined);
    return part.length === 0 ? undefined : Math.max(...part);
  });
}

function pathOf({ shape, values }: Series, y: (value: number) => number): string {
  const parts: string[] = [];
  let before: number | undefined;
  for (const [x, value] of values.entries()) {
    const isDrawn = value !== undefined && !(shape === 'bars' && value === 0);
    if (isDrawn && shape === 'bars') parts.push(`M${x + 0.5} ${height}V${y(value)}`);
    else if (isDrawn && before === undefined) parts.push(`M${x} ${y(value)}h1`);
    else if (isDrawn && shape === 'steps') parts.push(value === before ? 'h1' : `V${y(value)}h1`);
    else if (isDrawn) parts.push(`L${x + 1} ${y(value)}`);
    before = shape === 'steps' || shape === 'bars' ? value : (value ?? before);
  }
  return parts.join('');
}

/** The next of 1, 2, 5, 10, … */
function niceTop(value: number): number {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 5, 10].map((step) => step * power).find((top) => top >= value) ?? 10 * power;
}

function labelOf(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
