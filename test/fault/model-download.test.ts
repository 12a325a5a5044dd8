import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DownloadProgress } from '../../dist/model/store/progress-meter.js';
import { type EnsureOptions, ModelStore } from '../../dist/model/store/store.js';
import type { StoreOptions } from '../../dist/model/store/store-options.js';
import { ManualClock } from '../manual-clock.js';
import {
  type Behaviour,
  body,
  breakOff,
  drip,
  HubServer,
  part,
  pause,
  redirect,
  silence,
  status,
  whole,
} from './hub-server.js';

const fileName = 'ggml-tiny.en-q8_0.bin';
const bytes = readFileSync(new URL(`../../models/${fileName}`, import.meta.url));
const half = bytes.length / 2 - 0.5;
const almostAll = bytes.length - 100_000;
const storeModule = new URL('../../dist/model/store/store.js', import.meta.url).href;
const asRoot = process.getuid?.() === 0;

const root = await mkdtemp(join(tmpdir(), 'model-download-'));
let hub: HubServer;
let other: HubServer;
let folder: string;
let count = 0;

beforeAll(async () => {
  hub = await HubServer.start(bytes);
  other = await HubServer.start(bytes);
});
beforeEach(() => {
  count += 1;
  folder = join(root, String(count), 'models');
  vi.stubEnv('WHISPERPOOL_CACHE', join(root, String(count)));
  hub.will();
  hub.etag = '"first"';
  hub.asked.length = 0;
  other.asked.length = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(join(root, String(count)), { recursive: true, force: true });
});
afterAll(async () => {
  await Promise.all([hub.stop(), other.stop()]);
  await rm(root, { recursive: true });
});

/** Patient enough for a busy machine, and no more. */
const hasty = {
  attempts: 3,
  firstRetrySeconds: 0.001,
  longestRetrySeconds: 0.01,
  answerTimeoutSeconds: 0.2,
  stallTimeoutSeconds: 0.2,
  slowSeconds: 0.3,
  slowBytesPerSecond: 10_000,
};

function storeOf(options: StoreOptions = {}): ModelStore {
  return new ModelStore({ hub: hub.address, ...hasty, ...options });
}

function ensure(options: EnsureOptions = {}, store = storeOf()) {
  return store.ensure('tiny.en', { searchFolders: [], ...options });
}

const finalPath = () => join(folder, fileName);
const partialPath = () => `${finalPath()}.partial`;
const lockPath = () => `${finalPath()}.lock`;

/** What a broken-off download leaves. */
async function leavePartial(content: Buffer, origin: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(partialPath(), content);
  const { sha256, sizeBytes } = await published();
  const known = { formatVersion: 1, sizeBytes, sha256, validator: hub.etag, ...origin };
  await writeFile(`${partialPath()}.json`, JSON.stringify(known));
}

async function published() {
  const { publishedFile } = await import('../../dist/model/catalog.js');
  const file = publishedFile('tiny.en', 'q8_0');
  if (!file) throw new Error('the catalog has no tiny.en');
  return file;
}

/** After whatever happened: the next call ends well, and leaves the model and nothing else. */
async function expectRecovery(): Promise<void> {
  hub.will();
  expect(await ensure()).toMatchObject({ name: 'tiny.en', checked: 'sha256', path: finalPath() });
  expect((await readFile(finalPath())).equals(bytes)).toBe(true);
  expect(await readdir(folder)).toEqual([fileName]);
}

/** What has come when a connection breaks may miss some last bytes that were on their way, but no more. */
function expectOffsets(expected: readonly number[]): void {
  expect(hub.offsets).toHaveLength(expected.length);
  for (const [index, offset] of hub.offsets.entries()) {
    expect(Math.abs(offset - (expected[index] ?? 0))).toBeLessThan(2 ** 20);
  }
}

const flipped = Buffer.from(bytes);
flipped.writeUInt8(flipped.readUInt8(half) ^ 1, half);

