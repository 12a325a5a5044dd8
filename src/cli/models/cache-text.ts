import { inBytes } from '../../model/caches/byte-count.js';
import type { CacheReport, FoundModel, Waste } from '../../model/caches/cache-report.js';
import { printable } from '../progress-line.js';
import { type TableStream, tableText } from './table.js';

const mostPaths = 5;

/** What `check` prints for people: what is there, what is wrong with it, and what could be had back. */
export function cacheText(report: CacheReport, stream: TableStream): string {
  const found = report.findings.filter((finding) => finding.state !== 'missing');
  const head = ['tool', 'model', 'variant', 'state', 'size', 'path'];
  const parts = [
    found.length > 0 ? tableText(head, found.map(row), stream) : '',
    found.map(reasonsText).join(''),
    wasteText(report),
    `${countsText(report)}.\n`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** `Models of 9 tools: 2 complete, 1 incomplete, 97 missing`. */
export function countsText({ counts, findings }: CacheReport): string {
  const tools = new Set(findings.map(({ tool }) => tool));
  const whose = tools.size === 1 ? [...tools].join() : `${tools.size} tools`;
  return `Models of ${whose}: ${counts.complete} complete, ${counts.incomplete} incomplete, ${counts.missing} missing`;
}

function row({ tool, model, variant = '-', state, sizeBytes, paths }: FoundModel): readonly string[] {
  return [tool, model, variant, state, inBytes(sizeBytes), printable(paths[0])];
}

function reasonsText({ tool, model, state, reasons }: FoundModel): string {
  return reasons.length === 0 ? '' : block(`${tool} ${model} is ${state}`, reasons);
}

function wasteText({ waste, wastedBytes }: CacheReport): string {
  if (waste.length === 0) return '';
  return `Room that could be had back: ${inBytes(wastedBytes)}\n${waste.map(itemText).join('')}`;
}

function itemText({ kind, bytes, reason, paths }: Waste): string {
  const more = paths.length > mostPaths ? [`and ${paths.length - mostPaths} more`] : [];
  return block(`${inBytes(bytes)}, ${kind.replace('-', ' ')}`, [reason, ...paths.slice(0, mostPaths), ...more]);
}

function block(title: string, lines: readonly string[]): string {
  return `${title}:\n${lines.map((line) => `  ${printable(line)}\n`).join('')}`;
}
