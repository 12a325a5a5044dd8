import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { identifyFile } from '../../dist/model/file-identity.js';
import { type ResolvedModel, resolveModel } from '../../dist/model/resolve.js';
import { type Answer, judgeAnswer } from '../../dist/model/store/http-answer.js';
import { authorization, fileAddress, hubBase, redirection, shownAddress } from '../../dist/model/store/hub-address.js';
import { PaceWatch } from '../../dist/model/store/pace-watch.js';
import { PartialFile } from '../../dist/model/store/partial-file.js';
import { Patience } from '../../dist/model/store/patience.js';
import { type DownloadProgress, ProgressMeter } from '../../dist/model/store/progress-meter.js';
import { isPublicAddress, publicLookup } from '../../dist/model/store/public-address.js';
import { type ProgressListener, SharedDownloads } from '../../dist/model/store/shared-downloads.js';
import { ModelStore } from '../../dist/model/store/store.js';
import { pathInside } from '../../dist/model/store/store-folder.js';
import { tryLock, withLock } from '../../dist/model/store/store-lock.js';
import { keepHash, recallHash } from '../../dist/model/store/verified-hashes.js';
import { ManualClock } from '../manual-clock.js';
import { dimensionsOf, writeSparseModel } from './sparse-model.js';

const models = new URL('../../models/', import.meta.url).pathname;
const tinyEnglish = 'ggml-tiny.en-q8_0.bin';
const root = await mkdtemp(join(tmpdir(), 'model-store-'));
let folder: string;
let count = 0;

beforeEach(async () => {
  count += 1;
  folder = join(root, String(count));
  await mkdir(folder);
  vi.stubEnv('WHISPERPOOL_CACHE', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.useRealTimers();
});
afterAll(() => rm(root, { recursive: true }));

async function copyOfTiny(path: string): Promise<string> {
  await copyFile(join(models, tinyEnglish), path, constants.COPYFILE_FICLONE);
  await chmod(path, 0o644);
  return path;
}

describe('an answer of the hub', () => {
  const asked = { sizeBytes: 1000, offsetBytes: 400, validator: '"a"' };
  const fresh = { sizeBytes: 1000, offsetBytes: 0, validator: undefined };
  const judge = (answer: Answer, question: typeof asked | typeof fresh = asked) => judgeAnswer(question, answer, 0);

  test.each<[what: string, headers: Record<string, string>, validator: string | undefined]>([
    ['a strong tag', { etag: '"b"', 'last-modified': 'Sat' }, '"b"'],
    ['a weak tag and a date', { etag: 'W/"b"', 'last-modified': 'Sat' }, 'Sat'],
    ['neither', {}, undefined],
  ])('with all of the file and %s is taken from its first byte', (_, headers, validator) => {
    const verdict = judge({ status: 200, headers: { 'content-length': '1000', ...headers } });
    expect(verdict).toEqual({ kind: 'take', fromBytes: 0, validator });
  });

  test.each([
    ['bytes 400-999/1000', { etag: '"a"' }],
    ['bytes 400-999/*', {}],
    ['bytes 400-599/1000', { 'last-modified': 'Sat', etag: '"a"' }],
  ])('with the range %s is gone on with', (range, headers) => {
    const verdict = judge({ status: 206, headers: { 'content-range': range, ...headers } });
    expect(verdict).toEqual({ kind: 'take', fromBytes: 400, validator: '"a"' });
  });

  test.each([
    ['another first byte', 'bytes 0-999/1000', {}],
    ['another size', 'bytes 400-1999/2000', {}],
    ['another unit', 'lines 400-999/1000', {}],
    ['no range', '', {}],
    ['another version of the file', 'bytes 400-999/1000', { etag: '"b"' }],
  ])('with %s is not gone on with', (_, range, headers) => {
    const verdict = judge({ status: 206, headers: { 'content-range': range, ...headers } });
    expect(verdict).toMatchObject({ kind: 'startOver' });
  });

  test('with a part when all was asked for is not taken', () => {
    const answer = { status: 206, headers: { 'content-range': 'bytes 0-999/1000' } };
    expect(judge(answer, fresh)).toMatchObject({ kind: 'startOver' });
  });

  test('that the range cannot be had starts over', () => {
    expect(judge({ status: 416, headers: {} })).toMatchObject({ kind: 'startOver' });
  });

  test.each([408, 425, 429, 500, 502, 503, 504, 599])('of %d is worth another try', (status) => {
    expect(judge({ status, headers: {} })).toMatchObject({ kind: 'retry', askedSeconds: undefined });
  });

  test.each([
    ['7', 7],
    ['Thu, 01 Jan 1970 00:01:30 GMT', 90],
    ['Wed, 31 Dec 1969 23:59:00 GMT', 0],
    ['soon', undefined],
  ])('that asks to wait, %s, is waited for', (value, askedSeconds) => {
    expect(judge({ status: 429, headers: { 'retry-after': value } })).toMatchObject({ askedSeconds });
  });

  test.each([
    [{ status: 404, headers: {} }, 'no such file'],
    [{ status: 401, headers: {} }, 'password'],
    [{ status: 403, headers: {} }, '403'],
    [{ status: 204, headers: {} }, '204'],
    [{ status: 304, headers: {} }, '304'],
    [{ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } }, 'a page'],
    [{ status: 206, headers: { 'content-type': 'application/json' } }, 'a page'],
    [{ status: 200, headers: { 'content-length': '999' } }, '999 bytes, where 1000'],
    [{ status: 200, headers: { 'content-encoding': 'gzip' } }, 'gzip'],
  ])('%j is refused', (answer, says) => {
    expect(judge(answer)).toEqual({ kind: 'refuse', why: expect.stringContaining(says) });
  });
});

