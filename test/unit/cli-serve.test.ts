import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasRedis, startRedis } from '../redis-server.js';
import { type Ended, ended, InstalledCli, putTiny } from './installed-cli.js';

const jfk = new URL('../fixtures/jfk.wav', import.meta.url);
const said = /ask not what your country can do for you/u;

let cli: InstalledCli;
beforeAll(async () => {
  cli = await InstalledCli.install();
});
beforeEach(() => cli.newUser());
afterAll(() => cli.remove());

// What a plan measures on this machine is for other tests.
const unmeasured = { WHISPERPOOL_CALIBRATE: '0' };

function run(...args: readonly string[]): Promise<Ended> {
  return ended(cli.start(args, unmeasured));
}

/** The first line on stdout. */
async function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

interface Served {
  readonly child: ChildProcessWithoutNullStreams;
  readonly url: string;
  readonly log: Promise<string>;
}

async function serve(...args: readonly string[]): Promise<Served> {
  await putTiny(cli.store);
  const child = cli.start(
    ['serve', '--model', 'tiny.en', '--offline', '--slots', '1', '--port', '0', ...args],
    unmeasured,
  );
  const log = text(child.stderr);
  return { child, log, url: (await firstLine(child)).replace('Listening on ', '') };
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | NodeJS.Signals | null> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? signal;
}

async function upload(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([await readFile(jfk)]), 'jfk.wav');
  return fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form, headers });
}

/** An upload whose end does not come. */
function begunUpload(url: string): Promise<unknown> {
  const body = new ReadableStream<Uint8Array>({
    start: (stream) =>
      stream.enqueue(Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n')),
  });
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  const options = { method: 'POST', body, headers, duplex: 'half' };
  return fetch(`${url}/v1/audio/transcriptions`, options as RequestInit).catch(() => undefined);
}

/** A machine may be busy. */
const patience = { timeout: 60_000 };

async function untilUploading(url: string): Promise<void> {
  const state = async () => (await fetch(`${url}/v1/state`)).json();
  await expect.poll(state, patience).toMatchObject({ uploads: { running: 1 } });
}

describe('whisperpool serve', () => {
  test('says where it listens, answers, and logs a line of JSON for each request', async () => {
    const { child, url, log } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/u);
    const answer = await upload(url);
    expect(await answer.json()).toMatchObject({ text: expect.stringMatching(said) });
    const exit = exitOf(child);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    const lines = (await log)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'info', time: expect.stringMatching(/^\d{4}-/u), method: 'POST', status: 200 }),
    );
  });

  test('lets in the keys of its file only', async () => {
    const { stdout: key } = await run('keys', 'add', 'news', '--file', 'keys.json');
    const { child, url } = await serve('--keys', 'keys.json');
    expect((await upload(url)).status).toBe(401);
    expect((await upload(url, { authorization: `Bearer ${key.trim()}` })).status).toBe(200);
    child.kill();
  });

  test('finishes what it has begun after SIGTERM', async () => {
    const { child, url } = await serve();
    const exit = exitOf(child);
    const answer = upload(url);
    await untilUploading(url);
    child.kill('SIGTERM');
    expect(await (await answer).json()).toMatchObject({ text: expect.stringMatching(said) });
    expect(await exit).toBe(0);
  });

  test.skipIf(process.platform === 'win32').each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
  ] as const)('a second %s ends it at once', async (signal, end) => {
    const { child, url } = await serve();
    const exit = exitOf(child);
    void begunUpload(url);
    await untilUploading(url);
    child.kill(signal);
    await expect.poll(async () => (await fetch(`${url}/health/ready`)).status, patience).toBe(503);
    expect(child.exitCode).toBeNull();
    child.kill(signal);
    expect(await exit).toBe(end);
  });

  test.each([
    ['another address without keys', ['--host', '0.0.0.0'], 2, 'everybody who reaches it could transcribe'],
    ['Redis without an address for others', ['--redis', 'redis://127.0.0.1:9'], 2, '--public-url'],
    ['half a port', ['--port', '80.5'], 2, 'whole number'],
    ['a port that cannot be', ['--port', '70000'], 2, 'port'],
    ['no model', ['--model', './none.bin'], 3, 'MODEL_MISSING'],
  ])('given %s says so and does not start', async (_what, args, expected, why) => {
    const { exitCode, stdout, stderr } = await run('serve', '--offline', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' });
    expect(stderr).toContain(why);
  });

  test('exits with 2 for keys that cannot be read, and for a port that is taken', async () => {
    await putTiny(cli.store);
    await writeFile(join(cli.project, 'keys.json'), '{}');
    expect(await run('serve', '--model', 'tiny.en', '--keys', 'keys.json')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('It is no file of keys'),
    });
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { readonly port: number };
    expect(await run('serve', '--model', 'tiny.en', '--port', String(port))).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(String(port)),
    });
    other.close();
  });
});

describe('a command whose packages are not installed', () => {
  test.each([
    [
      ['serve'],
      'npm install fastify@5 @fastify/cors@11 @fastify/helmet@13 @fastify/multipart@10 @fastify/swagger@9 prom-client@15 ws@8',
    ],
    [['work', '--redis', 'redis://127.0.0.1:9'], 'npm install bullmq@6 ioredis@6'],
    [['enqueue', 'a.wav', '--redis', 'redis://127.0.0.1:9'], 'npm install bullmq@6 ioredis@6'],
  ])('%j says what installs them, and exits with 3', async (args, line) => {
    const { dependencies } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const bare = await InstalledCli.install(Object.keys(dependencies));
    await bare.newUser();
    const { exitCode, stdout, stderr } = await ended(bare.start(args));
    await bare.remove();
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(`\`${line}\` (PACKAGE_MISSING)`);
  });
});

describe.skipIf(!hasRedis)('whisperpool work and enqueue (need redis-server)', () => {
  test('a job that is enqueued is done by a worker, once, and SIGTERM ends the worker in good order', async () => {
    await putTiny(cli.store);
    await using redis = await startRedis();
    const queue = ['--redis', redis.url, '--model', 'tiny.en'];
    const fixtures = new URL('.', jfk).pathname;
    const worker = cli.start(['work', ...queue, '--offline', '--slots', '1', '--allow-folder', fixtures], unmeasured);
    const log = text(worker.stderr);
    expect(await firstLine(worker)).toBe('Working on the queue whisperpool');
    const { exitCode, stdout, stderr } = await run('enqueue', jfk.pathname, '/etc/hostname', ...queue, '--wait');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('URI_REFUSED');
    expect(JSON.parse(stdout)).toMatchObject({ uri: jfk.href, isRepeat: false, text: expect.stringMatching(said) });
    const again = await run('enqueue', jfk.href, ...queue);
    expect(JSON.parse(again.stdout)).toMatchObject({ uri: jfk.href, isRepeat: true });
    const exit = exitOf(worker);
    worker.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(await log).toContain('"A job is done."');
  });
});
