import { readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;

/**
 * @typedef {object} ChildProcess
 * @property {number} pid
 * @property {string} state as in proc(5): `Z` is one that has ended, and that nobody has asked about
 * @property {number} residentBytes in RAM now
 */

/** Linux only. */
export const canLookAtProcesses = process.platform === 'linux';

/**
 * What this process has started and not waited for.
 *
 * @returns {ChildProcess[]}
 */
export function childProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const fields = fieldsOf(name);
      const [state = '', parent] = fields;
      if (Number(parent) !== process.pid) return [];
      return [{ pid: Number(name), state, residentBytes: Number(fields[21]) * PAGE_BYTES }];
    });
}

/** Files, pipes and sockets that this process has open. */
export function openDescriptors() {
  return readdirSync('/proc/self/fd').length;
}

/** What is in RAM of this process and its children. */
export function residentBytes() {
  return childProcesses().reduce((sum, child) => sum + child.residentBytes, process.memoryUsage.rss());
}

/**
 * Of proc(5), from the third on: what is before may hold spaces. None when it is gone meanwhile.
 *
 * @param {string} pid
 */
function fieldsOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
