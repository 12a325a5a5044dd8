import { mkdirSync, readFileSync } from 'node:fs';
import { runCommand } from '../setup/command.mjs';
import { SetupFailure } from '../setup/failure.mjs';
import { place } from '../setup/place.mjs';

/** Where everything lies that is to be published together. */
export const RELEASE = place('build/release');

/** @type {{ version: string; license: string; author: string; engines: Record<string, string> }} */
export const description = JSON.parse(readFileSync(place('package.json'), 'utf8'));

/**
 * Packs the package in a folder into the release.
 * @param {string} folder
 * @returns {Promise<string>} the tarball's path
 */
export async function pack(folder) {
  mkdirSync(RELEASE, { recursive: true });
  const lines = await succeed('npm', [
    ...['pack', folder, '--json', '--ignore-scripts', '--silent', '--pack-destination', RELEASE],
  ]);
  /** @type {{ filename: string }[]} */
  const [tarball] = JSON.parse(lines.join('\n'));
  return `${RELEASE}/${tarball?.filename}`;
}

/**
 * @param {string} command
 * @param {readonly string[]} parameters
 * @throws SetupFailure
 */
export async function succeed(command, parameters) {
  const { exitCode, lines } = await runCommand(command, parameters);
  if (exitCode !== 0) throw new SetupFailure(`${lines.join('\n')}\n${command} failed (exit code ${exitCode}).`);
  return lines;
}
