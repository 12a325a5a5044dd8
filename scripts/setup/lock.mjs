import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A holder touches its lock this often; one untouched for six times as long is nobody's. */
const HEARTBEAT_MILLISECONDS = 10_000;

/**
 * @typedef {object} Owner
 * @property {number} pid
 * @property {string} host
 * @property {number} [group] the process group of the command that is running; it may outlive a killed owner
 */

/**
 * Waits until no other set-up works in this folder, then holds it.
 * @param {string} path
 * @param {(owner: Owner) => void} onWait called once when another holds the lock
 */
export async function acquireLock(path, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  /** @type {Owner} */
  const self = { pid: process.pid, host: hostname() };
  for (let waited = false; !take(path, self); ) {
    const owner = readOwner(path);
    if (isAbandoned(path, owner)) rmSync(path, { force: true });
    else {
      if (!waited && owner) onWait(owner);
      waited ||= owner !== undefined;
      await sleep(200);
    }
  }
  const heartbeat = setInterval(() => utimesSync(path, new Date(), new Date()), HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  return {
    guard: (/** @type {number} */ group) => writeFileSync(path, JSON.stringify({ ...self, group })),
    release: () => {
      clearInterval(heartbeat);
      rmSync(path, { force: true });
    },
  };
}

/**
 * @param {string} path
 * @param {Owner} owner
 */
function take(path, owner) {
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @returns {Owner | undefined} undefined in the instant in which a lock exists but is still empty, or is just gone
 */
function readOwner(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @param {Owner | undefined} owner
 */
function isAbandoned(path, owner) {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (touched === undefined) return false;
  if (Date.now() - touched > 6 * HEARTBEAT_MILLISECONDS) return true;
  // A process of another machine or container cannot be asked for; only its heartbeat tells.
  if (owner?.host !== hostname()) return false;
  return !isAlive(owner.pid) && (owner.group === undefined || !isAlive(-owner.group));
}

/** @param {number} pid a process, or the negative of a process group */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
