import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { audioIdentity } from '../../dist/queue/uri/audio-identity.js';
import { type FetchOptions, fetchAudio } from '../../dist/queue/uri/fetch-audio.js';
import { ManualClock } from '../manual-clock.js';

const audio = Buffer.from('some audio, as far as a queue can tell');
const root = await mkdtemp(join(tmpdir(), 'queue-uri-'));
const folder = join(root, 'fetched');
const calls = join(root, 'calls');
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** That it came to. */
  readonly address: string | undefined;
}
const asked: Asked[] = [];
/** What is answered under which path, besides the good ones. */
const pages: Record<string, RequestListener> = {
  '/call.wav': (_, response) => response.writeHead(200, { 'content-type': 'text/html', etag: '"one"' }).end(audio),
  '/missing': (_, response) => response.writeHead(404).end('no'),
  '/broken': (_, response) => response.writeHead(500).end('no'),
  '/squeezed': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(audio),
  '/large': (_, response) => response.writeHead(200, { 'content-length': 1_000_000 }).write('a'),
  '/endless': (_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(10_000)));
    };
    response.on('drain', more);
    more();
  },
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('a', () => response.destroy());
  },
  '/silent': () => undefined,
  '/stuck': (_, response) => response.writeHead(200).write('a'),
  '/inside': (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port()}/call.wav` }).end(),
  '/hidden': (_, response) => response.writeHead(302, { location: `http://0x7f.1:${port()}/call.wav` }).end(),
  '/named': (_, response) => response.writeHead(302, { location: `http://inner.example:${port()}/call.wav` }).end(),
  '/disk': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/secret': (_, response) =>
    response.writeHead(302, { location: `http://me:word@127.0.0.2:${port()}/call.wav` }).end(),
  '/nowhere': (_, response) => response.writeHead(302).end(),
  '/around': (_, response) => response.writeHead(307, { location: '/around' }).end(),
  '/next': (_, response) => response.writeHead(303, { location: './call.wav' }).end(),
};
let server: Server;
const port = () => (server.address() as AddressInfo).port;

beforeAll(async () => {
  await mkdir(folder);
  await mkdir(calls);
  server = createServer((request, response) => {
    const { method, url, headers, socket } = request;
    asked.push({ method, url, headers, address: socket.localAddress });
    response.on('error', () => undefined);
    pages[request.url ?? '']?.(request, response);
  }).listen(0, '0.0.0.0');
  await once(server, 'listening');
});
afterEach(() => {
  asked.length = 0;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});

/** Stands for the world outside: of the machine's own addresses this one alone may be asked. */
const outside = ['127.0.0.2/32'];

function options(given: Partial<FetchOptions> = {}): FetchOptions {
  return { folder, limitBytes: 100_000, signal: new AbortController().signal, ...given };
}

