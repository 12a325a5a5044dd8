import { readFileSync } from 'node:fs';
import os from 'node:os';
import { loadAddon } from '../dist/provider/addon.js';

/**
 * Where a result was measured, without anything that names the machine or its owner.
 *
 * @typedef {object} Machine
 * @property {string} cpu
 * @property {number} cores usable by this process
 * @property {number} memoryGibibytes
 * @property {string} system
 * @property {string} node
 */

/** @returns {Machine} */
export function describeMachine() {
  return {
    cpu: (os.cpus()[0]?.model ?? 'unknown').replace(/\s+/g, ' ').trim(),
    cores: os.availableParallelism(),
    memoryGibibytes: Math.round((10 * os.totalmem()) / 2 ** 30) / 10,
    system: `${distribution()}${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
  };
}

/** What was built: our version, the library, the compiler and the instruction sets it was allowed to use. */
export function describeBuild() {
  const { whisperVersion, compiler, cpuFeaturesCompiled } = loadAddon().systemInformation();
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return { version, whisperVersion, compiler, cpuFeatures: cpuFeaturesCompiled };
}

/** Work that others had waiting for the cores, averaged over the last minute. */
export function loadAverage() {
  return Math.round(100 * (os.loadavg()[0] ?? 0)) / 100;
}

function distribution() {
  if (process.platform !== 'linux') return '';
  try {
    const name = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'));
    return name ? `${name[1]}, ` : '';
  } catch {
    return '';
  }
}
