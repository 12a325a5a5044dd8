import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Ended,
  ended,
  InstalledCli,
  putFlipped,
  putTiny,
  putTruncated,
  tinyName,
  tinyPath,
} from './installed-cli.js';
import { dimensionsOf, writeSparseModel } from './sparse-model.js';

const fasterWhisper = fileURLToPath(new URL('../../../shared/data/models/faster-whisper-tiny.en', import.meta.url));

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
afterAll(() => cli.remove());
beforeEach(() => cli.newUser());

/** What was printed, if it is one JSON document and nothing was said beside it. */
function json({ stdout, stderr }: Ended): unknown {
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('whisperpool models list', () => {
  test('prints a table without borders and colours into a pipe, and exits with 0 when all is complete', async () => {
    const path = await putTiny(cli.store);
    const { exitCode, stdout, stderr } = await cli.models('list');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/u))).toEqual([
      ['MODEL', 'VARIANT', 'SIZE', 'STATE', 'CHECKED', 'PATH'],
      ['tiny.en', 'q8_0', '43.6 MB', 'complete', 'structure', path],
      [''],
    ]);
  });

  test('says what is wrong with a damaged model, and exits with 1', async () => {
    const damaged = await putTruncated(cli.others);
    await putTiny(cli.store);
    const { exitCode, stdout, stderr } = await cli.models('list');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^- +- +1\.0 MB +incomplete +- .*others/mu);
    expect(stdout).toMatch(/^tiny\.en +q8_0 +43\.6 MB +complete/mu);
    expect(stderr).toContain(`whisperpool: The model file ${damaged} is truncated`);
    expect(stderr).toMatch(/\(MODEL_TRUNCATED\)\n$/u);
  });

  test('exits with 2 when there is none, and says where it looked and what to do', async () => {
    const { exitCode, stdout, stderr } = await cli.models('list');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(cli.store);
    expect(stderr).toContain('`whisperpool models pull base`');
  });

  test('gives the same as JSON', async () => {
    await mkdir(join(cli.project, 'models'));
    const [damaged, good] = [await putTruncated(join(cli.project, 'models')), await putTiny(cli.store)];
    const listed = await cli.models('list', '--json');
    expect(listed.exitCode).toBe(1);
    expect(json(listed)).toEqual({
      state: 'incomplete',
      models: [
        {
          file: tinyName,
          path: damaged,
          source: 'folder',
          sizeBytes: 1_000_000,
          state: 'incomplete',
          code: 'MODEL_TRUNCATED',
          reason: expect.stringContaining('is truncated'),
        },
        {
          file: tinyName,
          path: good,
          source: 'cache',
          sizeBytes: 43_550_795,
          state: 'complete',
          name: 'tiny.en',
          variant: 'q8_0',
          multilingual: false,
          checked: 'structure',
        },
      ],
    });
  });

  test('gives an empty list as JSON too', async () => {
    const listed = await cli.models('list', '--json');
    expect({ exitCode: listed.exitCode, ...(JSON.parse(listed.stdout) as object) }).toEqual({
      exitCode: 2,
      state: 'missing',
      models: [],
    });
  });

  test('is quiet and content when the reader of stdout goes away', async () => {
    await putTiny(cli.store);
    const child = cli.start(['models', 'list']);
    child.stdout.destroy();
    expect(await ended(child)).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('whisperpool models verify', () => {
  test('exits with 0 when every byte is as published, and then list knows it', async () => {
    await putTiny(cli.store);
    const { exitCode, stdout, stderr } = await cli.models('verify');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^tiny\.en +q8_0 +43\.6 MB +complete +sha256 /mu);
    expect(stderr).toMatch(/^verify: 43\.6 MB in \d+\.\d s, [\d.]+ [MG]B\/s\n$/u);
    expect((await cli.models('list')).stdout).toMatch(/complete +sha256/u);
  });

  test('finds a byte that list cannot see, and exits with 1', async () => {
    await putFlipped(cli.store);
    expect(await cli.models('list')).toMatchObject({ exitCode: 0 });
    const { exitCode, stdout, stderr } = await cli.models('verify', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'incomplete',
      models: [{ state: 'incomplete', source: 'cache', code: 'MODEL_CORRUPT' }],
    });
    expect(stderr).not.toContain('whisperpool:');
  });

  test.each<[string, string[], number]>([
    ['a model that is good', ['tiny.en'], 0],
    ['a variant that is good', ['tiny.en', '--variant', 'int8'], 0],
    ['a variant that is not there', ['tiny.en', '--variant', 'q5_1'], 2],
    ['a model that is not there', ['small'], 2],
    ['a file that is damaged', [join('damaged', tinyName)], 1],
    ['a file that is not there', ['./ggml-none.bin'], 2],
  ])('of %s (%j) exits with %i', async (_what, args, expected) => {
    await mkdir(join(cli.project, 'damaged'));
    await putTruncated(join(cli.project, 'damaged'));
    await putTiny(cli.store);
    expect(await cli.models('verify', ...args)).toMatchObject({ exitCode: expected });
  });
});

