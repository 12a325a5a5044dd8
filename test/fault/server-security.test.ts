import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { KeyLimits } from '../../dist/server/gate.js';
import { createServer, type ServerOptions, type WhisperpoolServer } from '../../dist/server/index.js';
import { hashOf, newKey } from '../../dist/server/keys/key.js';
import { keysText } from '../../dist/server/keys/keys-file.js';
import { closeCodes, liveProtocol, type ServerMessage } from '../../dist/wire/live-messages.js';
import { converse, statuses } from './raw-http.js';
import { silentFlac } from './silent-flac.js';

const jfk = readFileSync(new URL('../fixtures/jfk.flac', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'whisperpool-security-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines: string[] = [];
const line = (fields: object, message: string) => lines.push(JSON.stringify({ ...fields, message }));
const logger = { debug: line, info: line, warn: line, error: line };

/** Until the end of the file. */
const servers: WhisperpoolServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

async function start(options: ServerOptions): Promise<string> {
  const engine = { model: 'tiny.en', slots: 1, sessionLimit: 2 };
  const server = await createServer({ engine, port: 0, uploadFolder: folder, logger, ...options });
  servers.push(server);
  return server.url;
}

function form(audio: Uint8Array<ArrayBuffer>, { name = 'a.flac', ...fields }: Record<string, string> = {}): FormData {
  const body = new FormData();
  for (const [field, value] of Object.entries(fields)) body.set(field, value);
  body.set('file', new Blob([audio]), name);
  return body;
}

function upload(url: string, body: FormData, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body, headers });
}

function uploadsLeft(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && entry.name !== 'keys.json' ? [entry.name] : [],
  );
}

