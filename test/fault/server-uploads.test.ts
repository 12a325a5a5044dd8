import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createServer, type WhisperpoolServer } from '../../dist/server/index.js';
import { bundled } from '../live/clips.js';
import { silentFlac } from '../silent-flac.js';

const boundary = '----a-boundary';
const form = { 'content-type': `multipart/form-data; boundary=${boundary}` };
const limitBytes = 3_000_000;
const audioLimitSeconds = 120;

let parent: string;
let server: WhisperpoolServer;
beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'whisperpool-test-'));
  server = await createServer({
    port: 0,
    engine: { model: 'tiny.en', slots: 1, threadsPerSlot: 1, calibrate: false },
    uploadFolder: parent,
    uploadLimitBytes: limitBytes,
    audioLimitSeconds,
    transcriptionLimit: 2,
    page: false,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(parent, { recursive: true, force: true });
});

const jfk = readFileSync(bundled('jfk.wav'));
/** Costs no decode. */
const quiet = silentFlac(4);

const head = (disposition: string, type = '') =>
  `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${type}\r\n`;
const field = (name: string, value: string) => Buffer.from(`${head(`name="${name}"`)}${value}\r\n`);
const file = (content: Buffer | string, { name = 'file', fileName = 'a.wav' } = {}) =>
  Buffer.concat([
    Buffer.from(head(`name="${name}"; filename="${fileName}"`, 'content-type: audio/wav\r\n')),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const end = Buffer.from(`--${boundary}--\r\n`);

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly text?: string; readonly error?: { readonly code: string; readonly param: string | null } };
}

/** Sends the parts; without `content-length` in the headers they go in chunks of unknown sum. */
function post(parts: readonly Buffer[], headers: Record<string, string> = form): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = `${server.url}/v1/audio/transcriptions`;
    const sent = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (more: string) => {
        text += more;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) as Answer['body'] });
      });
    });
    sent.on('error', reject);
    for (const part of parts) sent.write(part);
    sent.end();
  });
}

/** Uploads that lie on disk now. */
function uploads(): string[] {
  return readdirSync(parent).flatMap((folder) =>
    readdirSync(join(parent, folder)).map((name) => join(parent, folder, name)),
  );
}