describe('whisperpool models rm', () => {
  test('removes from where downloads go, and from nowhere else', async () => {
    const [mine, another] = [await putTiny(cli.store), await putTiny(cli.others)];
    expect(await cli.models('rm', 'tiny.en')).toEqual({ exitCode: 0, stdout: `${mine}\n`, stderr: '43.6 MB freed.\n' });
    expect([existsSync(mine), existsSync(another)]).toEqual([false, true]);
    expect(await cli.models('rm', 'tiny.en')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining('(MODEL_MISSING)'),
    });
    expect(existsSync(another)).toBe(true);
  });

  test('removes only the variant that is given', async () => {
    const mine = await putTiny(cli.store);
    expect(await cli.models('rm', 'tiny.en', '--variant', 'f16')).toMatchObject({ exitCode: 3 });
    expect(existsSync(mine)).toBe(true);
  });

  test('refuses a path', async () => {
    const mine = await putTiny(cli.store);
    expect(await cli.models('rm', mine)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('(OPTION_INVALID)'),
    });
    expect(existsSync(mine)).toBe(true);
  });
});

describe('whisperpool models prune', () => {
  test('removes what downloads have left, and no more', async () => {
    const mine = await putTiny(cli.store);
    for (const name of [`${tinyName}.partial`, `${tinyName}.partial.json`, 'notes.txt']) {
      await writeFile(join(cli.store, name), '0123456789');
    }
    const { exitCode, stdout, stderr } = await cli.models('prune');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '20 bytes freed.\n' });
    expect(stdout.trim().split('\n').sort()).toEqual([`${mine}.partial`, `${mine}.partial.json`]);
    expect((await readdir(cli.store)).sort()).toEqual([tinyName, 'notes.txt']);
    expect(await cli.models('prune')).toEqual({ exitCode: 0, stdout: '', stderr: 'There is nothing to remove.\n' });
  });
});

describe('whisperpool models import', () => {
  test('refuses a folder that is none of faster-whisper, and writes nothing', async () => {
    const { exitCode, stdout, stderr } = await cli.models('import', cli.project);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^whisperpool: .* has no model\.bin\..*\(MODEL_MISSING\)\n$/u);
    expect(await readdir(cli.store)).toEqual([]);
  });

  // The weights are not in the repository.
  test.skipIf(!existsSync(fasterWhisper))('makes a model of which quantize makes others', async () => {
    const { exitCode, stdout, stderr } = await cli.models('import', fasterWhisper);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${join(cli.store, 'ggml-tiny.en.bin')}\n` });
    expect(stderr).toMatch(/: 77\.7 MB in \d+\.\d s, [\d.]+ MB\/s\n$/u);
    expect(await cli.models('quantize', 'tiny.en', 'q4_0')).toMatchObject({
      exitCode: 0,
      stdout: `${join(cli.store, 'ggml-tiny.en-q4_0.bin')}\n`,
    });
    expect(await cli.models('verify', 'tiny.en')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/tiny\.en +q4_0 .*\ntiny\.en +f16 +77\.7 MB +complete +sha256/u),
    });
  });

  test.skipIf(!existsSync(fasterWhisper))('gives it another name, in a folder that it makes', async () => {
    expect(await cli.models('import', fasterWhisper, '--into', 'models', '--name', 'mine')).toMatchObject({
      exitCode: 0,
      stdout: `${join(cli.project, 'models/ggml-mine.bin')}\n`,
    });
  });
});

describe('whisperpool models quantize', () => {
  const tiny = dimensionsOf(51_864, 384, [4, 4]);

  test('makes a smaller variant beside the file', async () => {
    const path = join(cli.project, 'ggml-mine.bin');
    await writeSparseModel(path, tiny, 'f16');
    const made = path.replace('.bin', '-q4_0.bin');
    const { exitCode, stdout, stderr } = await cli.models('quantize', './ggml-mine.bin', 'q4_0');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${made}\n` });
    expect(stderr).toMatch(/^\.\/ggml-mine\.bin q4_0: 25\.\d MB in /u);
    expect(await cli.models('verify', made)).toMatchObject({ exitCode: 0 });
  });

  test('replaces a variant that exists already only when told to', async () => {
    await writeSparseModel(join(cli.project, 'ggml-mine.bin'), tiny, 'f16');
    const there = join(cli.project, 'ggml-mine-q5_1.bin');
    await writeFile(there, 'something');
    const quantize = ['quantize', 'ggml-mine.bin', 'q5_1'];
    expect(await cli.models(...quantize)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('exists already'),
    });
    expect(await readFile(there, 'utf8')).toBe('something');
    expect(await cli.models(...quantize, '--overwrite')).toMatchObject({ exitCode: 0, stdout: `${there}\n` });
  });

  test('refuses a model whose f16 file is not the published one', async () => {
    await writeSparseModel(join(cli.store, 'ggml-tiny.en.bin'), tiny, 'f16');
    expect(await cli.models('quantize', 'tiny.en', 'q4_0')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('(MODEL_CORRUPT)'),
    });
    expect(await readdir(cli.store)).toEqual(['ggml-tiny.en.bin']);
  });

  test.each<[string, string[], number, RegExp]>([
    [
      'a model that is not here as f16',
      ['tiny.en', 'q4_0'],
      3,
      /models pull tiny\.en --variant f16.*\(MODEL_MISSING\)/u,
    ],
    ['a model that was quantised before', [tinyPath, 'q4_0', '--into', '.'], 3, /\(MODEL_UNSUPPORTED\)/u],
    ['a variant that nobody can make', [tinyPath, 'q9'], 2, /Allowed choices are q8_0/u],
  ])('refuses %s', async (_what, args, expected, message) => {
    await putTiny(cli.store);
    const { exitCode, stdout, stderr } = await cli.models('quantize', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
