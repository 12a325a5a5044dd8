/** How far a piece of work is. */
export interface Reading {
  /** 0 to 1; undefined while nobody knows how much there is to do. */
  readonly fraction: number | undefined;
  /** The same in words: `50 %`, or `0:35` where there is no fraction. */
  readonly position: string;
  /** What else a bar shows: `RTF 0.12`, `12.3 MB/s`, `0:05 left`. */
  readonly figures: readonly string[];
}

const widestBar = 40;
const narrowestBar = 5;

/** `jfk.wav: 50 %`. */
export function plainLine(name: string, { position }: Reading): string {
  return `${printable(name)}: ${position}`;
}

/**
 * `jfk.wav [#####-----] 50 %  RTF 0.12  0:05 left`, never wider than a terminal of `columns`. Without a fraction there
 * is no bar.
 */
export function barLine(name: string, { fraction, position, figures }: Reading, columns: number): string {
  const tail = [position, ...figures].join('  ');
  // One column stays free: a terminal wraps when its last one is written.
  const room = columns - 1 - tail.length;
  if (fraction === undefined) return `${fitted(name, room - 1)} ${tail}`.trimStart();
  const shownName = fitted(name, room - narrowestBar - 4);
  const cells = Math.min(widestBar, room - width(shownName) - 4);
  if (cells < narrowestBar) return tail.slice(0, Math.max(0, columns - 1));
  const filled = Math.round(cells * Math.min(1, fraction));
  return `${shownName} [${'#'.repeat(filled)}${'-'.repeat(cells - filled)}] ${tail}`;
}

/** `50 %`, rounded down: 100 % is the end. */
export function percentage(fraction: number): string {
  return `${Math.floor(Math.min(1, fraction) * 100)} %`;
}

/** `0:05 left`. */
export function timeLeft(seconds: number): string {
  return `${duration(seconds)} left`;
}

/** `0:05`, `12:34` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const fields = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours > 0) fields.unshift(hours);
  return fields.map((field, index) => (index === 0 ? String(field) : String(field).padStart(2, '0'))).join(':');
}

/** A name of a file may hold line feeds and escape sequences. */
export function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '?');
}

/** As much of the end of `name` as fits in `columns`: folders are what one can do without. */
function fitted(name: string, columns: number): string {
  const whole = printable(name);
  if (width(whole) <= columns) return whole;
  const characters = Array.from(new Intl.Segmenter().segment(whole), ({ segment }) => segment);
  let kept = '';
  for (const character of characters.reverse()) {
    if (width(character) + width(kept) + 1 > columns) break;
    kept = character + kept;
  }
  return kept === '' ? '' : `~${kept}`;
}

/** Columns on a terminal, on the safe side: everything from Hangul Jamo upwards is taken as two wide. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return columns;
}
