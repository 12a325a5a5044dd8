import { existsSync, readFileSync } from 'node:fs';
import { runNpm } from './npm.mjs';
import { isCheckout, place } from './place.mjs';
import { secondsSince } from './progress.mjs';

/**
 * The npm packages of package-lock.json in node_modules. npm keeps its own record of what it installed and writes it
 * last, so packages that somebody installed by hand count, and an installation that was cut short does not.
 * @type {import('./step.d.ts').Step}
 */
export const packages = {
  name: 'packages',
  isCurrent() {
    if (!isCheckout()) return true;
    const record = place('node_modules/.package-lock.json');
    if (!existsSync(record)) return false;
    const wanted = readLock(place('package-lock.json'));
    const installed = readLock(record);
    return Object.entries(wanted).every(([folder, { version, integrity, optional, link }]) => {
      // Optional packages are those of other platforms; npm decides which of them this one needs.
      if (folder === '' || optional || link) return true;
      const found = installed[folder];
      return found?.version === version && found?.integrity === integrity && existsSync(place(folder, 'package.json'));
    });
  },
  async make({ progress, run }) {
    const start = performance.now();
    const count = Object.keys(readLock(place('package-lock.json'))).length - 1;
    progress.say(`packages: npm ci, up to ${count} packages`);
    // No install script is needed: what is native here is compiled by the next step, or lies ready in its package.
    await runNpm(run, ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund']);
    progress.say(`packages: installed in ${secondsSince(start)}`);
  },
};

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {boolean} [link]
 */

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage>}
 */
function readLock(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}
