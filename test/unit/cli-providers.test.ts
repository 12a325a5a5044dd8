import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ListedProvider, probed } from '../../dist/cli/providers/providers.js';
import type { Provider } from '../../dist/provider/provider.js';
import { ManualClock } from '../manual-clock.js';
import { type Ended, ended, InstalledCli, putTiny } from './installed-cli.js';

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
afterAll(() => cli.remove());
beforeEach(() => cli.newUser());

/** Without Python, unless one was put into `others`. */
function providers(...flags: readonly string[]): Promise<Ended> {
  return ended(cli.start(['providers', ...flags], { PATH: cli.others }));
}

async function listed(...flags: readonly string[]): Promise<readonly ListedProvider[]> {
  const { stdout, stderr } = await providers('--json', ...flags);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { readonly providers: readonly ListedProvider[] }).providers;
}

/** A stand-in for the package, where the user has installed it. */
async function putNodeAddon(onLoad = ''): Promise<void> {
  const folder = join(cli.project, 'node_modules/whisper-node-addon');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ version: '1.0.2', main: 'index.js' }));
  const call = "if (!options.model) throw new Error('Model path is required');";
  await writeFile(join(folder, 'index.js'), `exports.transcribe = async (options) => { ${onLoad} ${call} };`);
}

describe('whisperpool providers', () => {
  test('prints a table of all, and below it what is missing and what installs it', async () => {
    const { exitCode, stdout, stderr } = await providers();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/u));
    expect(rows[0]).toEqual(['PROVIDER', 'STATE', 'VERSION', 'BACKEND']);
    expect(rows).toContainEqual(['whisper-cpp', 'not probed', '-', '-']);
    expect(rows).toContainEqual(['whisper-node-addon', 'unavailable', '-', '-']);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain('npm install --ignore-scripts whisper-node-addon');
  });

  test('names each once', async () => {
    const names = (await listed()).map(({ provider }) => provider);
    expect(names).toEqual(expect.arrayContaining(['whisper-cpp', 'whisper-node-addon', 'faster-whisper']));
    expect(new Set(names).size).toBe(names.length);
  });

  test('says without starting it that Python is not there', async () => {
    expect(await listed()).toContainEqual({
      provider: 'faster-whisper',
      state: 'unavailable',
      reason: expect.stringMatching(/^There is no python3 in PATH\. .*pip install faster-whisper/u),
    });
    await writeFile(join(cli.others, 'python3'), '');
    expect(await listed()).toContainEqual({ provider: 'faster-whisper', state: 'not-probed' });
  });

  test.skipIf(process.platform === 'darwin')('says that what is for a Mac is for a Mac', async () => {
    expect(await listed()).toContainEqual({
      provider: 'mlx-whisper',
      state: 'unavailable',
      reason: expect.stringContaining('Apple silicon'),
      note: expect.stringContaining('Not yet run on that hardware'),
    });
  });

  test('finds an optional package where the program is run, and runs nothing of it', async () => {
    await putNodeAddon('process.exit(7);');
    expect(await listed()).toContainEqual({
      provider: 'whisper-node-addon',
      state: 'not-probed',
      note: expect.stringContaining('reads its model again'),
    });
  });
});

describe('whisperpool providers --probe', () => {
  test('says of each that can work here its version and what computes', async () => {
    await putTiny(cli.store);
    await putNodeAddon();
    const found = await listed('--probe');
    expect(found).toContainEqual({
      provider: 'whisper-cpp',
      state: 'available',
      version: expect.stringMatching(/^\d+\.\d+/u),
      backend: expect.stringMatching(/\w/u),
    });
    expect(found).toContainEqual(
      expect.objectContaining({ provider: 'whisper-node-addon', state: 'available', version: '1.0.2', backend: 'CPU' }),
    );
  });

  test('survives one that takes its process along, and exits with 3 when none is left', async () => {
    await putNodeAddon("process.kill(process.pid, 'SIGSEGV');");
    const { exitCode, stdout } = await providers('--probe', '--json');
    expect(exitCode).toBe(3);
    const found = (JSON.parse(stdout) as { readonly providers: readonly ListedProvider[] }).providers;
    expect(found.map(({ state }) => state)).toEqual(found.map(() => 'unavailable'));
    expect(found.find(({ provider }) => provider === 'whisper-node-addon')?.reason).toContain('SIGSEGV');
    expect(found.find(({ provider }) => provider === 'whisper-cpp')?.reason).toContain('is not here');
  });

  test('gives up one that does not answer', async () => {
    const clock = new ManualClock();
    const silent: Pick<Provider, 'probe'> = {
      probe: (signal) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => resolve({ kind: 'unavailable', reason: 'It was aborted.' }));
        }),
    };
    const state = probed(silent, clock, new AbortController().signal);
    clock.advance(60);
    expect(await state).toEqual({ kind: 'unavailable', reason: 'It did not answer within 60 s.' });
  });
});