describe('a download', () => {
  test('comes whole, checked, readable by all, and tells how far it is', async () => {
    const reports: DownloadProgress[] = [];
    const found = await ensure({ onProgress: (progress) => reports.push(progress) });
    expect(found).toMatchObject({ name: 'tiny.en', source: 'download', checked: 'sha256', path: finalPath() });
    expect(reports[0]).toMatchObject({ doneBytes: 0, totalBytes: bytes.length, secondsLeft: undefined });
    expect(reports.at(-1)).toMatchObject({ doneBytes: bytes.length, secondsLeft: 0 });
    expect((await stat(finalPath())).mode & 0o600).toBe(0o600);
    expect((await stat(finalPath())).mode & 0o133).toBe(0);
    expect(hub.asked.map(({ path }) => path)).toEqual([`/models/${fileName}`]);
    await expectRecovery();
    expect(hub.asked).toHaveLength(1);
  });

  test('is hashed once, and leaves no timer behind', async () => {
    const hashing = vi.spyOn(crypto, 'createHash');
    syncBuiltinESMExports();
    const clock = new ManualClock();
    await ensure({}, storeOf({ clock }));
    await ensure();
    expect(hashing).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
    hashing.mockRestore();
    syncBuiltinESMExports();
  });

  test('is the same for a hundred callers', async () => {
    const store = storeOf();
    const calls = await Promise.all(Array.from({ length: 100 }, () => ensure({}, store)));
    expect(new Set(calls.map(({ fileKey }) => fileKey)).size).toBe(1);
    expect(hub.asked).toHaveLength(1);
  });

  test('is the same for two stores in one process', async () => {
    const sources = (await Promise.all([ensure(), ensure()])).map(({ source }) => source);
    expect(sources.sort()).toEqual(['cache', 'download']);
    expect(hub.asked).toHaveLength(1);
  });

  test('is made again on demand, in place of what is there', async () => {
    await ensure();
    expect(await ensure({ mode: 'refresh' })).toMatchObject({ source: 'download' });
    expect(hub.asked).toHaveLength(2);
    await expectRecovery();
  });

  test('sends the name and password of its hub, and follows a redirect within it', async () => {
    hub.will(redirect('/elsewhere'), redirect('again', 307));
    await ensure({}, storeOf({ hub: hub.address.replace('//', '//me:safe@') }));
    const sent = `Basic ${Buffer.from('me:safe').toString('base64')}`;
    expect(hub.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      [`/models/${fileName}`, sent],
      ['/elsewhere', sent],
      ['/again', sent],
    ]);
  });
});

describe('a bad answer is refused at once, with nothing kept:', () => {
  const code = 'MODEL_DOWNLOAD_FAILED';
  const cases: readonly [what: string, behaviour: Behaviour, code: string, says: string][] = [
    ['a page', body('<html>', { 'content-type': 'text/html' }), code, 'a page (text/html)'],
    ['a page that calls itself a file', body('<!DOCTYPE html><html>login'), code, 'is a web page'],
    ['text', body('Repository not found', { 'content-type': 'text/plain' }), code, 'is text'],
    ['another kind of model', body(`GGUF${'\0'.repeat(100)}`), code, 'is a GGUF file'],
    ['a shorter file', body('x', { 'content-length': '1' }), code, '1 bytes, where 43550795'],
    ['a longer file', body(Buffer.concat([bytes, Buffer.from('x')])), code, 'more than the 43550795'],
    ['a flipped bit', body(flipped), 'MODEL_CORRUPT', 'SHA-256'],
    ['404', status(404), code, 'no such file'],
    ['403', status(403), code, '403'],
    ['401', status(401), code, 'password'],
    ['another scheme', redirect('https://mirror.example/'), code, 'another scheme'],
    ['a local file', redirect('file:///etc/passwd'), code, 'another scheme'],
    ['a private address', redirect('http://10.0.0.1/'), code, 'private address 10.0.0.1'],
    ['the address of a cloud', redirect('http://169.254.169.254/latest'), code, 'private address'],
    ['another port of this machine', redirect(() => other.address), code, 'private address'],
    ['a name of this machine', redirect(() => other.address.replace('127.0.0.1', 'localhost')), code, 'localhost is'],
    ['a redirect to nowhere', status(302), code, 'nowhere'],
  ];

  test.each(cases)('%s', async (_, behaviour, expected, says) => {
    hub.will(behaviour);
    const failing = ensure();
    await expect(failing).rejects.toMatchObject({ name: 'EngineError', code: expected });
    await expect(failing).rejects.toThrow(says);
    expect(await readdir(folder)).toEqual([]);
    expect([hub.asked.length, other.asked.length]).toEqual([1, 0]);
  });

  test('a circle of redirects', async () => {
    hub.will(...Array.from({ length: 20 }, () => redirect(`/models/${fileName}`)));
    await expect(ensure()).rejects.toThrow('more than 5 times');
    expect(hub.asked).toHaveLength(6);
  });

  test('no proof of who it is', async () => {
    const failing = ensure({}, storeOf({ hub: hub.address.replace('http:', 'https:') }));
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    await expect(failing).rejects.not.toThrow('tries in a row');
  });

  test('and the next call ends well', expectRecovery);
});

