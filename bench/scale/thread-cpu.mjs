import { readdirSync, readFileSync } from 'node:fs';

/** What Linux counts in, whatever the kernel's own tick is. */
const TICK_SECONDS = 0.01;

/** Linux only. */
export const canLookAtThreads = process.platform === 'linux';

/**
 * CPU seconds that each thread of this process has taken so far. The main thread has the number of the process.
 *
 * @returns {Map<number, number>}
 */
export function cpuSecondsByThread() {
  return new Map(
    readdirSync('/proc/self/task').flatMap((thread) => {
      const fields = fieldsOf(thread);
      // proc(5): utime and stime; the third field is the first here.
      return fields ? [[Number(thread), TICK_SECONDS * (Number(fields[11]) + Number(fields[12]))]] : [];
    }),
  );
}

/** @param {string} thread */
function fieldsOf(thread) {
  try {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
