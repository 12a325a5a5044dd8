import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { packagesOf } from '../module-graph.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'installation-'));
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the package with only these of its parts beside its JavaScript. */
async function installedAs(name: string, parts: readonly string[]): Promise<string> {
  const place = join(folder, name);
  await mkdir(place);
  await cp(join(root, 'dist'), join(place, 'dist'), { recursive: true });
  for (const part of ['package.json', ...parts]) await symlink(join(root, part), join(place, part));
  return place;
}

/** The packages that come with it, and none of the optional ones. */
async function addDependencies(place: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  for (const [path, { dev = false, optional = false }] of Object.entries(packages)) {
    if (!/^node_modules\/(?!.*node_modules)/u.test(path) || dev || optional) continue;
    await mkdir(dirname(join(place, path)), { recursive: true });
    await symlink(join(root, path), join(place, path));
  }
}

/** Makes an engine of that copy in a process of its own, and says how that went. */
function engineOf(place: string): string {
  const library = pathToFileURL(join(place, 'dist', 'index.js')).href;
  const source = `import { createEngine } from ${JSON.stringify(library)};
    try {
      const engine = await createEngine({ model: 'tiny.en', slots: 1 });
      console.log(engine.used.model);
      await engine.close();
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

describe('a copy of the package', () => {
  test('without the native addon says how to build it', async () => {
    const outcome = engineOf(await installedAs('not-built', ['node_modules', 'models']));
    expect(outcome).toMatch(
      /^EngineError NATIVE_NOT_BUILT The native addon could not be loaded\. Build it with .*cmake/u,
    );
  });

  test('without models says where it looked', async () => {
    const outcome = engineOf(await installedAs('no-models', ['node_modules', 'build']));
    expect(outcome).toMatch(/^EngineError MODEL_MISSING .* none of ggml-.*\/no-models\/models.*WHISPERPOOL_MODELS/u);
  });

  test('in a folder with spaces and percent signs in its name works', async () => {
    expect(engineOf(await installedAs('100% für Müller & Söhne', ['node_modules', 'build', 'models']))).toBe('tiny.en');
  });

  test('without any of the optional packages works, and says what its server and its worker need', async () => {
    const place = await installedAs('nothing-optional', ['build', 'models']);
    await addDependencies(place);
    expect(engineOf(place)).toBe('tiny.en');
    const entries: [command: string, entry: string, spared: string[]][] = [
      ['serve', 'dist/server/index.js', []],
      ['work', 'dist/queue/index.js', ['prom-client']], // where metrics are asked for
    ];
    for (const [command, entry, spared] of entries) {
      const parameters = [join(place, 'dist', 'cli', 'main.js'), command];
      const { status, stderr } = spawnSync(process.execPath, parameters, { cwd: folder, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining('npm install') });
      const named = [...stderr.matchAll(/(\S+)@\d/gu)].map(([, name]) => name?.replace('`', ''));
      const needed = packagesOf(entry).filter((name) => !existsSync(join(place, 'node_modules', name)));
      expect(needed.filter((name) => !named.includes(name) && !spared.includes(name))).toEqual([]);
    }
  });
});