describe('a download goes on where it broke off', () => {
  const cases: readonly [what: string, behaviours: readonly Behaviour[], offsets: readonly number[]][] = [
    ['when the connection breaks', [breakOff(half)], [0, half]],
    [
      'when it breaks again and again, but gets on',
      Array<Behaviour>(6).fill(breakOff(2 ** 22)),
      [0, 1, 2, 3, 4, 5, 6].map((index) => index * 2 ** 22),
    ],
    ['when it stalls', [pause(half)], [0, half]],
    ['when it ends too early', [body(bytes.subarray(0, half))], [0, half]],
    ['when the hub is busy', [status(500), status(429, { 'retry-after': '0' })], [0, 0, 0]],
    ['when the hub does not answer', [silence], [0, 0]],
  ];

  test.each(cases)('%s', async (_, behaviours, offsets) => {
    hub.will(...behaviours);
    expect(await ensure()).toMatchObject({ source: 'download', checked: 'sha256' });
    expectOffsets(offsets);
    await expectRecovery();
  });

  test('when it only drips', async () => {
    hub.will(drip(half));
    expect(await ensure()).toMatchObject({ source: 'download' });
    expectOffsets([0, half]);
  });

  test('in the next call, when the hub was not to be reached any more', async () => {
    hub.will(breakOff(half), status(503), status(503), status(503));
    const failing = ensure();
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    await expect(failing).rejects.toThrow('answered 503, and 3 tries in a row');
    expect((await readdir(folder)).sort()).toEqual([`${fileName}.partial`, `${fileName}.partial.json`]);
    hub.asked.length = 0;
    await expectRecovery();
    expectOffsets([half]);
    expect(hub.asked[0]?.headers['if-range']).toBe('"first"');
  });

  test('in the next call, when the machine of the hub is gone', async () => {
    const gone = await HubServer.start(bytes);
    const { address } = gone;
    await gone.stop();
    await leavePartial(bytes.subarray(0, almostAll));
    const failing = ensure({}, storeOf({ hub: address }));
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    await expect(failing).rejects.toThrow('ECONNREFUSED');
    await expectRecovery();
    expect(hub.offsets).toEqual([almostAll]);
  });
});

