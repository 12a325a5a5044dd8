import { mkdirSync, writeFileSync } from 'node:fs';
import { findSources, SOURCES, sourcePackages } from './native-configuration.mjs';
import { runNpm } from './npm.mjs';
import { place } from './place.mjs';
import { secondsSince } from './progress.mjs';

/**
 * The packages that the addon is built from. A clone has them among its own; to an installed package they are brought
 * when it builds, because most who install it need none of them.
 * @type {import('./step.d.ts').Step}
 */
export const sources = {
  name: 'sources',
  isCurrent: () => findSources() !== undefined,
  async make({ progress, run }) {
    const start = performance.now();
    const dependencies = sourcePackages();
    const names = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
    progress.say(`sources: npm install ${names.join(' ')}`);
    mkdirSync(place(SOURCES), { recursive: true });
    writeFileSync(place(SOURCES, 'package.json'), JSON.stringify({ private: true, dependencies }));
    // Beside the tree that npm may be at work on: of what it was told for that one, nothing is to count here.
    const parameters = ['--prefix', place(SOURCES), '--ignore-scripts', '--no-audit', '--no-fund'];
    await runNpm(run, ['install', '--location=project', '--omit=dev', '--include=prod', ...parameters]);
    progress.say(`sources: installed in ${secondsSince(start)}`);
  },
};
