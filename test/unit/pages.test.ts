import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { metricTable } from '../../dist/telemetry/metric-table.js';
import { pages, pageText } from '../code-blocks.js';

const root = new URL('../../', import.meta.url);
const dist = (file: string) => readFileSync(new URL(`dist/${file}`, root), 'utf8');
const codes = [...dist('errors.d.ts').matchAll(/[|=] '(?<code>[A-Z_]+)'/gu)].map(
  ({ groups }) => groups?.['code'] ?? '',
);

/** As GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...withoutBlocks(pageText(page)).matchAll(/^#+ (?<title>.*)$/gmu)];
  return new Set(headings.map(({ groups }) => slugOf(groups?.['title'] ?? '')));
}

function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```$/gmsu, '');
}

/** Where a page's links lead, within the repository. */
function linksOf(page: string): readonly { readonly link: string; readonly path: string; readonly anchor: string }[] {
  const links = [...withoutBlocks(pageText(page)).matchAll(/\]\((?<link>[^)\s]+)\)/gu)];
  return links
    .map(({ groups }) => groups?.['link'] ?? '')
    .filter((link) => !/^[a-z]+:/u.test(link))
    .map((link) => {
      const { pathname, hash } = new URL(link, new URL(page, 'file:///'));
      return { link, path: pathname.slice(1), anchor: hash.slice(1) };
    });
}

describe.each(pages)('%s', (page) => {
  test('has links that lead somewhere', () => {
    for (const { link, path, anchor } of linksOf(page)) {
      expect.soft(existsSync(fileURLToPath(new URL(path, root))), link).toBe(true);
      if (anchor !== '' && path.endsWith('.md')) expect.soft([...anchorsOf(path)], link).toContain(anchor);
    }
  });

  test('names codes of errors and metrics that there are', () => {
    const families = new Set(codes.map((code) => code.slice(0, code.indexOf('_'))));
    const named = [...pageText(page).matchAll(/`(?<code>[A-Z]+_[A-Z_]+)`/gu)].map(
      ({ groups }) => groups?.['code'] ?? '',
    );
    const looksLikeOne = (code: string) => families.has(code.slice(0, code.indexOf('_')));
    for (const code of named.filter(looksLikeOne)) expect.soft(codes).toContain(code);
    const metrics = [...pageText(page).matchAll(/whisperpool_(?<name>[a-z_]+[a-z])/gu)];
    for (const { groups } of metrics) {
      expect.soft(knownMetrics).toContain((groups?.['name'] ?? '').replace(/_(?:sum|count)$/u, ''));
    }
  });
});

const knownMetrics: readonly string[] = [
  ...metricTable.map(({ name }) => name),
  ...[...dist('queue/queue-metrics.js').matchAll(/'whisperpool_(?<name>\w+)'/gu)].map(
    ({ groups }) => groups?.['name'] ?? '',
  ),
];

test('docs/operations.md says what every code of an error means, once', () => {
  expect(codes.length).toBeGreaterThan(40);
  const rows = pageText('docs/operations.md').match(/^\| `[A-Z_]+`(?:, `[A-Z_]+`)* \|/gmu) ?? [];
  const explained = rows.join().match(/[A-Z_]{2,}/gu) ?? [];
  expect(explained.sort()).toEqual([...codes].sort());
});
