// Before `npm prune --omit=dev` in an image: the optional peers that are tested here become dependencies, in the
// versions of the lock file.
import { readFileSync, writeFileSync } from 'node:fs';
import { place } from '../setup/place.mjs';

/** @type {Record<'dependencies' | 'devDependencies' | 'peerDependencies', Record<string, string>>} */
const description = JSON.parse(readFileSync(place('package.json'), 'utf8'));
const { dependencies, devDependencies, peerDependencies } = description;
for (const name of Object.keys(peerDependencies)) {
  const version = devDependencies[name];
  if (version !== undefined) dependencies[name] = version;
}
writeFileSync(
  place('package.json'),
  JSON.stringify({ ...description, dependencies, devDependencies: {}, peerDependencies: {}, peerDependenciesMeta: {} }),
);
