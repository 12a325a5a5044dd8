import Table from 'cli-table3';

/** Where a table is printed: stdout, or something that looks like it. */
export interface TableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Lines with borders where they fit on a terminal; elsewhere nothing but columns, for programs and narrow windows. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[], stream: TableStream): string {
  if (stream.isTTY === true && process.env['TERM'] !== 'dumb') {
    const lines = drawn(head, rows, {});
    if ((lines[0]?.length ?? 0) <= (stream.columns ?? 0)) return `${lines.join('\n')}\n`;
  }
  const lines = drawn(head, rows, noBorders);
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function drawn(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  chars: Partial<typeof noBorders>,
): readonly string[] {
  const padding = 'middle' in chars ? 0 : 1;
  const table = new Table({
    head: head.map((name) => name.toUpperCase()),
    chars,
    // It would colour the head, also in a pipe.
    style: { head: [], border: [], compact: true, 'padding-left': padding, 'padding-right': padding },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split('\n');
}