/** What the first message of a live connection is answered with, and the code it is closed with. */
async function knock(url: string, key?: string): Promise<{ readonly answer: ServerMessage; readonly code?: number }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`);
  await once(socket, 'open');
  socket.send(JSON.stringify({ kind: 'open', protocol: liveProtocol, ...(key !== undefined && { key }) }));
  const [message] = (await once(socket, 'message')) as [Buffer];
  const answer = JSON.parse(message.toString()) as ServerMessage;
  if (answer.kind !== 'refused') {
    socket.terminate();
    return { answer };
  }
  const [code] = (await once(socket, 'close')) as [number];
  return { answer, code };
}

describe('a server with keys', () => {
  const keysFile = join(folder, 'keys.json');
  const [good, limited, revoked, wrong] = [newKey(), newKey(), newKey(), newKey()];
  const limits = { sessions: 0, transcriptions: 0, requestsPerMinute: 5 };
  let url: string;

  function put(keys: readonly [string, string, KeyLimits?][]): void {
    const createdAt = new Date().toISOString();
    writeFileSync(
      keysFile,
      keysText(keys.map(([name, key, limits = {}]) => ({ name, hash: hashOf(key), createdAt, limits }))),
    );
  }

  beforeAll(async () => {
    put([
      ['good', good],
      ['limited', limited, limits],
      ['revoked', revoked],
    ]);
    url = await start({ keysFile });
  });

  function get(path: string, key?: string): Promise<Response> {
    return fetch(`${url}${path}`, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
  }

  test('stops letting in a key that is revoked', async () => {
    expect((await get('/v1/models', revoked)).status).toBe(200);
    put([
      ['good', good],
      ['limited', limited, limits],
    ]);
    await expect.poll(async () => (await get('/v1/models', revoked)).status, { timeout: 30_000 }).toBe(401);
  });

  test('answers no key, a wrong one and a revoked one alike, wherever it is asked', async () => {
    const answers = await Promise.all(
      [undefined, wrong, revoked, 'x', `${good}x`].flatMap((key) => [
        get('/v1/models', key),
        get('/v1/state', key),
        get(`/v1/models?key=${good}`, key),
        upload(url, form(jfk), key === undefined ? {} : { authorization: `Bearer ${key}` }),
        upload(url, form(jfk), key === undefined ? {} : { authorization: key }),
      ]),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(answers.map(({ headers }) => headers.get('www-authenticate'))).toEqual(answers.map(() => 'Bearer'));
    expect(new Set(bodies).size).toBe(1);
    await expect.poll(uploadsLeft, { timeout: 30_000 }).toEqual([]);
  });

  test('answers them on a live connection, too', async () => {
    for (const key of [undefined, wrong, revoked]) {
      const { answer, code } = await knock(url, key);
      expect(answer).toMatchObject({ kind: 'refused', error: { code: 'KEY_REFUSED' } });
      expect(code).toBe(closeCodes.keyRefused);
    }
  });

  test('lets in the one that it knows', async () => {
    expect((await get('/v1/models', good)).status).toBe(200);
    expect((await upload(url, form(jfk), { authorization: `Bearer ${good}` })).status).toBe(200);
    expect((await knock(url, good)).answer.kind).toBe('opened');
  });

  test('tells a key that is at a limit when to come back', async () => {
    const refused = await upload(url, form(jfk), { authorization: `Bearer ${limited}` });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const { answer, code } = await knock(url, limited);
    expect(answer).toMatchObject({ error: { code: 'LIMIT_REACHED' }, retryAfterSeconds: expect.any(Number) });
    expect(code).toBe(closeCodes.limitReached);
    const asked = await Promise.all(Array.from({ length: 6 }, () => get('/v1/models', limited)));
    expect(asked.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect((await get('/v1/models', good)).status).toBe(200);
  });

  test('never writes a key to its log', () => {
    expect(lines.length).toBeGreaterThan(10);
    const log = lines.join('\n');
    for (const key of [good, limited, revoked, wrong]) expect(log).not.toContain(key.slice(3));
  });
});

describe('a server', () => {
  let url: string;
  beforeAll(async () => {
    url = await start({ requestSeconds: 2, uploadLimitBytes: 1_000_000, audioLimitSeconds: 60 });
  });

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.org', ''])(
    'without keys is not started on %j, before any model is loaded',
    async (host) => {
      const started = createServer({ host, engine: { model: './no-such-model.bin' } });
      await expect(started).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('host') });
    },
  );

  test('says nothing to other origins, and everywhere what a browser may do', async () => {
    for (const path of ['/v1/models', '/health/live', '/no/such/path', '/']) {
      const { headers } = await fetch(`${url}${path}`, { headers: { origin: 'https://evil.example' } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
    const preflight = await fetch(`${url}/v1/models`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each([
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/page/../../../package.json',
    '/page/..%2f..%2f..%2fpackage.json',
    '/page/%2e%2e%5c%2e%2e%5cpackage.json',
    '/client/../server/server.js',
    '/client/server/server.js',
    '/client/%2e%2e/cli/main.js',
    '//etc/passwd',
    '/page//etc/passwd',
    '/page/%00',
    '/%ff%fe',
    '/%',
    '/v1/models/..%2f..%2fpackage.json',
    '/__proto__',
    '/constructor',
  ])('gives out no file for %s', async (path) => {
    const said = await converse(url, (socket) =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
    );
    expect(statuses(said)).toEqual([expect.toSatisfy((status: number) => status === 404 || status === 400)]);
    expect(said).not.toMatch(/root:|"dependencies"|import /u);
  });

  test.each([
    ['a path upwards', '../../../etc/passwd'],
    ['a path', '/etc/passwd'],
    ['a zero byte', 'a\u0000b.wav'],
    ['5,000 letters', `${'a'.repeat(5000)}.wav`],
    ['a dot', '.'],
    ['nothing', ''],
  ])('takes an upload whose name is %s for its contents alone', async (_what, name) => {
    const answer = await upload(url, form(jfk, { name }));
    expect([200, 400]).toContain(answer.status);
    await expect.poll(uploadsLeft, { timeout: 30_000 }).toEqual([]);
  });

  test.each([
    ['GET', '/v1/audio/transcriptions', 405, 'POST'],
    ['DELETE', '/v1/models', 405, 'GET, HEAD'],
    ['PUT', '/v1/nothing', 404, null],
  ])('answers %s %s with %i, and what it takes there: %s', async (method, path, status, allow) => {
    const response = await fetch(`${url}${path}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([status, allow]);
  });

  test.each(['../../etc/passwd', '/etc/passwd', './models/ggml-tiny.en-q8_0.bin', 'large-v3', '__proto__'])(
    'loads no model %s for a stranger',
    async (model) => {
      const answer = await upload(url, form(jfk, { model }));
      expect(await answer.json()).toMatchObject({ error: { code: 'MODEL_UNKNOWN', param: 'model' } });
      expect(answer.status).toBe(404);
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/live`);
      await once(socket, 'open');
      socket.send(JSON.stringify({ kind: 'open', protocol: liveProtocol, session: { model } }));
      const [message] = (await once(socket, 'message')) as [Buffer];
      expect(JSON.parse(message.toString())).toMatchObject({ kind: 'refused', error: { code: 'MODEL_UNKNOWN' } });
      socket.terminate();
    },
  );

  const post = 'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\n';
  const formHead = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
  const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n';

  test.each([
    ['both a length and chunks', `${post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `${post}content-length: 5\r\ncontent-length: 50\r\n\r\nhello${smuggled}`],
    ['a length with a sign', `${post}content-length: +5\r\n\r\nhello${smuggled}`],
    ['a length below zero', `${post}content-length: -1\r\n\r\n${smuggled}`],
    ['chunks under another name', `${post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks that come last but one', `${post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a size of a chunk that is none', `${post}transfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${smuggled}`],
    ['a space before the colon', `${post}content-length : 5\r\n\r\nhello${smuggled}`],
    ['a header over two lines', `${post}x: a\r\n b\r\ncontent-length : 5\r\n\r\nhello${smuggled}`],
    ['no host', `GET /health/live HTTP/1.1\r\n\r\n${smuggled}`],
    ['a header of 100 KB', `${post}x: ${'a'.repeat(100_000)}\r\n\r\n${smuggled}`],
    ['no HTTP', `\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n${smuggled}`],
  ])('answers %s with one refusal, and hears nothing behind it', async (_what, bytes) => {
    const said = await converse(url, (socket) => socket.write(bytes, 'latin1'));
    expect(statuses(said)).toEqual([expect.toSatisfy((status: number) => status >= 400 && status < 500)]);
    expect(said).not.toContain('smuggled');
  });

  async function dribble(socket: Socket, piece: string): Promise<void> {
    while (!socket.destroyed && socket.writable) {
      socket.write(piece);
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }

  test('hangs up on who sends headers, or a body, without an end', async () => {
    const [headers, chunked, lengthy] = await Promise.all([
      converse(url, (socket) => {
        socket.write(post);
        return dribble(socket, 'x-a: b\r\n');
      }),
      converse(url, (socket) => {
        socket.write(`${post}content-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n`);
        socket.write(`${formHead.length.toString(16)}\r\n${formHead}\r\n`);
        return dribble(socket, '1\r\na\r\n');
      }),
      converse(url, (socket) => {
        socket.write(
          `${post}content-type: multipart/form-data; boundary=b\r\ncontent-length: 900000\r\n\r\n${formHead}`,
        );
        return dribble(socket, 'a');
      }),
    ]);
    for (const said of [headers, chunked, lengthy]) expect(statuses(said)).toEqual([408]);
    await expect.poll(uploadsLeft, { timeout: 30_000 }).toEqual([]);
  });

  test('refuses 5 GB without reading them, and cuts what says no length at the limit', async () => {
    let sentBytes = 0;
    const flood = async (socket: Socket, head: string, wrap: (piece: string) => string) => {
      socket.write(head);
      while (!socket.destroyed && socket.writable && sentBytes < 100_000_000) {
        const piece = wrap('a'.repeat(65_536));
        sentBytes += piece.length;
        await new Promise((resolve) => {
          socket.write(piece, resolve);
        });
      }
    };
    const type = 'content-type: multipart/form-data; boundary=b\r\n';
    const said = await converse(url, (socket) =>
      socket.write(`${post}${type}content-length: 5000000000\r\n\r\n${formHead}`),
    );
    expect(statuses(said)).toEqual([413]);
    const cut = await converse(url, (socket) =>
      flood(
        socket,
        `${post}${type}transfer-encoding: chunked\r\n\r\n${formHead.length.toString(16)}\r\n${formHead}\r\n`,
        (piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`,
      ),
    );
    expect(statuses(cut)).toEqual([413]);
    await expect.poll(uploadsLeft, { timeout: 30_000 }).toEqual([]);
  });

  test('refuses a small file of many hours of silence, with no more memory than for a short one', async () => {
    const before = process.memoryUsage().rss;
    for (const bomb of [silentFlac({ hours: 16, sampleRate: 16_000 }), silentFlac({ hours: 5000, sampleRate: 1 })]) {
      expect(bomb.length).toBeLessThan(300_000);
      const answer = await upload(url, form(new Uint8Array(bomb)));
      expect(await answer.json()).toMatchObject({ error: { code: 'UPLOAD_TOO_LARGE' } });
      expect(answer.status).toBe(413);
    }
    // 16 h at 16 kHz are 3.7 GB of samples.
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
    expect((await upload(url, form(jfk))).status).toBe(200);
    await expect.poll(uploadsLeft, { timeout: 30_000 }).toEqual([]);
  });

  test('keeps nothing of 10,000 bad requests', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const bad = [
      'GET /no/such/path HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
      'DELETE /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'GET /v1/live HTTP/1.1\r\nhost: localhost\r\n\r\n',
    ].join('');
    const ask = async () => {
      const said = await converse(url, (socket) => socket.write(bad.repeat(25)));
      expect(statuses(said).every((status) => status >= 400 && status < 500)).toBe(true);
    };
    const round = async (count: number) => {
      await Promise.all(Array.from({ length: count / 100 }, ask));
      lines.length = 0;
      collect();
      return process.memoryUsage().heapUsed;
    };
    // The first ones fill the pools of what is used again.
    await round(2000);
    const before = await round(2000);
    expect((await round(8000)) - before).toBeLessThan(2_000_000);
  });
});
