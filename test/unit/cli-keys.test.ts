import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashOf } from '../../dist/server/keys/key.js';
import { readKeys } from '../../dist/server/keys/keys-file.js';
import { type Ended, ended, InstalledCli } from './installed-cli.js';

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
beforeEach(() => cli.newUser());
afterAll(() => cli.remove());

function keys(...args: readonly string[]): Promise<Ended> {
  return ended(cli.start(['keys', ...args, '--file', 'keys.json']));
}

describe('whisperpool keys', () => {
  test('add prints a key once, and leaves its hash in a file for its owner only', async () => {
    const { exitCode, stdout, stderr } = await keys('add', 'news', '--sessions', '2', '--requests-per-minute', '60');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'Keep it: it cannot be shown again.\n' });
    expect(stdout).toMatch(/^wp_[\w-]{43}\n$/u);
    const path = join(cli.project, 'keys.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain(stdout.slice(3, 20));
    expect(readKeys(path)).toMatchObject([
      { name: 'news', hash: hashOf(stdout.trim()), limits: { sessions: 2, requestsPerMinute: 60 } },
    ]);
  });

  test('list prints names and limits, and nothing to get in with', async () => {
    await keys('add', 'news', '--transcriptions', '3');
    const { exitCode, stdout } = await keys('list');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^NAME +CREATED +SESSIONS +TRANSCRIPTIONS +REQUESTS A MINUTE\nnews +\S+ +- +3 +-\n$/u);
    const json = await keys('list', '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      keys: [{ name: 'news', createdAt: expect.stringMatching(/^\d{4}-/u), limits: { transcriptions: 3 } }],
    });
  });

  test('several added at once are all there, and revoke takes away the one that is named', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const added = await Promise.all(names.map((name) => keys('add', name)));
    expect(added.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect((await keys('revoke', 'b')).exitCode).toBe(0);
    const left = readKeys(join(cli.project, 'keys.json')).map(({ name }) => name);
    expect(left.toSorted()).toEqual(['a', 'c', 'd']);
  });

  test.each([
    ['a name that is taken', ['add', 'taken'], 'There is a key named taken already'],
    ['a name with a space', ['add', 'my key'], 'cannot be the name of a key'],
    ['nobody to revoke', ['revoke', 'nobody'], 'There is no key named nobody'],
    ['half a session', ['add', 'news', '--sessions', '0.5'], 'whole number from 0'],
  ])('given %s exits with 2 and leaves the file as it was', async (_what, args, why) => {
    await keys('add', 'taken');
    const before = await readFile(join(cli.project, 'keys.json'), 'utf8');
    const { exitCode, stdout, stderr } = await keys(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(why);
    expect(await readFile(join(cli.project, 'keys.json'), 'utf8')).toBe(before);
  });

  test('says what is wrong of a folder that is not there', async () => {
    const { exitCode, stderr } = await ended(cli.start(['keys', 'add', 'news', '--file', 'no/such/keys.json']));
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('cannot be changed') });
  });

  test('list of a file that is not there, or is something else, exits with 2', async () => {
    expect((await keys('list')).exitCode).toBe(2);
    await writeFile(join(cli.project, 'keys.json'), '{"name":"package"}');
    const { exitCode, stderr } = await keys('add', 'news');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('It is no file of keys');
    expect(await readFile(join(cli.project, 'keys.json'), 'utf8')).toBe('{"name":"package"}');
  });
});
