import { readdirSync, readFileSync } from 'node:fs';

/** One fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/**
 * The js and ts blocks of a page run in order, as one module. A block that imports from `whisperpool` begins a new one.
 * Every line has the number that it has in the page.
 */
export interface Program {
  readonly page: string;
  readonly line: number;
  readonly language: 'js' | 'ts';
  readonly code: string;
}

const root = new URL('../', import.meta.url);

/** README.md and every page of docs/. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(new URL('docs', root))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

export function pageText(page: string): string {
  return readFileSync(new URL(page, root), 'utf8');
}

/** What stands between fences; a block within a list is moved to the left. */
export function blocksOf(page: string, text = pageText(page)): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; indent: string; fence: string; language: string; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const {
      indent = '',
      fence,
      info = '',
    } = /^(?<indent> *)(?<fence>`{3,}|~{3,})(?<info>.*)$/u.exec(line)?.groups ?? {};
    if (!open && fence) open = { line: index + 1, indent, fence, language: info.trim(), lines: [] };
    else if (open && fence?.startsWith(open.fence) && info.trim() === '') {
      blocks.push({ page, line: open.line, language: open.language, code: open.lines.join('\n') });
      open = undefined;
    } else if (open) open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
  }
  if (open) throw new Error(`${page}:${open.line}: the block has no end.`);
  return blocks;
}

export function programsOf(blocks: readonly CodeBlock[]): readonly Program[] {
  const programs: Program[] = [];
  for (const { page, line, language, code } of blocks) {
    if (language !== 'js' && language !== 'ts') continue;
    const last = programs.at(-1);
    if (last?.page !== page || /^import .* from 'whisperpool/mu.test(code)) {
      programs.push({ page, line, language, code: '\n'.repeat(line) + code });
    } else {
      const gap = '\n'.repeat(line - last.code.split('\n').length + 1);
      programs[programs.length - 1] = {
        ...last,
        language: language === 'ts' ? language : last.language,
        code: last.code + gap + code,
      };
    }
  }
  return programs;
}

/** The commands of a sh block, one a line; a line that ends in a backslash goes on, and `npx` goes without saying. */
export function commandsOf({ code }: CodeBlock): readonly string[] {
  const lines = code.replaceAll(/\\\n\s*/gu, '').split('\n');
  return lines.map((line) => line.trim().replace(/^npx /u, '')).filter((line) => line !== '' && !line.startsWith('#'));
}
