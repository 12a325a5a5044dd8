import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const SAMPLE_MILLISECONDS = 100;
const LOOK_AGAIN_MILLISECONDS = 10;
const IDLE_LOOKS = 5; // in a row

/**
 * A process and all that it started, and that these started. Linux only, as all of this file.
 *
 * @param {number} pid
 * @returns {number[]} itself first
 */
export function processTree(pid) {
  const children = tasksOf(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`)
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

/**
 * Samples what a peer has in RAM until it is told to stop.
 *
 * @param {number} pid
 * @param {import('./table.mjs').Peer['memory']} scope
 * @returns {() => number} stops; the most there ever was, MiB
 */
export function watchMemory(pid, scope) {
  let most = 0;
  const look = () => {
    const pids = scope === 'process' ? processTree(pid) : processTree(pid).slice(1);
    most = Math.max(
      most,
      pids.reduce((sum, each) => sum + proportionalKibibytes(each), 0),
    );
  };
  look();
  const timer = setInterval(look, SAMPLE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    look();
    return most / 1024;
  };
}

/**
 * @param {number} pid
 * @param {number} patienceSeconds
 * @returns {Promise<number | undefined>} seconds until nothing of the tree computes, or waits for a core to do so;
 *   undefined when it does not stop
 */
export async function secondsUntilIdle(pid, patienceSeconds) {
  const start = performance.now();
  let idleSince = start;
  let idleLooks = 0;
  while (performance.now() - start < 1000 * patienceSeconds) {
    const now = performance.now();
    if (isComputing(pid)) idleLooks = 0;
    else {
      if (idleLooks === 0) idleSince = now;
      idleLooks += 1;
      if (idleLooks === IDLE_LOOKS) return (idleSince - start) / 1000;
    }
    await sleep(LOOK_AGAIN_MILLISECONDS);
  }
  return undefined;
}

/** What is shared counts once, in parts, over those who share it. @param {number} pid */
function proportionalKibibytes(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** @param {number} pid */
function isComputing(pid) {
  return processTree(pid).some((each) =>
    tasksOf(each).some((task) => {
      const stat = read(`/proc/${each}/task/${task}/stat`);
      return stat.slice(stat.lastIndexOf(')') + 2).startsWith('R');
    }),
  );
}

/** @param {number} pid */
function tasksOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it is gone
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it is gone
  }
}