describe('a form that is refused', () => {
  const audio = file(jfk);
  test.each([
    {
      what: 'without a file',
      parts: [field('model', 'whisper-1'), end],
      status: 400,
      code: 'OPTION_INVALID',
      param: 'file',
    },
    {
      what: 'with a file that is a text field',
      parts: [field('file', 'RIFF'), end],
      status: 400,
      code: 'OPTION_INVALID',
      param: 'file',
    },
    {
      what: 'with a file under another name',
      parts: [file(jfk, { name: 'audio' }), end],
      status: 400,
      code: 'OPTION_INVALID',
      param: 'audio',
    },
    { what: 'with two files', parts: [audio, audio, end], status: 400, code: 'OPTION_INVALID', param: 'file' },
    { what: 'with nothing in it', parts: [end], status: 400, code: 'OPTION_INVALID', param: 'file' },
    {
      what: 'that breaks off in its file',
      parts: [audio.subarray(0, 5000)],
      status: 400,
      code: 'PROTOCOL_BROKEN',
      param: null,
    },
    { what: 'that breaks off after its file', parts: [audio], status: 400, code: 'PROTOCOL_BROKEN', param: null },
    {
      what: 'of other bytes altogether',
      parts: [Buffer.alloc(1000, 'x')],
      status: 400,
      code: 'PROTOCOL_BROKEN',
      param: null,
    },
    {
      what: 'with too many fields',
      parts: [...Array.from({ length: 40 }, (_, at) => field(`f${at}`, 'x')), audio, end],
      status: 400,
      code: 'OPTION_INVALID',
      param: null,
    },
    {
      what: 'with a field that is too long',
      parts: [audio, field('prompt', 'x'.repeat(70_000)), end],
      status: 400,
      code: 'OPTION_INVALID',
      param: 'prompt',
    },
    {
      what: "with a field named as an object's own",
      parts: [audio, field('__proto__', 'x'), end],
      status: 400,
      code: 'PROTOCOL_BROKEN',
      param: null,
    },
    {
      what: 'with a field given twice',
      parts: [audio, field('language', 'en'), field('language', 'de'), end],
      status: 400,
      code: 'OPTION_INVALID',
      param: 'language',
    },
    { what: 'with an empty file', parts: [file(''), end], status: 400, code: 'AUDIO_EMPTY', param: null },
    {
      what: 'with a file that is no audio',
      parts: [file('RIFF____WAVEfmt and nothing else'), end],
      status: 400,
      code: 'AUDIO_BROKEN',
      param: null,
    },
    {
      what: 'with more bytes than may be, in chunks',
      parts: [file(Buffer.alloc(limitBytes + 1)), end],
      status: 413,
      code: 'UPLOAD_TOO_LARGE',
      param: null,
    },
    {
      what: 'with more audio than may be, in few bytes',
      parts: [file(silentFlac(36_000)), end],
      status: 413,
      code: 'UPLOAD_TOO_LARGE',
      param: null,
    },
  ])('$what leaves no file', async ({ parts, status, code, param }) => {
    const answer = await post(parts);
    expect(answer).toMatchObject({ status, body: { error: { code, param } } });
    expect(uploads()).toEqual([]);
  });

  test('without multipart in its type is not read', async () => {
    expect(await post([Buffer.from('{}')], { 'content-type': 'application/json' })).toMatchObject({ status: 415 });
    expect(await post([], { 'content-length': '0' })).toMatchObject({
      status: 400,
      body: { error: { code: 'OPTION_INVALID' } },
    });
    expect(await post([end], { 'content-type': 'multipart/form-data' })).toMatchObject({ status: 400 });
  });

  test('with a larger content-length than may be is refused before its body comes', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(
      `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${form['content-type']}\r\ncontent-length: 5000000000\r\n\r\n`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 .*UPLOAD_TOO_LARGE/su);
  });
});

describe('a form that is taken', () => {
  test.each([
    ['before', [field('response_format', 'verbose_json'), field('temperature', '0'), file(quiet), end]],
    ['after', [file(quiet), field('response_format', 'verbose_json'), field('a-stranger', 'x'), end]],
  ])('may have its fields %s its file', async (_, parts) => {
    const { status, body } = await post(parts);
    expect({ status, body }).toMatchObject({ status: 200, body: { task: 'transcribe', duration: expect.any(Number) } });
    expect(uploads()).toEqual([]);
  });

  test.each([
    '../../../escaped.wav',
    '/tmp/whisperpool-escaped.wav',
    String.raw`..\..\escaped.wav`,
    'a\0b.wav',
    '%2e%2e%2fescaped',
  ])('has its file name %j for nothing', async (fileName) => {
    const before = readdirSync(parent);
    const { status } = await post([file(quiet, { fileName }), end]);
    expect(status).toBe(200);
    expect(readdirSync(parent)).toEqual(before);
    expect(existsSync('/tmp/whisperpool-escaped.wav')).toBe(false);
  });

  test('lies in a file that nobody else may read', async () => {
    const socket = await unfinished();
    const modes = [...uploads(), join(uploads()[0] ?? '', '..')].map((path) =>
      (statSync(path).mode & 0o777).toString(8),
    );
    socket.destroy();
    expect(modes).toEqual(['600', '700']);
    await vi.waitFor(() => expect(uploads()).toEqual([]));
  });
});

/** A client in the middle of its upload. */
async function unfinished() {
  const before = uploads().length;
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(
    `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${form['content-type']}\r\ncontent-length: 400000\r\n\r\n`,
  );
  socket.write(file(jfk).subarray(0, 200_000));
  await vi.waitFor(() => expect(uploads().length).toBe(before + 1));
  return socket;
}

