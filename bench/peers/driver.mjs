import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { peerFolder } from './place.mjs';

const DRIVERS = new URL('drivers/', import.meta.url);
const ANSWERS = 3;
const LAST_WORDS = 400;

/**
 * A process that has one peer in it. Whatever the peer does, each question ends by its deadline.
 *
 * @typedef {object} Driver
 * @property {number} pid
 * @property {(request: import('./protocol.mjs').Request, deadlineSeconds: number) => Promise<import('./outcome.mjs').Outcome>} ask
 *   one at a time; after `crashed` and `late` there is nothing more to ask
 * @property {() => Promise<void>} end of the process and of all that it started
 */

/**
 * @param {import('./table.mjs').Peer} peer
 * @returns {Driver}
 */
export function startDriver({ name, libraries }) {
  const script = fileURLToPath(new URL(`${name}.mjs`, DRIVERS));
  const places = libraries === undefined ? {} : { LD_LIBRARY_PATH: path.join(peerFolder(name), libraries) };
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that its children end with it
    env: { ...process.env, ...places },
  });
  const { pid, stdin, stderr } = child;
  if (pid === undefined || !stdin || !stderr) throw new Error('The driver could not be started.');
  let printed = '';
  stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    printed = `${printed}${text}`.slice(-LAST_WORDS);
  });
  stdin.on('error', () => undefined); // the exit is what is reported
  const answers = /** @type {import('node:stream').Readable} */ (child.stdio[ANSWERS]);
  const lines = createInterface({ input: answers });

  /** @type {Promise<import('./outcome.mjs').Outcome>} */
  const left = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ kind: 'crashed', how: signal ?? `exit code ${code}`, lastWords: code === 0 ? '' : printed });
    });
  });
  const kill = () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };
  process.once('exit', kill);

  return {
    pid,
    async ask(request, deadlineSeconds) {
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      /** @type {Promise<import('./outcome.mjs').Outcome>} */
      const late = new Promise((resolve) => {
        timer = setTimeout(() => resolve({ kind: 'late', seconds: deadlineSeconds }), 1000 * deadlineSeconds);
      });
      /** @type {Promise<import('./outcome.mjs').Outcome>} */
      const answered = new Promise((resolve) => {
        lines.once('line', (line) => {
          /** @type {import('./protocol.mjs').Answer} */
          const answer = JSON.parse(line);
          resolve(answer.kind === 'error' ? { kind: 'refused', message: answer.message } : { kind: 'answer', answer });
        });
      });
      stdin.write(`${JSON.stringify(request)}\n`);
      const outcome = await Promise.race([answered, left, late]);
      clearTimeout(timer);
      if (outcome.kind === 'late') kill();
      return outcome;
    },
    async end() {
      kill();
      await left;
      process.removeListener('exit', kill);
    },
  };
}
