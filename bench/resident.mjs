import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * A program that stays: it answers each line of its standard input with one line.
 *
 * @typedef {object} Resident
 * @property {(line: string) => Promise<string>} ask one request at a time
 * @property {() => Promise<void>} close ends its input and waits for it to leave
 */

/**
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {NodeJS.ProcessEnv} [environment] on top of this process's own
 * @returns {Resident}
 */
export function startResident(program, parameters, environment = {}) {
  const child = spawn(program, parameters, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const left = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, signal) => resolve(new Error(`${program} left with ${signal ?? `code ${code}`}.`)));
  });
  child.stdin.on('error', () => undefined); // a broken pipe is reported by `left`
  const lines = createInterface({ input: child.stdout });

  return {
    async ask(line) {
      const answer = once(lines, 'line');
      child.stdin.write(`${line}\n`);
      const first = await Promise.race([answer, left]);
      if (Array.isArray(first)) return String(first[0]);
      throw first;
    },
    async close() {
      child.stdin.end();
      await left;
    },
  };
}