async function outcome(uri: string, given?: Partial<FetchOptions>): Promise<string> {
  try {
    await using fetched = await fetchAudio(uri, options(given));
    return (await readFile(fetched.path)).equals(audio) ? 'the audio' : 'something else';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('audio behind http', () => {
  test('is fetched into a file of its own, which is gone afterwards', async () => {
    const fetched = await fetchAudio(`http://127.0.0.1:${port()}/call.wav#t=3`, options({ allowPrivate: true }));
    expect(fetched.sizeBytes).toBe(audio.length);
    expect(await readFile(fetched.path)).toEqual(audio);
    await fetched[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
    expect(asked[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'whisperpool' });
  });

  test.each<[uri: string, given: Partial<FetchOptions>]>([
    ['http://127.0.0.2:PORT/call.wav', { allowPrivate: outside }],
    ['http://127.0.0.2:PORT/next', { allowPrivate: outside }],
    ['http://outer.example:PORT/call.wav', { allowPrivate: outside, lookup: answering('127.0.0.2') }],
    ['http://localhost:PORT/call.wav', { allowPrivate: ['127.0.0.0/8', '::1/128'] }],
  ])('%s is fetched with %o', async (uri, given) => {
    expect(await outcome(uri.replace('PORT', String(port())), given)).toBe('the audio');
  });

  test.each<[why: string, uri: string, given?: Partial<FetchOptions>]>([
    ['loopback', 'http://127.0.0.1:PORT/call.wav'],
    ['loopback in IPv6', 'http://[::1]:PORT/call.wav'],
    ['loopback as IPv4 in IPv6', 'http://[::ffff:127.0.0.1]:PORT/call.wav'],
    ['loopback as a translator writes it', 'http://[64:ff9b::127.0.0.1]:PORT/call.wav'],
    ['loopback as another translator writes it', 'http://[::ffff:0:127.0.0.1]:PORT/call.wav'],
    ['loopback as 6to4', 'http://[2002:7f00:1::]:PORT/call.wav'],
    ['loopback as one number', 'http://2130706433:PORT/call.wav'],
    ['loopback in hexadecimal', 'http://0x7f.1:PORT/call.wav'],
    ['loopback in octal', 'http://0177.0.0.1:PORT/call.wav'],
    ['this network', 'http://0.0.0.0:PORT/call.wav'],
    ['the address of a cloud for credentials', 'http://169.254.169.254/latest/meta-data/'],
    ['a private network', 'http://192.168.0.1/call.wav'],
    ['the network of a carrier', 'http://100.64.0.1/call.wav'],
    ['a unique local address', 'http://[fd00::1]/call.wav'],
    ['a link-local address', 'http://[fe80::1]/call.wav'],
    ['many hosts at once', 'http://224.0.0.1/call.wav'],
    ['a neighbour of what is allowed', 'http://127.0.0.3:PORT/call.wav', { allowPrivate: outside }],
    ['a name of this machine', 'http://localhost:PORT/call.wav'],
    ['a name that leads to it', 'http://inner.example:PORT/call.wav', { lookup: answering('127.0.0.1') }],
    ['a name of which one address leads to it', 'http://a.example:PORT/', { lookup: answering('198.51.100.1', '::1') }],
    ['a name that leads to a scoped address', 'http://a.example:PORT/', { lookup: answering('fe80::1%lo') }],
    ['a redirect to it', 'http://127.0.0.2:PORT/inside', { allowPrivate: outside }],
    ['a redirect to it in hexadecimal', 'http://127.0.0.2:PORT/hidden', { allowPrivate: outside }],
    [
      'a redirect to a name that leads to it',
      'http://127.0.0.2:PORT/named',
      { allowPrivate: outside, lookup: answering('127.0.0.1') },
    ],
    ['a redirect to a file', 'http://127.0.0.2:PORT/disk', { allowPrivate: outside, allowedFolders: ['/etc'] }],
    ['a redirect with a password', 'http://127.0.0.2:PORT/secret', { allowPrivate: outside }],
    ['a password', 'http://me:word@127.0.0.2:PORT/call.wav', { allowPrivate: outside }],
    ['a name without a password', 'https://token@127.0.0.2:PORT/call.wav', { allowPrivate: outside }],
    ['another scheme', 'ftp://127.0.0.2/call.wav', { allowPrivate: outside }],
    ['data in the URI', 'data:audio/wav;base64,AAAA'],
    ['no URI', '/calls/one.wav'],
  ])('%s is refused, and not asked: %s', async (_, uri, given) => {
    expect(await outcome(uri.replace('PORT', String(port())), given)).toBe('URI_REFUSED');
    // A redirect has to be asked for; where it leads is not.
    expect(asked.filter(({ url }) => url === '/call.wav')).toEqual([]);
  });

  test('a name is looked up once for a connection, so that it cannot lead elsewhere after it was looked at', async () => {
    const answers = [['127.0.0.2'], ['127.0.0.1']];
    let lookups = 0;
    const lookup = () => Promise.resolve(answers[lookups++] ?? []);
    const uri = `http://turning.example:${port()}/call.wav`;
    expect(await outcome(uri, { allowPrivate: outside, lookup })).toBe('the audio');
    expect(lookups).toBe(1);
    expect(asked.map(({ address }) => address)).toEqual(['127.0.0.2']);
    // Asked again, it is looked at again.
    expect(await outcome(uri, { allowPrivate: outside, lookup })).toBe('URI_REFUSED');
  });

  test.each<[what: string, uri: string, code: string, given?: Partial<FetchOptions>]>([
    ['that is not there', 'http://127.0.0.2:PORT/missing', 'URI_UNREACHABLE'],
    ['of a host that broke', 'http://127.0.0.2:PORT/broken', 'URI_UNREACHABLE'],
    ['in an encoding nobody asked for', 'http://127.0.0.2:PORT/squeezed', 'URI_UNREACHABLE'],
    ['that breaks off', 'http://127.0.0.2:PORT/cut', 'URI_UNREACHABLE'],
    ['behind a redirect to nowhere', 'http://127.0.0.2:PORT/nowhere', 'URI_UNREACHABLE'],
    ['behind redirects without end', 'http://127.0.0.2:PORT/around', 'URI_UNREACHABLE'],
    [
      'of a host that does not answer',
      'http://127.0.0.2:PORT/silent',
      'URI_UNREACHABLE',
      { answerTimeoutSeconds: 0.1 },
    ],
    ['of a host that refuses connections', 'http://127.0.0.2:1/call.wav', 'URI_UNREACHABLE'],
    ['of a host without an address', 'http://a.example/', 'URI_UNREACHABLE', { lookup: answering() }],
    ['said to be too large', 'http://127.0.0.2:PORT/large', 'UPLOAD_TOO_LARGE'],
    ['without an end', 'http://127.0.0.2:PORT/endless', 'UPLOAD_TOO_LARGE'],
    [
      'for a folder that is not there',
      'http://127.0.0.2:PORT/call.wav',
      'OPTION_INVALID',
      { folder: join(root, 'no') },
    ],
  ])('audio %s fails, and leaves nothing behind: %s', async (_, uri, code, given) => {
    expect(await outcome(uri.replace('PORT', String(port())), { allowPrivate: outside, ...given })).toBe(code);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a host that stops sending is given up', async () => {
    const clock = new ManualClock();
    const answered = once(server, 'request');
    const failed = outcome(`http://127.0.0.2:${port()}/stuck`, { allowPrivate: outside, clock });
    await answered;
    while (clock.pending === 0) await new Promise(setImmediate);
    clock.advance(30);
    expect(await failed).toBe('URI_UNREACHABLE');
    expect(await readdir(folder)).toEqual([]);
  });

  test('what is aborted says so, and leaves nothing behind', async () => {
    const abort = new AbortController();
    const asking = once(server, 'request');
    const failed = outcome(`http://127.0.0.2:${port()}/stuck`, { allowPrivate: outside, signal: abort.signal });
    await asking;
    while ((await readdir(folder)).length === 0) await new Promise(setImmediate);
    abort.abort();
    expect(await failed).toBe('ABORTED');
    expect(await readdir(folder)).toEqual([]);
  });

  test('a secret behind the question mark is not told', async () => {
    const failed = fetchAudio(`http://127.0.0.2:${port()}/missing?signature=word`, options());
    await expect(failed).rejects.toThrow(/^(?!.*word).*private address 127\.0\.0\.2.*allowPrivate/);
  });

  test('a network that is none is told of', async () => {
    for (const network of ['10.0.0.0', 'localhost/8', '10.0.0.0/33', '10.0.0.0/'])
      expect(await outcome('http://a.example/', { allowPrivate: [network] })).toBe('OPTION_INVALID');
  });
});

describe('audio in a file', () => {
  const uriOf = (...names: string[]) => pathToFileURL(join(calls, ...names)).href;

  beforeAll(async () => {
    await writeFile(join(root, 'secret.wav'), audio);
    await writeFile(join(calls, 'one.wav'), audio);
    await mkdir(join(root, 'calls-of-others'));
    await writeFile(join(root, 'calls-of-others', 'one.wav'), audio);
    await symlink(join(calls, 'one.wav'), join(calls, 'inner.wav'));
    await symlink(join(root, 'secret.wav'), join(calls, 'escape.wav'));
    await symlink(root, join(calls, 'up'));
    await symlink(calls, join(root, 'link-to-calls'));
  });

  test('is read where it lies, and stays there', async () => {
    const fetched = await fetchAudio(uriOf('inner.wav'), options({ allowedFolders: [calls] }));
    expect(fetched).toMatchObject({ path: join(calls, 'one.wav'), sizeBytes: audio.length });
    await fetched[Symbol.asyncDispose]();
    expect(await readFile(join(calls, 'one.wav'))).toEqual(audio);
  });

  test('is read from a folder that was named by a link', async () => {
    const linked = join(root, 'link-to-calls');
    const uri = pathToFileURL(join(linked, 'one.wav')).href;
    expect(await outcome(uri, { allowedFolders: [linked] })).toBe('the audio');
    expect(await outcome(uriOf('one.wav'), { allowedFolders: [linked] })).toBe('the audio');
  });

  test.each<[what: string, uri: string, code: string, given?: Partial<FetchOptions>]>([
    ['when no folder was named', uriOf('one.wav'), 'URI_REFUSED', { allowedFolders: undefined }],
    ['in another folder', pathToFileURL(join(root, 'secret.wav')).href, 'URI_REFUSED'],
    ['in a folder with a similar name', pathToFileURL(join(root, 'calls-of-others', 'one.wav')).href, 'URI_REFUSED'],
    ['above the folder', `${uriOf()}/../secret.wav`, 'URI_REFUSED'],
    ['above the folder, hidden', `${uriOf()}/%2e%2e/secret.wav`, 'URI_REFUSED'],
    ['above the folder, with a hidden slash', `${uriOf()}/..%2fsecret.wav`, 'URI_REFUSED'],
    ['behind a link that leads out', uriOf('escape.wav'), 'URI_REFUSED'],
    ['behind a folder that leads out', uriOf('up', 'secret.wav'), 'URI_REFUSED'],
    ['that is the folder', uriOf(), 'URI_REFUSED'],
    ['of another machine', 'file://other.example/calls/one.wav', 'URI_REFUSED'],
    ['with a zero byte in its name', `${uriOf()}/one%00.wav`, 'URI_REFUSED'],
    ['that is a device', 'file:///dev/zero', 'URI_REFUSED', { allowedFolders: ['/dev'] }],
    ['that is not there', uriOf('two.wav'), 'URI_UNREACHABLE'],
    ['outside that is not there', 'file:///none/two.wav', 'URI_REFUSED'],
    ['that is too large', uriOf('one.wav'), 'UPLOAD_TOO_LARGE', { limitBytes: 5 }],
  ])('%s is not read', async (_, uri, code, given) => {
    expect(await outcome(uri, { allowedFolders: [calls], ...given })).toBe(code);
  });
});

describe('the identity of audio', () => {
  test('of a file is where it really lies, its size and its time', async () => {
    const path = join(calls, 'twice.wav');
    await writeFile(path, audio);
    await symlink(path, join(calls, 'other-name.wav'));
    const first = await audioIdentity(pathToFileURL(path).href);
    expect(first.revision).toBeDefined();
    expect(await audioIdentity(pathToFileURL(join(calls, 'other-name.wav')).href)).toEqual(first);
    await utimes(path, 1, 1);
    const touched = await audioIdentity(pathToFileURL(path).href);
    expect(touched.uri).toBe(first.uri);
    expect(touched.revision).not.toBe(first.revision);
  });

  test.each<[headers: Record<string, string>, revision: string | undefined]>([
    [{ etag: '"one"', 'last-modified': 'today', 'content-length': '4' }, '"one"'],
    [{ etag: 'W/"one"', 'last-modified': 'today', 'content-length': '4' }, 'today 4'],
    [{ 'last-modified': 'today' }, undefined],
    [{ 'content-length': '4' }, undefined],
  ])('behind %o has the revision %s', async (headers, revision) => {
    pages['/told'] = (_, response) => response.writeHead(200, headers).end();
    const uri = `http://127.0.0.1:${port()}/told`;
    expect(await audioIdentity(`${uri}#t=3`, { allowPrivate: true })).toEqual({ uri, revision });
    expect(asked.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test.each<[what: string, uri: string, allowPrivate: boolean]>([
    ['a file that is not there', 'file:///none/two.wav', false],
    ['a private address that is not asked', 'http://127.0.0.1:PORT/call.wav', false],
    ['a page that is not there', 'http://127.0.0.1:PORT/missing', true],
    ['a host that is not there', 'http://127.0.0.1:1/call.wav', true],
  ])('%s has no revision', async (_, uri, allowPrivate) => {
    const given = uri.replace('PORT', String(port()));
    expect(await audioIdentity(given, { allowPrivate })).toEqual({ uri: given, revision: undefined });
  });

  test('what no worker would fetch is refused at once', async () => {
    for (const uri of ['ftp://a.example/', 'http://me:word@a.example/', 'one.wav'])
      await expect(audioIdentity(uri)).rejects.toMatchObject({ code: 'URI_REFUSED' });
  });
});

function answering(...addresses: string[]): NonNullable<FetchOptions['lookup']> {
  return () => Promise.resolve(addresses);
}
