import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} parameters
 * @returns {Promise<string>} its standard output
 * @throws when it cannot be started or fails, with the end of what it printed
 */
export function runCommand(program, parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let everything = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
      everything += text;
    });
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      everything += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} failed (${signal ?? `code ${code}`}): ${everything.trim().slice(-300)}`));
    });
  });
}
