// Makes this system's platform package of what `scripts/setup.mjs --prebuilt` built, and packs it into build/release.
// `npm run prebuilt` does both. Made on one machine of each kind, the tarballs go into build/release of the machine that
// runs `npm run release`.
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { description, pack, succeed } from './release/packing.mjs';
import { PLATFORMS, packageName } from './release/platforms.mjs';
import { findSources } from './setup/native-configuration.mjs';
import { place } from './setup/place.mjs';

const BUILT = place('build/prebuilt/addon');
const { platform: system, arch } = process;
const platform = `${system}-${arch}${system === 'linux' ? '-gnu' : ''}`;
const limits = PLATFORMS[platform];
if (!limits) throw new Error(`There is no platform package for ${platform}.`);

const folder = place('build/packages', `native-${platform}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const binaries = readdirSync(BUILT, { withFileTypes: true }).filter(
  (entry) => entry.isFile() && /\.(?:node|so|dylib)$/.test(entry.name),
);
for (const { name } of binaries) {
  copyFileSync(join(BUILT, name), join(folder, name));
  await succeed('strip', [system === 'darwin' ? '-x' : '--strip-unneeded', join(folder, name)]);
}
copyFileSync(place('LICENSE'), join(folder, 'LICENSE'));
copyFileSync(join(findSources({ required: true }).whisperCpp, 'LICENSE'), join(folder, 'LICENSE.whisper.cpp'));
const { version, license, author, engines } = description;
const manifest = {
  name: packageName(platform),
  version,
  description: `The native addon of whisperpool for ${platform}, with kernels for every CPU of it.`,
  license,
  author,
  engines,
  ...limits,
  // Its files find each other in their own folder, which Yarn must not keep in a zip.
  preferUnplugged: true,
  main: 'whisperpool.node',
  files: ['*.node', '*.so', '*.dylib', 'LICENSE.whisper.cpp'],
};
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
writeFileSync(
  join(folder, 'README.md'),
  `# ${manifest.name}\n\n${manifest.description} It is installed along with \`whisperpool\`; nothing here is to be imported.\n`,
);
console.log(await pack(folder));
