import { digits } from '../markdown.mjs';

/** @param {string} text */
export function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A line of Markdown, of which results use only code and strong words. @param {string} line */
export function inline(line) {
  return escaped(line)
    .replace(/`([^`]+)`/gu, '<code>$1</code>')
    .replace(/\*\*(.+?)\*\*/gu, '<strong>$1</strong>');
}

/**
 * A table as wide as it likes, in a frame that scrolls.
 *
 * @param {import('../result.mjs').Table} table
 */
export function tableHtml({ title, columns, rows }) {
  const head = columns.map((column) => `<th scope="col">${inline(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('\n');
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(title)}"><table><thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody></table></div>`;
}

/** @param {string | number} content */
function cellHtml(content) {
  if (typeof content === 'string') return `<td>${inline(content)}</td>`;
  return `<td class="number">${Number.isNaN(content) ? '–' : digits(content)}</td>`;
}
