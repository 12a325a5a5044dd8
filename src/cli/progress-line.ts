import type { Progress } from '../session/transcription.js';

const widestBar = 40;
const narrowestBar = 5;

/** `jfk.wav: 50 %`, or `jfk.wav: 0:35` while the length of the input is not known. */
export function plainLine(name: string, progress: Progress): string {
  return `${printable(name)}: ${position(progress)}`;
}

/** `jfk.wav: 11.0 s of audio in 1.3 s, RTF 0.12`. */
export function summaryLine(name: string, durationSeconds: number, elapsedSeconds: number): string {
  const speed = durationSeconds > 0 ? `, RTF ${(elapsedSeconds / durationSeconds).toFixed(2)}` : '';
  return `${printable(name)}: ${durationSeconds.toFixed(1)} s of audio in ${elapsedSeconds.toFixed(1)} s${speed}`;
}

/**
 * `jfk.wav [#####-----] 50 %  RTF 0.12  0:05 left`, never wider than a terminal of `columns`. Without a known length
 * there is no bar and no time left. RTF is elapsed over done seconds, of all slots together.
 */
export function barLine(name: string, progress: Progress, elapsedSeconds: number, columns: number): string {
  const { doneSeconds, fraction } = progress;
  const figures = [position(progress)];
  if (doneSeconds > 0) figures.push(`RTF ${(elapsedSeconds / doneSeconds).toFixed(2)}`);
  if (fraction !== undefined && fraction > 0) {
    figures.push(`${duration((elapsedSeconds * (1 - fraction)) / fraction)} left`);
  }
  const tail = figures.join('  ');
  // One column stays free: a terminal wraps when its last one is written.
  const room = columns - 1 - tail.length;
  if (fraction === undefined) return `${fitted(name, room - 1)} ${tail}`.trimStart();
  const shownName = fitted(name, room - narrowestBar - 4);
  const cells = Math.min(widestBar, room - width(shownName) - 4);
  if (cells < narrowestBar) return tail.slice(0, Math.max(0, columns - 1));
  const filled = Math.round(cells * Math.min(1, fraction));
  return `${shownName} [${'#'.repeat(filled)}${'-'.repeat(cells - filled)}] ${tail}`;
}

function position({ doneSeconds, fraction }: Progress): string {
  return fraction === undefined ? duration(doneSeconds) : `${Math.floor(Math.min(1, fraction) * 100).toString()} %`;
}

/** `0:05`, `12:34` or `1:02:03`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const fields = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  if (hours > 0) fields.unshift(hours);
  return fields.map((field, index) => (index === 0 ? String(field) : String(field).padStart(2, '0'))).join(':');
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

// A file name may hold line feeds and escape sequences.
function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '?');
}