describe('the address of the hub', () => {
  const hub = new URL('https://me:s%40fe@mirror.example/whisper/?key=1');

  test.each([
    ['http://mirror.example', 'http://mirror.example/ggml-base.bin'],
    ['https://mirror.example/a/b/', 'https://mirror.example/a/b/ggml-base.bin'],
    ['https://me:safe@mirror.example/a?key=1', 'https://mirror.example/a/ggml-base.bin?key=1'],
  ])('%s gives files as %s', (base, address) => {
    expect(fileAddress(hubBase(base), 'ggml-base.bin').href).toBe(address);
  });

  test('is WHISPERPOOL_HUB when none is given', () => {
    vi.stubEnv('WHISPERPOOL_HUB', 'http://10.0.0.1/');
    expect(hubBase(undefined).href).toBe('http://10.0.0.1/');
    vi.stubEnv('WHISPERPOOL_HUB', '');
    expect(hubBase(undefined).protocol).toBe('https:');
  });

  test.each(['', 'mirror.example', 'file:///models', 'ftp://mirror.example', 'http://'])('%j is none', (address) => {
    expect(() => hubBase(address)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });

  test('gives its name and password to its own origin only', () => {
    const sent = `Basic ${Buffer.from('me:s@fe').toString('base64')}`;
    expect(authorization(hub, new URL('https://mirror.example/other'))).toBe(sent);
    for (const other of ['https://other.example/', 'http://mirror.example/', 'https://mirror.example:8443/']) {
      expect(authorization(hub, new URL(other))).toBeUndefined();
    }
  });

  test('is told without its secrets', () => {
    expect(shownAddress(hub)).toBe('https://mirror.example/whisper/');
  });
});

describe('a redirect', () => {
  const hub = new URL('http://10.0.0.1:8080/models/');
  const from = new URL('http://10.0.0.1:8080/models/ggml-base.bin');

  test.each([
    ['http://cdn.example/x?signature=1', 'http://cdn.example/x?signature=1'],
    ['//8.8.8.8/x', 'http://8.8.8.8/x'],
    ['/elsewhere', 'http://10.0.0.1:8080/elsewhere'],
    ['http://10.0.0.1:8080/other', 'http://10.0.0.1:8080/other'],
    ['http://me:safe@cdn.example/', 'http://cdn.example/'],
  ])('to %s is followed', (location, address) => {
    const next = redirection(from, location, hub);
    expect(next.kind === 'follow' && next.address.href).toBe(address);
  });

  test.each([
    [undefined, 'nowhere'],
    ['http://', 'no address'],
    ['https://cdn.example/', 'another scheme'],
    ['file:///etc/passwd', 'another scheme'],
    ['data:text/plain,x', 'another scheme'],
    ['http://10.0.0.1:22/', 'private address'],
    ['http://127.0.0.1/', 'private address'],
    ['http://0x7f.1/', 'private address'],
    ['http://169.254.169.254/latest', 'private address'],
    ['http://[::1]/', 'private address'],
    ['http://[::ffff:10.0.0.2]/', 'private address'],
  ])('to %s is refused', (location, says) => {
    expect(redirection(from, location, hub)).toEqual({ kind: 'refuse', why: expect.stringContaining(says) });
  });
});

describe('the address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.2', '169.254.169.254', '172.31.0.1', '192.168.1.1', '224.0.0.1'],
    ...['255.255.255.255', '::', '::1', '::127.0.0.1', '::ffff:192.168.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    ...['fd00::1', 'ff02::1', '64:ff9b::10.0.0.1', '2002:a00:1::', '2002:7f00:1::', 'no address'],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each([true, false])('behind the name of this machine is refused (all: %s)', async (all) => {
    const failure = await new Promise((resolve) => {
      publicLookup('localhost', { all }, (error) => resolve(error));
    });
    expect(String(failure)).toContain('localhost is the private address');
  });
});