/** A whole upload whose client waits for the text. */
function whole() {
  const content = Buffer.concat([file(longTalk), end]);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(
    `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${form['content-type']}\r\ncontent-length: ${content.length}\r\n\r\n`,
  );
  socket.write(content);
  return socket;
}

/** The same speech over and over, so that it takes a while. */
const longTalk = (() => {
  const samplesFrom = jfk.indexOf('data') + 8;
  const samples = jfk.subarray(samplesFrom);
  const talk = Buffer.concat([jfk.subarray(0, samplesFrom), ...Array.from({ length: 6 }, () => samples)]);
  talk.writeUInt32LE(talk.length - 8, 4);
  talk.writeUInt32LE(talk.length - samplesFrom, samplesFrom - 4);
  return talk;
})();

describe('a client that hangs up', () => {
  test('in the middle of its upload leaves no file and gives its place back', async () => {
    const sockets = [await unfinished(), await unfinished()];
    const refused = await post([file(jfk), end]);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'LIMIT_REACHED' } } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(uploads()).toEqual([]));
    // Refused for what is in it, and not for want of a place.
    await vi.waitFor(async () => expect(await post([end])).toMatchObject({ status: 400 }));
  });

  test('while it waits for its text has its transcription stopped', async () => {
    const socket = whole();
    await vi.waitFor(() => expect(server.engine.snapshot().slots.busy).toBe(1));
    socket.destroy();
    await vi.waitFor(() => expect(uploads()).toEqual([]));
    await vi.waitFor(() => expect(server.engine.snapshot().slots.busy).toBe(0));
  });
});

describe('time', () => {
  const slow = {
    port: 0,
    engine: { start: 'lazy', model: 'tiny.en', calibrate: false },
    requestSeconds: 1,
    page: false,
  } as const;

  test.each([
    ['its headers', 'GET /health/live HTTP/1.1\r\nhost'],
    [
      'its body',
      `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${form['content-type']}\r\ncontent-length: 100\r\n\r\n--`,
    ],
    ['anything', ''],
  ])('is up for a client that does not send %s', async (_, beginning) => {
    await using hurried = await createServer({ ...slow, uploadFolder: parent });
    const socket = connect(Number(new URL(hurried.url).port), '127.0.0.1');
    socket.write(beginning);
    socket.resume();
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });
});

describe('what a dead server left', () => {
  test('is removed by the next one, and what a living one has is not', async () => {
    const dead = join(parent, 'whisperpool-uploads-dead00');
    const living = join(parent, 'whisperpool-uploads-live00');
    const foreign = join(parent, 'another-folder');
    for (const folder of [dead, living, foreign]) {
      await mkdir(folder);
      await writeFile(join(folder, 'upload'), 'x');
    }
    const longAgo = new Date(Date.now() - 600_000);
    for (const folder of [dead, foreign]) utimesSync(folder, longAgo, longAgo);
    const next = await createServer({
      port: 0,
      engine: { start: 'lazy', model: 'tiny.en', calibrate: false },
      uploadFolder: parent,
      page: false,
    });
    await next.close();
    expect([dead, living, foreign].map((folder) => existsSync(folder))).toEqual([false, true, true]);
    for (const folder of [living, foreign]) rmSync(folder, { recursive: true });
  });
});

describe('a server that is drained', () => {
  test('refuses what is new, lets what runs end, and leaves nothing behind', async () => {
    const running = post([file(longTalk), end]);
    await vi.waitFor(() => expect(server.engine.snapshot().slots.busy).toBe(1));
    const drained = server.drain();
    const refused = await post([file(jfk), end]);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'SERVER_DRAINING' } } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const ready = await fetch(`${server.url}/health/ready`);
    expect({ status: ready.status, body: await ready.json() }).toMatchObject({
      status: 503,
      body: { status: 'draining' },
    });
    expect(await running).toMatchObject({ status: 200 });
    await drained;
    expect(readdirSync(parent)).toEqual([]);
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow();
  });
});
