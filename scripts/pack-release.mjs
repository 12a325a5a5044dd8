// Packs whisperpool for publication into build/release, with the platform packages that lie there as its optional
// dependencies. They are named only now: until they are published, `npm ci` would fail on names that the registry does
// not have, and whoever took those names could run code in every clone.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { description, pack, RELEASE, succeed } from './release/packing.mjs';
import { PLATFORMS, packageName } from './release/platforms.mjs';
import { place } from './setup/place.mjs';

const { version } = description;
mkdirSync(RELEASE, { recursive: true });
const made = new Set(readdirSync(RELEASE));
const platforms = Object.keys(PLATFORMS).filter((name) => made.has(`whisperpool-native-${name}-${version}.tgz`));

const folder = place('build/packages/whisperpool');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const tarball = await pack(place());
await succeed('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
const path = `${folder}/package.json`;
const manifest = {
  ...JSON.parse(readFileSync(path, 'utf8')),
  optionalDependencies: Object.fromEntries(platforms.map((name) => [packageName(name), version])),
};
writeFileSync(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
console.log(await pack(folder));
console.log(`platform packages: ${platforms.join(', ') || 'none; `npm run prebuilt` makes one'}`);