describe('a transfer', () => {
  const limits = { stallTimeoutSeconds: 30, slowBytesPerSecond: 1000, slowSeconds: 60 };

  function watched() {
    const clock = new ManualClock();
    const complaints: string[] = [];
    const watch = new PaceWatch({ ...limits, clock }, (why) => complaints.push(why));
    return { clock, complaints, watch };
  }

  test('that brings nothing is given up after the time for that, and once', () => {
    const { clock, complaints } = watched();
    clock.advance(29);
    expect(complaints).toEqual([]);
    clock.advance(1);
    expect(complaints).toEqual(['no byte came for 30 s']);
    expect(clock.pending).toBe(0);
  });

  test('that brings something now and then is given up when that is too little', () => {
    const { clock, complaints, watch } = watched();
    for (let tens = 0; tens < 6; tens += 1) {
      expect(complaints).toEqual([]);
      watch.advance(9_999);
      clock.advance(10);
    }
    expect(complaints).toEqual(['only 59994 bytes came in 60 s']);
  });

  test('that brings enough may take for ever', () => {
    const { clock, complaints, watch } = watched();
    for (let tens = 0; tens < 100; tens += 1) {
      watch.advance(10_000);
      clock.advance(10);
    }
    expect(complaints).toEqual([]);
    watch.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('the next try', () => {
  const options = { attempts: 4, firstRetrySeconds: 1, longestRetrySeconds: 3 };

  test('waits twice as long each time at most, never longer than allowed, until there were enough', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const patience = new Patience({ ...options, attempts: 5 }, 0);
    const waits = Array.from({ length: 5 }, () => patience.nextTry(0));
    expect(waits).toEqual([0.999, 1.998, 2.997, 2.997, undefined]);
  });

  test('waits any part of that, so that not everybody comes back at once', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    expect(new Patience(options, 0).nextTry(0)).toBe(0);
  });

  test('waits as long as the hub asks, within bounds', () => {
    const patience = new Patience(options, 0);
    expect(patience.nextTry(0, 2.5)).toBe(2.5);
    expect(patience.nextTry(0, 3600)).toBe(3);
  });

  test('is never the last while the file grows', () => {
    const patience = new Patience(options, 0);
    for (let megabytes = 1; megabytes < 50; megabytes += 1) {
      expect(patience.nextTry(megabytes * 2 ** 20)).toBeTypeOf('number');
    }
    expect([1, 2, 3].map(() => patience.nextTry(49 * 2 ** 20)).at(-1)).toBeUndefined();
  });

  test('does not come again and again for bytes that were there before', () => {
    const patience = new Patience(options, 0);
    const tries = Array.from({ length: 5 }, () => patience.nextTry(5 * 2 ** 20));
    expect(tries.map((seconds) => seconds !== undefined)).toEqual([true, true, true, false, false]);
  });
});

describe('progress', () => {
  function metered(totalBytes: number) {
    const clock = new ManualClock();
    const reports: DownloadProgress[] = [];
    return { clock, reports, meter: new ProgressMeter(clock, totalBytes, (progress) => reports.push(progress)) };
  }

  test('is told at most ten times a second, but the first and the last time always', () => {
    const { clock, meter, reports } = metered(1000);
    for (let doneBytes = 0; doneBytes <= 1000; doneBytes += 1) {
      meter.advance(doneBytes);
      clock.advance(0.001);
    }
    expect(reports.map(({ doneBytes }) => doneBytes).at(0)).toBe(0);
    expect(reports.map(({ doneBytes }) => doneBytes).at(-1)).toBe(1000);
    expect(reports.length).toBeLessThanOrEqual(12);
    expect(reports.length).toBeGreaterThanOrEqual(10);
  });

  test('has a speed and a time left, which are those of the last seconds', () => {
    const { clock, meter, reports } = metered(10_000);
    meter.advance(0);
    for (let second = 1; second <= 10; second += 1) {
      clock.advance(1);
      meter.advance(100 * second);
    }
    expect(reports.at(-1)).toEqual({ doneBytes: 1000, totalBytes: 10_000, bytesPerSecond: 100, secondsLeft: 90 });
  });

  test('does not count what was there before, and begins again when the download does', () => {
    const { clock, meter, reports } = metered(10_000);
    meter.advance(5000);
    expect(reports.at(-1)).toMatchObject({ bytesPerSecond: 0, secondsLeft: undefined });
    clock.advance(1);
    meter.advance(5100);
    expect(reports.at(-1)).toMatchObject({ bytesPerSecond: 100, secondsLeft: 49 });
    clock.advance(1);
    meter.advance(0);
    expect(reports.at(-1)).toMatchObject({ bytesPerSecond: 0, secondsLeft: undefined });
  });
});

describe('a shared download', () => {
  const done = { name: 'done' } as ResolvedModel;

  function started() {
    const downloads = new SharedDownloads();
    const runs: { signal: AbortSignal; report: ProgressListener; end: (model: ResolvedModel) => void }[] = [];
    const join = (waiter: { signal?: AbortSignal; onProgress?: ProgressListener } = {}) =>
      downloads.join('key', (signal, report) => new Promise((end) => void runs.push({ signal, report, end })), waiter);
    return { runs, join };
  }
  const progress = { doneBytes: 1, totalBytes: 2, bytesPerSecond: 3, secondsLeft: 4 };

  test('runs once for a hundred callers, and tells each how far it is', async () => {
    const { runs, join } = started();
    const heard: number[] = [];
    const calls = Array.from({ length: 100 }, (_, index) => join({ onProgress: () => heard.push(index) }));
    runs[0]?.report(progress);
    runs[0]?.end(done);
    expect(new Set(await Promise.all(calls))).toEqual(new Set([done]));
    expect(runs).toHaveLength(1);
    expect(heard).toHaveLength(100);
  });

  test('goes on when one of two callers leaves, and ends with the last', async () => {
    const { runs, join } = started();
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [join({ signal: first.signal }), join({ signal: second.signal })];
    first.abort();
    await expect(calls[0]).rejects.toMatchObject({ code: 'ABORTED' });
    expect(runs[0]?.signal.aborted).toBe(false);
    second.abort();
    await expect(calls[1]).rejects.toMatchObject({ code: 'ABORTED' });
    expect(runs[0]?.signal.aborted).toBe(true);
  });

  test('starts anew for who comes after all have left, or after its end', async () => {
    const { runs, join } = started();
    const impatient = new AbortController();
    const call = join({ signal: impatient.signal });
    impatient.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    const second = join();
    runs[1]?.end(done);
    await second;
    void join();
    expect(runs).toHaveLength(3);
  });

  test('does not suffer from a caller whose progress listener throws', async () => {
    const { runs, join } = started();
    const clumsy = join({
      onProgress: () => {
        throw new Error('clumsy');
      },
    });
    const other = join();
    runs[0]?.report(progress);
    await expect(clumsy).rejects.toThrow('clumsy');
    runs[0]?.end(done);
    expect(await other).toBe(done);
  });
});

describe('a lock', () => {
  test('lets one at a time do its work', async () => {
    const path = join(folder, 'file');
    let inside = 0;
    const seen: number[] = [];
    const work = async () => {
      inside += 1;
      seen.push(inside);
      await stat(folder);
      inside -= 1;
    };
    const { signal } = new AbortController();
    await Promise.all([1, 2, 3].map(() => withLock(path, signal, work)));
    expect(seen).toEqual([1, 1, 1]);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is waited for until the caller has had enough', async () => {
    const path = join(folder, 'file');
    const release = await tryLock(path, () => undefined);
    const impatient = new AbortController();
    const waiting = withLock(path, impatient.signal, () => Promise.resolve('never'));
    impatient.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await release?.();
  });

  test('that somebody left is taken over', async () => {
    const path = join(folder, 'file');
    await mkdir(`${path}.lock`);
    expect(await tryLock(path, () => undefined)).toBeUndefined();
    await utimes(`${path}.lock`, 0, 0);
    expect(await withLock(path, new AbortController().signal, () => Promise.resolve('mine'))).toBe('mine');
  });

  test('that is lost ends the work, not the process', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const path = join(folder, 'file');
    const working = withLock(path, new AbortController().signal, async (held) => {
      await rm(`${path}.lock`, { recursive: true });
      vi.advanceTimersByTime(6_000);
      await new Promise((resolve) => {
        held.addEventListener('abort', resolve);
      });
      held.throwIfAborted();
    });
    await expect(working).rejects.toMatchObject({ code: 'MODEL_DOWNLOAD_FAILED' });
    await expect(working).rejects.toThrow('lock');
  });
});

describe('a partial file', () => {
  const file = { fileName: 'ggml-tiny.bin', sizeBytes: 10, sha256: 'abc' };
  const known = { formatVersion: 1, sizeBytes: 10, sha256: 'abc', validator: '"first"' };
  const finalPath = () => join(folder, file.fileName);
  const partialPath = () => `${finalPath()}.partial`;

  async function leave(content: string, origin: object): Promise<void> {
    await writeFile(partialPath(), content);
    await writeFile(`${partialPath()}.json`, JSON.stringify(origin));
  }

  test('is gone on with when it is known to be the beginning of the file', async () => {
    await leave('12345', known);
    const partial = await PartialFile.find(finalPath(), file);
    expect(partial).toMatchObject({ doneBytes: 5, validator: '"first"' });
    await partial.open(5, undefined);
    await partial.append(Buffer.from('67890'));
    await partial.close();
    expect(await readFile(partialPath(), 'utf8')).toBe('1234567890');
  });

  test('that is complete needs no version of the hub', async () => {
    await leave('1234567890', { ...known, validator: undefined });
    expect(await PartialFile.find(finalPath(), file)).toMatchObject({ doneBytes: 10 });
  });

  test.each<[what: string, leaving: () => Promise<unknown>]>([
    ['of an older version', () => leave('12345', { ...known, formatVersion: 0 })],
    ['of another file', () => leave('12345', { ...known, sha256: 'abd' })],
    ['of another size', () => leave('12345', { ...known, sizeBytes: 9 })],
    ['without a version of the hub', () => leave('12345', { ...known, validator: undefined })],
    ['with nonsense for a version', () => leave('12345', { ...known, validator: 7 })],
    ['that is too long', () => leave('12345678901', known)],
    ['that nothing is known about', () => writeFile(partialPath(), '12345')],
    ['with a damaged note', () => leave('12345', known).then(() => writeFile(`${partialPath()}.json`, '{"formatV'))],
    ['with another note', () => leave('12345', [null])],
    ['that is a link', () => leave('12345', known).then(() => replaceByLink())],
  ])('%s is begun anew, and nothing else is touched', async (_, leaving) => {
    await leaving();
    const partial = await PartialFile.find(finalPath(), file);
    expect(partial).toMatchObject({ doneBytes: 0, validator: undefined });
    await partial.open(0, '"second"');
    await partial.append(Buffer.from('abc'));
    await partial.close();
    expect(await PartialFile.find(finalPath(), file)).toMatchObject({ doneBytes: 3, validator: '"second"' });
    expect(await readFile(join(folder, 'precious'), 'utf8').catch(() => '12345')).toBe('12345');
  });

  async function replaceByLink(): Promise<void> {
    await rename(partialPath(), join(folder, 'precious'));
    await symlink(join(folder, 'precious'), partialPath());
  }
});

describe('a store', () => {
  const store = () => new ModelStore({ folder: join(folder, 'store'), hub: 'http://127.0.0.1:1/' });
  const inStore = (name: string) => join(folder, 'store', name);

  beforeEach(() => mkdir(join(folder, 'store')));

  test('keeps its models in the cache folder of the user when it is told nothing', () => {
    expect(new ModelStore().folder).toBe(join(folder, 'cache', 'models'));
  });

  test('looks into its own folder last', () => {
    expect(store().searchFolders(['/given'])).toEqual(['/given', join(folder, 'store')]);
    expect(store().searchFolders().at(-1)).toBe(join(folder, 'store'));
  });

  test.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { firstRetrySeconds: 0 },
    { stallTimeoutSeconds: Number.NaN },
    { slowSeconds: Number.POSITIVE_INFINITY },
  ])('refuses the option %j', (options) => {
    expect(() => new ModelStore(options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });

  test.each(['../x.bin', '/x.bin', 'a/b', 'a\\b', 'a\0b', '', '.', '..'])('has no file of the name %j', (name) => {
    expect(() => pathInside(folder, name)).toThrow(expect.objectContaining({ code: 'MODEL_STORE_UNWRITABLE' }));
  });

  describe('that is asked for a model', () => {
    test('gives what is here, without the network', async () => {
      const found = await store().ensure('tiny.en', { searchFolders: [models] });
      expect(found).toMatchObject({ path: join(models, tinyEnglish), source: 'package' });
    });

    test('gives what it keeps', async () => {
      await copyOfTiny(inStore(tinyEnglish));
      const found = await store().ensure('tiny.en', { searchFolders: [] });
      expect(found).toMatchObject({ source: 'cache', checked: 'sha256' });
    });

    test('checks a path, and fetches nothing for it', async () => {
      const options = { mode: 'refresh' } as const;
      const found = await store().ensure(join(models, tinyEnglish), options);
      expect(found).toMatchObject({ source: 'file', name: 'tiny.en' });
      await expect(store().ensure(join(folder, 'none.bin'), options)).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    });

    test.each<[what: string, mode: 'offline' | 'refresh', variable: string]>([
      ['it is told so', 'offline', ''],
      ['WHISPERPOOL_OFFLINE is set', 'refresh', '1'],
      ['WHISPERPOOL_OFFLINE is true', 'refresh', 'true'],
    ])('stays off the network when %s', async (_, mode, variable) => {
      vi.stubEnv('WHISPERPOOL_OFFLINE', variable);
      const missing = store().ensure('small', { mode, searchFolders: [] });
      await expect(missing).rejects.toMatchObject({ code: 'MODEL_MISSING' });
      await writeFile(inStore('ggml-base.bin'), 'lmgg');
      const damaged = store().ensure('base', { mode, searchFolders: [] });
      await expect(damaged).rejects.toMatchObject({ code: 'MODEL_TRUNCATED' });
      expect(await readdir(join(folder, 'store'))).toEqual(['ggml-base.bin']);
    });

    test.each([
      [{ variant: 'q4_0' }, 'MODEL_VARIANT_MISSING', 'quantize'],
      [{ variant: 'q9' }, 'OPTION_INVALID', 'variant'],
      [{ mode: 'sometimes' as 'offline' }, 'OPTION_INVALID', 'mode'],
      [{ signal: AbortSignal.abort() }, 'ABORTED', 'aborted'],
    ])('refuses %j', async (options, code, says) => {
      const asking = store().ensure('small', { searchFolders: [], ...options });
      await expect(asking).rejects.toMatchObject({ code });
      await expect(asking).rejects.toThrow(says);
    });

    test('refuses a hub that is none only when it needs it', async () => {
      const spoiled = new ModelStore({ folder, hub: 'nowhere' });
      expect(await spoiled.ensure('tiny.en')).toMatchObject({ name: 'tiny.en' });
      const asking = spoiled.ensure('small', { searchFolders: [] });
      await expect(asking).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    });
  });

  describe('with some files', () => {
    const tiny = dimensionsOf(51_865, 384, [4, 4]);
    const summary = async (listing: ReturnType<ModelStore['list']>) =>
      (await listing).map((file) =>
        file.state === 'good'
          ? [file.source, file.path.slice(folder.length), file.model.name, file.model.variant, file.model.checked]
          : [file.source, file.path.slice(folder.length), file.refusal.code],
      );

    beforeEach(async () => {
      await writeSparseModel(inStore('ggml-tiny-q4_0.bin'), tiny, 'q4_0');
      await writeSparseModel(inStore('my-own.bin'), tiny, 'q5_1');
      await writeFile(inStore('ggml-small.bin'), 'lmgg');
      await symlink(inStore('ggml-tiny-q4_0.bin'), inStore('ggml-base-q4_0.bin'));
      await writeFile(inStore('README.md'), 'of no interest');
      await writeFile(inStore('ggml-silero-v6.2.0.bin'), 'no model either');
      await mkdir(join(folder, 'given'));
      await copyOfTiny(join(folder, 'given', tinyEnglish));
    });

    test('lists them all, with what is wrong with the broken ones, and hashes none', async () => {
      expect(await summary(store().list({ searchFolders: [join(folder, 'given'), join(folder, 'nothing')] }))).toEqual([
        ['folder', `/given/${tinyEnglish}`, 'tiny.en', 'q8_0', 'structure'],
        ['cache', '/store/ggml-base-q4_0.bin', 'MODEL_CORRUPT'],
        ['cache', '/store/ggml-small.bin', 'MODEL_TRUNCATED'],
        ['cache', '/store/ggml-tiny-q4_0.bin', 'tiny', 'q4_0', 'structure'],
        ['cache', '/store/my-own.bin', 'tiny', 'q5_1', 'structure'],
      ]);
    });

    test('lists a hash that is known already', async () => {
      await resolveModel(join(folder, 'given', tinyEnglish));
      const listing = store().list({ searchFolders: [join(folder, 'given')] });
      expect((await summary(listing))[0]?.at(-1)).toBe('sha256');
    });

    test('verifies all of them, or one', async () => {
      const searchFolders = [join(folder, 'given')];
      const hashed = ['folder', `/given/${tinyEnglish}`, 'tiny.en', 'q8_0', 'sha256'];
      expect(await summary(store().verify(undefined, { searchFolders }))).toHaveLength(5);
      expect(await summary(store().verify('tiny.en', { searchFolders }))).toEqual([hashed]);
      expect(await summary(store().verify('tiny.en', { searchFolders, variant: 'f16' }))).toEqual([]);
      const [own] = await store().verify(inStore('my-own.bin'));
      expect(own).toMatchObject({ state: 'good', source: 'file' });
    });

    test('verifies what the disk gives now, not what was found before', async () => {
      const path = join(folder, 'given', tinyEnglish);
      const whole = await resolveModel(path);
      const file = await open(path, 'r+');
      await file.write('x', whole.sizeBytes - 1);
      await file.close();
      // As if the bit had flipped on the disk, unknown to the file system.
      await keepHash(await identifyFile(path), (await recallHash({ ...whole, key: whole.fileKey })) ?? '');
      const searchFolders = [join(folder, 'given')];
      expect(await resolveModel(path)).toMatchObject({ checked: 'sha256' });
      expect((await summary(store().verify('tiny.en', { searchFolders })))[0]).toContain('MODEL_CORRUPT');
      await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    });

    test('removes a model from its own folder only', async () => {
      const removed = await store().remove('tiny');
      expect(removed.paths).toEqual([inStore('ggml-tiny-q4_0.bin')]);
      expect(removed.freedBytes).toBeGreaterThan(1_000_000);
      await expect(store().remove('tiny')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
      await expect(store().remove('tiny.en')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
      expect(await readdir(join(folder, 'given'))).toEqual([tinyEnglish]);
    });

    test('removes a variant, and no other', async () => {
      await writeFile(inStore('ggml-tiny.bin'), '');
      await store().remove('tiny', { variant: 'f16' });
      const left = await readdir(join(folder, 'store'));
      expect(left).toContain('ggml-tiny-q4_0.bin');
      expect(left).not.toContain('ggml-tiny.bin');
    });

    test('removes a link, not what it leads to', async () => {
      await store().remove('base', { variant: 'q4_0' });
      expect(await readdir(join(folder, 'store'))).toContain('ggml-tiny-q4_0.bin');
    });

    test.each(['../given/ggml-tiny.en-q8_0.bin', '/etc/passwd', 'x.bin'])(
      'does not remove by the path %s',
      async (path) => {
        await expect(store().remove(path)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
      },
    );

    test('prunes what downloads left, but neither models nor what somebody is at work on', async () => {
      const left = ['ggml-base.bin.partial', 'ggml-base.bin.partial.json', 'ggml-small.bin.partial'];
      for (const name of left) await writeFile(inStore(name), '12345');
      for (const name of ['notes.partial', 'other.lock']) await writeFile(inStore(name), 'not ours');
      await mkdir(inStore('ggml-base.bin.lock'));
      await utimes(inStore('ggml-base.bin.lock'), 0, 0);
      const release = await tryLock(inStore('ggml-small.bin'), () => undefined);
      const before = await readdir(join(folder, 'store'));
      const pruned = await store().prune();
      expect(pruned).toEqual({ freedBytes: 10, paths: [inStore(left[0] ?? ''), inStore(left[1] ?? '')] });
      const gone = [...left.slice(0, 2), 'ggml-base.bin.lock'];
      expect(await readdir(join(folder, 'store'))).toEqual(before.filter((name) => !gone.includes(name)));
      await release?.();
      expect((await store().prune()).paths).toEqual([inStore('ggml-small.bin.partial')]);
    });

    test('has nothing to prune where there is no folder', async () => {
      expect(await new ModelStore({ folder: join(folder, 'none') }).prune()).toEqual({ freedBytes: 0, paths: [] });
    });
  });
});
