import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MEBIBYTE = 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = /** @type {() => void} */ (runInNewContext('gc'));

/** What this process holds when its main thread has collected its garbage: MiB, and the number of its threads. */
export function readMemory() {
  collectGarbage();
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  return {
    rss: rss / MEBIBYTE,
    heapUsed: heapUsed / MEBIBYTE,
    heapTotal: heapTotal / MEBIBYTE,
    external: external / MEBIBYTE,
    arrayBuffers: arrayBuffers / MEBIBYTE,
    threads: process.platform === 'linux' ? readdirSync('/proc/self/task').length : Number.NaN,
  };
}
