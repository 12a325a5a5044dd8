import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'installation-'));
afterAll(() => rm(folder, { recursive: true }));

/** A copy of the package with only these of its parts beside its JavaScript. */
async function installedAs(name: string, parts: readonly string[]): Promise<string> {
  const place = join(folder, name);
  await mkdir(place);
  await cp(join(root, 'dist'), join(place, 'dist'), { recursive: true });
  for (const part of ['package.json', 'node_modules', ...parts]) await symlink(join(root, part), join(place, part));
  return place;
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
    const outcome = engineOf(await installedAs('not-built', ['models']));
    expect(outcome).toMatch(
      /^EngineError NATIVE_NOT_BUILT The native addon could not be loaded\. Build it with .*cmake/u,
    );
  });

  test('without models says where it looked', async () => {
    const outcome = engineOf(await installedAs('no-models', ['build']));
    expect(outcome).toMatch(/^EngineError MODEL_MISSING .* none of ggml-.*\/no-models\/models.*WHISPERPOOL_MODELS/u);
  });

  test('in a folder with spaces and percent signs in its name works', async () => {
    expect(engineOf(await installedAs('100% für Müller & Söhne', ['build', 'models']))).toBe('tiny.en');
  });
});
