import { printable } from '../progress-line.js';

const width = 100;
const indent = '  ';
const gap = '  ';

/** A heading and rows of as many cells each, in columns. Only the last cell of a row wraps. Without rows it is empty. */
export function section(heading: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const clean = rows.map((row) => row.map((cell) => printable(cell.replaceAll(/\s+/gu, ' '))));
  return [heading, ...aligned(clean)].map((line) => `${line.trimEnd()}\n`).join('');
}

/** Sections with an empty line between them. */
export function page(sections: readonly string[]): string {
  return sections.filter((text) => text !== '').join('\n');
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.flatMap((row) => {
    const lead = [indent, ...row.slice(0, -1).map((cell, column) => cell.padEnd(widths[column] ?? 0) + gap)].join('');
    const lines = wrapped(row.at(-1) ?? '', width - lead.length);
    return lines.map((line, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + line);
  });
}

/** Lines of whole words; a word that is too long for a line is broken. */
function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((whole) => pieces(whole, room))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > room) lines.push(line);
    line = longer.length > room ? word : longer;
  }
  return [...lines, line];
}

function pieces(word: string, room: number): readonly string[] {
  return word.length <= room ? [word] : [word.slice(0, room), ...pieces(word.slice(room), room)];
}
