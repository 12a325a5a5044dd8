import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SetupFailure } from './failure.mjs';
import { root } from './place.mjs';

const SIGNALS = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });

/** How long a command that was told to stop may take; a shell can miss the signal between two of its commands. */
const PATIENCE_MILLISECONDS = 5000;

/**
 * @typedef {object} CommandOptions
 * @property {(line: string) => void} [onLine] hears every line of stdout and stderr
 * @property {(group: number) => void} [onStart] hears the process group, which outlives us if we are killed
 */

/**
 * Runs a command to its end, in a process group of its own so that a signal to us reaches compilers three levels down:
 * whoever is told to stop has stopped everything before it exits.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {CommandOptions} [options]
 * @returns {Promise<{ exitCode: number; lines: string[] }>}
 * @throws SetupFailure when interrupted, or when the command cannot be started
 */
export function runCommand(command, parameters, { onLine, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const ownGroup = process.platform !== 'win32';
    const child = spawn(command, parameters, { cwd: root, detached: ownGroup, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {keyof typeof SIGNALS | undefined} */
    let interrupted;
    /** @param {NodeJS.Signals} signal */
    const send = (signal) => {
      if (child.pid === undefined) return;
      try {
        process.kill(ownGroup ? -child.pid : child.pid, signal);
      } catch {
        // Gone already; what is left of its output is still to be read.
      }
    };
    /** @type {NodeJS.Timeout | undefined} */
    let lastResort;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      interrupted = /** @type {keyof typeof SIGNALS} */ (signal);
      send(signal);
      lastResort ??= setTimeout(() => {
        send('SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }, PATIENCE_MILLISECONDS);
    };
    for (const signal of Object.keys(SIGNALS)) process.on(signal, forward);
    const release = () => {
      clearTimeout(lastResort);
      for (const signal of Object.keys(SIGNALS)) process.off(signal, forward);
    };

    /** @type {string[]} */
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        onLine?.(line);
      });
    }
    if (child.pid !== undefined) onStart?.(child.pid);
    child.on('error', (cause) => {
      release();
      reject(new SetupFailure(`Cannot run ${command}: ${cause.message}`));
    });
    child.on('close', (code) => {
      release();
      if (interrupted) reject(new SetupFailure('interrupted; the next run goes on from here', SIGNALS[interrupted]));
      else resolve({ exitCode: code ?? 1, lines });
    });
  });
}
