import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundled, jfkSays } from './clips.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const platformTarball = join(root, `build/release/whisperpool-native-linux-x64-gnu-${version}.tgz`);
const platformBinary = join(root, 'build/packages/native-linux-x64-gnu/whisperpool.node');
const emulator = '/usr/bin/qemu-x86_64';
const model = join(root, 'models/ggml-tiny.en-q8_0.bin');
const builds = process.env['WHISPERPOOL_TEST_FULL'] === '1';

const folder = await mkdtemp(join(tmpdir(), 'package-'));
afterAll(() => rm(folder, { recursive: true }));
let tarball: string;
beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const [made] = JSON.parse(packed) as { filename: string }[];
  tarball = join(folder, made?.filename ?? '');
});

/** A project of somebody who never had whisperpool before, with these tarballs installed. */
class Project {
  readonly place: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(place: string) {
    this.place = place;
    this.#environment = { PATH: process.env['PATH'], HOME: join(place, 'home') };
  }

  static async with(name: string, tarballs: readonly string[]): Promise<Project> {
    const project = new Project(join(folder, name));
    await mkdir(join(project.place, 'home'), { recursive: true });
    await writeFile(join(project.place, 'package.json'), '{ "private": true }');
    const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    // With this user's own npm settings and cache.
    execFileSync('npm', ['install', ...quiet, ...tarballs], { cwd: project.place, stdio: 'pipe' });
    return project;
  }

  run(command: string, ...parameters: readonly string[]) {
    const options = { cwd: this.place, env: this.#environment, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(command, parameters, options);
    return { status, stdout, stderr };
  }

  whisperpool(...parameters: readonly string[]) {
    return this.run(join(this.place, 'node_modules/.bin/whisperpool'), ...parameters);
  }

  /** What a module prints that has an engine. */
  engine(then: string): string {
    const source = `import { createEngine } from 'whisperpool';
      const engine = await createEngine({ model: ${JSON.stringify(model)}, language: 'en', slots: 1 });
      ${then}
      await engine.close();`;
    const { status, stdout, stderr } = this.run(process.execPath, '--input-type=module', '--eval', source);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  }
}

const transcribe = `console.log((await engine.transcribe(${JSON.stringify(bundled('jfk.wav'))})).text);`;
const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z ]/gu, '');

describe('the tarball, installed into an empty project', () => {
  test(`transcribes once the addon is there (${builds ? 'built' : 'copied; WHISPERPOOL_TEST_FULL=1 builds it'})`, async () => {
    const project = await Project.with('built-here', [tarball]);
    const before = project.whisperpool('transcribe', '--model', model, bundled('jfk.wav'));
    expect(before).toMatchObject({ status: 3, stderr: expect.stringContaining('`npx whisperpool setup`') as unknown });

    if (builds) {
      expect(project.whisperpool('setup')).toMatchObject({ status: 0 });
    } else {
      const place = join(project.place, 'node_modules/whisperpool/build/native');
      await mkdir(place, { recursive: true });
      await copyFile(join(root, 'build/native/whisperpool.node'), join(place, 'whisperpool.node'));
    }
    expect(plain(project.engine(transcribe))).toContain(jfkSays);
    const { status, stdout } = project.whisperpool('transcribe', '--model', model, bundled('jfk.wav'));
    expect({ status, text: plain(stdout) }).toEqual({ status: 0, text: expect.stringContaining(jfkSays) as unknown });
  }, 900_000);

  test.skipIf(!existsSync(platformTarball))(
    'transcribes with the kernels of the platform package (needs `npm run prebuilt`)',
    async () => {
      const project = await Project.with('prebuilt', [tarball, platformTarball]);
      const kernels = `import { readFileSync } from 'node:fs';
        console.log(new Set(readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S*libggml-cpu-\\w+\\.so/g)).size);`;
      const [text = '', libraries] = project.engine(`${transcribe}\n${kernels}`).split('\n');
      expect(plain(text)).toContain(jfkSays);
      // Each was asked whether it fits, and one stayed.
      expect(libraries).toBe('1');
    },
  );
});

describe.skipIf(!existsSync(platformBinary) || !existsSync(emulator))(
  'the platform package loads the kernels (needs `npm run prebuilt` and qemu-user)',
  () => {
    test.each([
      ['plain x86-64', 'qemu64', 'SSE3', 'SSSE3'],
      ['a CPU without AVX', 'Nehalem', 'SSSE3', 'AVX'],
      ['a CPU without AVX2', 'IvyBridge', 'F16C', 'AVX2'],
      ['a CPU without AVX-512', 'Haswell', 'AVX2', 'AVX512F'],
    ])('of %s', (_name, cpu, present, absent) => {
      const source = `const { cpuFeaturesCompiled, cpuFeaturesPresent } = require(${JSON.stringify(platformBinary)}).systemInformation();
        console.log(JSON.stringify({ cpuFeaturesCompiled, cpuFeaturesPresent }));`;
      const masked = [emulator, '-cpu', cpu, process.execPath, '--max-lazy', '--single-threaded', '--eval', source];
      const { status, stdout } = spawnSync('timeout', ['60', ...masked], { encoding: 'utf8' });
      expect(status).toBe(0);
      const { cpuFeaturesCompiled, cpuFeaturesPresent } = JSON.parse(stdout) as Record<string, string[]>;
      expect(cpuFeaturesPresent).toContain(present);
      expect(cpuFeaturesPresent).not.toContain(absent);
      expect(cpuFeaturesPresent).toEqual(expect.arrayContaining(cpuFeaturesCompiled ?? []));
    });
  },
);
