import { fileURLToPath } from 'node:url';
import { runCommand } from '../command.mjs';

/**
 * Runs a script of this folder in a new Node process and gives what it reported.
 *
 * @param {string} script
 * @param {readonly string[]} parameters
 * @returns {Promise<unknown>} the caller knows the shape
 */
export async function runChild(script, parameters) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return JSON.parse(await runCommand(process.execPath, [path, ...parameters]));
}
