import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Behaviour, body, HubServer, pause, status } from '../fault/hub-server.js';
import { ended, InstalledCli, putTiny, tinyName, tinyPath } from './installed-cli.js';

const jfk = fileURLToPath(new URL('../fixtures/jfk.wav', import.meta.url));

let cli: InstalledCli;
let hub: HubServer;
beforeAll(async () => {
  cli = await InstalledCli.install();
  hub = await HubServer.start(await readFile(tinyPath));
});
afterAll(async () => {
  await hub.stop();
  await cli.remove();
});
beforeEach(async () => {
  await cli.newUser();
  hub.will();
  hub.asked.length = 0;
});

function start(...args: readonly string[]) {
  return cli.start(args, { WHISPERPOOL_HUB: hub.address });
}

/** Sends the file in small pieces, and what is left at once when `hurry` is heard. */
const inPieces: Behaviour = ({ etag, events, file }, _, response) => {
  response.writeHead(200, { etag, 'content-length': file.length });
  let sentBytes = 0;
  const timer = setInterval(() => {
    response.write(file.subarray(sentBytes, sentBytes + 100_000));
    sentBytes += 100_000;
  }, 20);
  events.once('hurry', () => {
    clearInterval(timer);
    response.end(file.subarray(sentBytes));
  });
};

describe('whisperpool models pull', () => {
  const pull = (...args: readonly string[]) => ended(start('models', 'pull', ...args));

  test('prints where the model is, and says how fast it came', async () => {
    const { exitCode, stdout, stderr } = await pull('tiny.en');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${join(cli.store, tinyName)}\n` });
    expect(stderr).toMatch(/^tiny\.en: 43\.6 MB in \d+\.\d s, [\d.]+ [KMG]B\/s\n$/u);
    expect(hub.file.equals(await readFile(join(cli.store, tinyName)))).toBe(true);
  });

  test('writes plain lines of progress into a pipe', async () => {
    hub.will(inPieces);
    const child = start('models', 'pull', 'tiny.en');
    child.stderr.once('data', () => hub.events.emit('hurry'));
    const { exitCode, stderr } = await ended(child);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^tiny\.en: \d+ %\n(tiny\.en: \d+ %\n)*tiny\.en: 43\.6 MB in /u);
    expect(stderr).not.toContain('\r');
  });

  test('asks the hub for nothing that is here already', async () => {
    const path = await putTiny(cli.others);
    expect(await pull('tiny.en', '--variant', 'int8')).toEqual({
      exitCode: 0,
      stdout: `${path}\n`,
      stderr: 'tiny.en is here already, as q8_0.\n',
    });
    expect(hub.asked).toEqual([]);
  });

  test.each<[string, Behaviour[], string[], number, RegExp]>([
    ['a hub that answers with a web page', [body('<!DOCTYPE html>')], [], 3, /web page|HTML/iu],
    ['a hub that has no such file', [status(404)], [], 3, /404.*\(MODEL_DOWNLOAD_FAILED\)/u],
    ['a variant that no hub has', [], ['--variant', 'q4_0'], 3, /\(MODEL_VARIANT_MISSING\)/u],
    ['a variant that nobody knows', [], ['--variant', 'q9'], 2, /\(OPTION_INVALID\)/u],
  ])('says of %s one clear sentence', async (_what, behaviours, args, expected, message) => {
    hub.will(...behaviours);
    const { exitCode, stdout, stderr } = await pull('tiny.en', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' });
    expect(stderr).toMatch(/^whisperpool: .*\n$/u);
    expect(stderr).toMatch(message);
    expect(await readdir(cli.store)).toEqual([]);
  });

  test('suggests the name that was probably meant', async () => {
    expect(await pull('tiny.em')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Did you mean 'tiny.en'?"),
    });
  });

  test('keeps on Ctrl-C what has come, says so, and goes on from there', async () => {
    hub.will(pause(20_000_000));
    const child = start('models', 'pull', 'tiny.en');
    hub.events.once('paused', () => child.kill('SIGINT'));
    const { exitCode, stdout, stderr } = await ended(child);
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/^tiny\.en: stopped\. What has come of the 43\.6 MB is kept; .*\n$/mu);
    expect(stderr).not.toContain('whisperpool:');
    expect((await stat(join(cli.store, `${tinyName}.partial`))).size).toBeGreaterThan(0);
    expect(await pull('tiny.en')).toMatchObject({ exitCode: 0 });
    expect(hub.offsets).toEqual([0, expect.toSatisfy((offset: number) => offset > 0)]);
  });
});

describe('whisperpool transcribe without its model', () => {
  const transcribe = ['transcribe', '--model', 'tiny.en', '--slots', '1'];

  test('downloads it, shows how far it is, and transcribes', async () => {
    const { exitCode, stdout, stderr } = await ended(start(...transcribe, '--variant', 'q8_0', jfk));
    expect(stderr).toMatch(/^model tiny\.en: 43\.6 MB in .*\n.*jfk\.wav: 11\.0 s of audio/u);
    expect(exitCode).toBe(0);
    expect(stdout.toLowerCase()).toContain('ask not what your country can do for you');
    expect(await readdir(cli.store)).toEqual([tinyName]);
  });

  test('downloads nothing when it is offline', async () => {
    const { exitCode, stderr } = await ended(start(...transcribe, '--offline', jfk));
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^whisperpool: .*\(MODEL_MISSING\)\n$/u);
    expect(hub.asked).toEqual([]);
  });

  test('says in one line which variant it took instead, and why', async () => {
    await putTiny(cli.others);
    const { exitCode, stderr } = await ended(start(...transcribe, '--variant', 'q4_0', jfk));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^whisperpool: Instead of 'tiny\.en' \(q4_0\), 'tiny\.en' as q8_0 was loaded: .*\n.*jfk\.wav: 11/u,
    );
    expect(stderr.split('\n')).toHaveLength(3);
  });

  test('keeps on Ctrl-C what has come', async () => {
    hub.will(pause(20_000_000));
    const child = start(...transcribe, jfk);
    hub.events.once('paused', () => child.kill('SIGINT'));
    const { exitCode, stdout, stderr } = await ended(child);
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/^model tiny\.en: stopped\. .*\n$/mu);
    expect(await readdir(cli.store)).toContain(`${tinyName}.partial`);
  });
});
