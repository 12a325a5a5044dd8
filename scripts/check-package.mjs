// Packs the npm tarball and judges what is in it: the files, the entry points, the types as each resolver sees them.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { runCommand } from './setup/command.mjs';
import { place } from './setup/place.mjs';

const FOLDER = place('build/package');
const WANTED = [
  'CHANGELOG.md',
  'adapters/faster_whisper.py',
  'adapters/run.py',
  'assets/eleven-seconds.flac',
  'assets/half-second.wav',
  'assets/page/index.html',
  'LICENSE',
  'README.md',
  'dist/cli/main.js',
  'models/README.md',
  'models/ggml-silero-v6.2.0.bin',
  'native/CMakeLists.txt',
  'scripts/setup.mjs',
];
/** @type {{ exports: Record<string, Record<'types' | 'default', string>> }} */
const { exports: entries } = JSON.parse(readFileSync(place('package.json'), 'utf8'));
for (const { types, default: code } of Object.values(entries)) WANTED.push(types.slice(2), code.slice(2));
const UNWANTED = /\.(bin|node|pyc|stamp|tgz)$|^(test|bench|src|build)\//;
const LIMIT_BYTES = 8_000_000;

/**
 * @param {string} command
 * @param {readonly string[]} parameters
 */
async function succeed(command, parameters) {
  const { exitCode, lines } = await runCommand(command, parameters);
  if (exitCode !== 0) throw new Error(lines.join('\n'));
  return lines;
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
try {
  const lines = await succeed('npm', ['pack', '--json', '--ignore-scripts', '--silent', '--pack-destination', FOLDER]);
  /** @type {{ filename: string; unpackedSize: number; files: { path: string }[] }[]} */
  const [tarball] = JSON.parse(lines.join('\n'));
  if (!tarball) throw new Error('npm pack made no tarball');
  const paths = tarball.files.map((file) => file.path);
  const complaints = [
    ...WANTED.filter((path) => !paths.includes(path)).map((path) => `the tarball lacks ${path}`),
    ...paths
      .filter((path) => UNWANTED.test(path) && !WANTED.includes(path))
      .map((path) => `the tarball must not hold ${path}`),
    ...(tarball.unpackedSize > LIMIT_BYTES ? [`the tarball unpacks to ${tarball.unpackedSize} bytes`] : []),
  ];
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  const path = `${FOLDER}/${tarball.filename}`;
  await succeed(place('node_modules/.bin/publint'), ['run', path, '--strict']);
  // Node 20.19 and newer `require` ESM, which TypeScript believes of `nodenext`, and not of `node16`.
  const rules = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
  await succeed(place('node_modules/.bin/attw'), [path, ...rules, '--no-emoji']);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