describe('a download starts over', () => {
  const rest = bytes.subarray(0, almostAll);
  const cases: readonly [what: string, behaviours: readonly Behaviour[], offsets: readonly number[]][] = [
    ['when the hub ignores the range', [whole], [almostAll]],
    ['when the hub sends another range', [part(0)], [almostAll, 0]],
    ['when the hub refuses the range', [status(416)], [almostAll, 0]],
    ['when the hub has another version, and says so', [part(almostAll, '"second"')], [almostAll, 0]],
  ];

  test.each(cases)('%s', async (_, behaviours, offsets) => {
    await leavePartial(rest);
    hub.will(...behaviours);
    expect(await ensure()).toMatchObject({ source: 'download', checked: 'sha256' });
    expect(hub.offsets).toEqual(offsets);
    await expectRecovery();
  });

  test('when the file on the hub changed between two calls', async () => {
    await leavePartial(rest);
    hub.etag = '"second"';
    expect(await ensure()).toMatchObject({ source: 'download' });
    expect(hub.offsets).toEqual([almostAll]);
    await expectRecovery();
  });

  test('with a partial file of an older version', async () => {
    await leavePartial(rest, { formatVersion: 0 });
    expect(await ensure()).toMatchObject({ source: 'download', checked: 'sha256' });
    expect(hub.offsets).toEqual([0]);
    await expectRecovery();
  });

  test('when what it was put together from is damaged', async () => {
    await leavePartial(flipped.subarray(0, almostAll));
    expect(await ensure()).toMatchObject({ source: 'download', checked: 'sha256' });
    expect(hub.offsets).toEqual([almostAll, 0]);
    await expectRecovery();
  });

  test('once: a hub that always sends another range is refused', async () => {
    await leavePartial(rest);
    hub.will(...Array<Behaviour>(10).fill(part(7)));
    await expect(ensure()).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    expect(hub.offsets).toEqual([almostAll, 0]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a caller', () => {
  test('who leaves does not take the other along', async () => {
    const store = storeOf({ stallTimeoutSeconds: 60, slowSeconds: 60 });
    hub.will(pause(half));
    const paused = once(hub.events, 'paused');
    const impatient = new AbortController();
    const leaving = ensure({ signal: impatient.signal }, store);
    const staying = ensure({}, store);
    const [response] = (await paused) as [ServerResponse];
    impatient.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' });
    response.end(bytes.subarray(half));
    expect(await staying).toMatchObject({ source: 'download' });
    expect(hub.asked).toHaveLength(1);
  });

  test('who leaves as the last one ends the download, which goes on with the next call', async () => {
    const store = storeOf({ stallTimeoutSeconds: 60, slowSeconds: 60 });
    hub.will(pause(half));
    const paused = once(hub.events, 'paused');
    const impatient = new AbortController();
    const leaving = ensure({ signal: impatient.signal }, store);
    const [response] = (await paused) as [ServerResponse];
    const closed = once(response, 'close');
    impatient.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' });
    await closed;
    expect(await ensure({}, store)).toMatchObject({ source: 'download' });
    expect(hub.offsets[1]).toBeGreaterThan(0);
    await expectRecovery();
  });
});

describe('in the folder', () => {
  test('a damaged model is replaced', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(finalPath(), flipped);
    expect(await ensure()).toMatchObject({ source: 'download', checked: 'sha256' });
    await expectRecovery();
  });

  test('a link that leads back to itself is replaced', async () => {
    await mkdir(folder, { recursive: true });
    await symlink(finalPath(), finalPath());
    expect(await ensure()).toMatchObject({ source: 'download', path: finalPath() });
    await expectRecovery();
  });

  test.each<[what: string, place: () => string, questions: number]>([
    ['model', finalPath, 0],
    ['partial file', partialPath, 1],
  ])('a folder in the place of the %s is refused, before anything is fetched or lost', async (_, place, questions) => {
    await mkdir(join(place(), 'precious'), { recursive: true });
    const failing = ensure();
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_STORE_UNWRITABLE' });
    await expect(failing).rejects.toThrow('is a folder');
    expect(await readdir(place())).toEqual(['precious']);
    expect(hub.asked).toHaveLength(questions);
    await rm(place(), { recursive: true });
    await expectRecovery();
  });

  test('a file in the place of the folder is refused', async () => {
    await writeFile(join(root, 'file'), '');
    const failing = ensure({}, storeOf({ folder: join(root, 'file', 'models') }));
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_STORE_UNWRITABLE' });
    expect(hub.asked).toEqual([]);
  });

  test.skipIf(asRoot)('where nothing may be written nothing is fetched (not as root)', async () => {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o500);
    await expect(ensure()).rejects.toMatchObject({ code: 'MODEL_STORE_UNWRITABLE' });
    expect(hub.asked).toEqual([]);
    await chmod(folder, 0o700);
  });
});

/** Linux lets root make file systems; a container may not have what that takes. */
function canMount(): boolean {
  if (!asRoot || process.platform !== 'linux') return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root], { stdio: 'ignore' });
    execFileSync('umount', [root]);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount())('on a file system of its own (needs root, to mount it)', () => {
  const mebibyte = 2 ** 20;
  const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);

  beforeEach(() => mkdir(folder, { recursive: true }));
  afterEach(() => void execFileSync('umount', [folder]));

  test('that is too small, nothing is fetched', async () => {
    mount('size=80m');
    const failing = ensure();
    await expect(failing).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(failing).rejects.toThrow('42 MiB are to be downloaded');
    await expect(failing).rejects.toThrow('only 80 MiB are');
    expect(hub.asked).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('that is full in the middle, what has come is kept and gone on with', async () => {
    mount('size=120m');
    hub.will(pause(half));
    const paused = once(hub.events, 'paused');
    const failing = ensure({}, storeOf({ stallTimeoutSeconds: 60, slowSeconds: 60 }));
    const outcome = expect(failing).rejects.toMatchObject({ code: 'DISK_FULL' });
    const [response] = (await paused) as [ServerResponse];
    const ballast = join(folder, 'ballast');
    await writeFile(ballast, Buffer.alloc(120 * mebibyte - half - 10 * mebibyte));
    response.end(bytes.subarray(half));
    await outcome;
    await rm(ballast);
    hub.asked.length = 0;
    await expectRecovery();
    expect(hub.offsets[0]).toBeGreaterThan(half);
  });

  test('that is read-only, nothing is fetched', async () => {
    mount('ro');
    const failing = ensure();
    await expect(failing).rejects.toMatchObject({ code: 'MODEL_STORE_UNWRITABLE' });
    await expect(failing).rejects.toThrow('read-only');
    expect(hub.asked).toEqual([]);
  });
});

/** Asks for the model in a process of its own, which says where it got it. */
function startChild() {
  const program = `import { ModelStore } from ${JSON.stringify(storeModule)};
    const store = new ModelStore(${JSON.stringify({ hub: hub.address })});
    console.log((await store.ensure('tiny.en', { searchFolders: [] })).source);`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The lock of a process that is gone, when as much time has passed as it takes to be sure of that. */
async function ageLock(): Promise<void> {
  await utimes(lockPath(), 0, 0);
}

describe('of several processes', () => {
  test('one fetches, and the others wait for it', async () => {
    hub.will(pause(half));
    const paused = once(hub.events, 'paused');
    const children = [startChild(), startChild()];
    const said = Promise.all(children.map(async (child) => (await text(child.stdout)).trim()));
    const [response] = (await paused) as [ServerResponse];
    response.end(bytes.subarray(half));
    const here = await ensure();
    expect((await said).sort()).toEqual(['cache', 'download']);
    expect(here.source).toBe('cache');
    expect(hub.asked).toHaveLength(1);
    await expectRecovery();
  });

  test('one that is killed while it fetches is taken over from', async () => {
    hub.will(pause(half));
    const paused = once(hub.events, 'paused');
    const child = startChild();
    await paused;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    expect((await readdir(folder)).sort()).toEqual([`.lock`, `.partial`, `.partial.json`].map((end) => fileName + end));
    await ageLock();
    expect(await ensure()).toMatchObject({ source: 'download' });
    expect(hub.offsets[1]).toBeGreaterThan(0);
    await expectRecovery();
  });

  test('one that is killed after the last byte leaves what need not be fetched again', async () => {
    await leavePartial(bytes);
    await mkdir(lockPath());
    await ageLock();
    expect(await ensure()).toMatchObject({ source: 'download' });
    expect(hub.asked).toEqual([]);
    await expectRecovery();
  });

  test('one that is killed as soon as the model has its name leaves a good model', async () => {
    await mkdir(folder, { recursive: true });
    const watcher = watch(folder);
    const child = startChild();
    const closed = once(child, 'close');
    watcher.on('change', (_, name) => {
      if (name === fileName) child.kill('SIGKILL');
    });
    await closed;
    watcher.close();
    expect(await ensure()).toMatchObject({ source: 'cache', checked: 'sha256' });
    expect(hub.asked).toHaveLength(1);
    if ((await readdir(folder)).includes(`${fileName}.lock`)) await ageLock();
    await storeOf().prune();
    await expectRecovery();
  });

  test('one that was killed long ago is in nobody’s way', async () => {
    await mkdir(lockPath(), { recursive: true });
    await ageLock();
    expect(await ensure()).toMatchObject({ source: 'download' });
    await expectRecovery();
  });
});
