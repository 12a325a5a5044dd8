import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SetupFailure } from './failure.mjs';
import { root } from './place.mjs';

const SIGNALS = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });

/**
 * @typedef {object} CommandOptions
 * @property {NodeJS.ProcessEnv} [env]
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
export function runCommand(command, parameters, { env = process.env, onLine, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const ownGroup = process.platform !== 'win32';
    const child = spawn(command, parameters, { cwd: root, env, detached: ownGroup, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {keyof typeof SIGNALS | undefined} */
    let interrupted;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      interrupted = /** @type {keyof typeof SIGNALS} */ (signal);
      if (child.pid !== undefined) process.kill(ownGroup ? -child.pid : child.pid, signal);
    };
    for (const signal of Object.keys(SIGNALS)) process.on(signal, forward);
    const release = () => {
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
