import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Transcript } from '../../dist/index.js';
import { createQueue } from '../../dist/queue/index.js';
import { Fleet } from '../queue-fleet.js';
import { hasRedis } from '../redis-server.js';

const run = promisify(execFile);

describe.skipIf(!hasRedis)('jobs on a real Redis (redis-server has to be installed)', () => {
  test('a worker that is killed mid-job: another one does the job, and removes what the first one left', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const killed = await fleet.process({ conduct: 'hold' });
    const job = await queue.enqueue(await fleet.clip('a.wav'), { language: 'en' });
    await killed.told('begun');
    const [left] = await scratchFolders(fleet);
    killed.signal('SIGKILL');
    await killed.ended();
    await fleet.worker();
    expect((await job.result()).text).toMatch(/\w/);
    expect(await scratchFolders(fleet)).not.toContain(left);
  });

  test.each([
    ['in the queue', false],
    ['in a folder', true],
  ])('a worker that stood still for longer than its lock: its late result changes nothing %s', async (_, isFolder) => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const results = isFolder ? { folder: join(fleet.folder, 'results') } : undefined;
    const late = await fleet.process({ conduct: 'lie', results });
    const job = await queue.enqueue(await fleet.clip('a.wav'), { language: 'en' });
    await late.told('begun');
    late.signal('SIGSTOP');
    await fleet.worker({ results });
    const { text } = await job.result();
    late.signal('SIGCONT');
    late.tell('go');
    late.tell('close');
    await late.ended();
    expect(await job.status()).toMatchObject({ state: 'done', transcript: { text } });
    if (results) expect(await resultFile(results.folder, job.id)).toMatchObject({ text });
  });

  test('a job that ends its worker each time is dead with a reason, and the others are done', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const poison = await queue.enqueue(await fleet.clip('poison.wav'), { priority: 'critical' });
    for (let life = 0; life < 2; life += 1) {
      const worker = await fleet.process({ conduct: 'die', lossLimit: 2 });
      await worker.ended();
    }
    const other = await queue.enqueue(await fleet.clip('other.wav', 3), { language: 'en' });
    await fleet.worker({ lossLimit: 2 });
    await expect(poison.result()).rejects.toMatchObject({ code: 'JOB_FAILED', cause: { code: 'WORKER_DIED' } });
    expect((await other.result()).text).toMatch(/\w/);
    expect(await queue.deadLetters()).toMatchObject([{ id: poison.id, reason: { code: 'WORKER_DIED' } }]);
  });

  test('a file that is no audio is dead at the first try; repaired, it is another job', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const uri = await fleet.clip('a.wav');
    await writeFile(fileURLToPath(uri), 'RIFF\x00\x00\x00\x00WAVEfmt nothing of the kind');
    await fleet.worker();
    const poison = await queue.enqueue(uri);
    await expect(poison.result()).rejects.toMatchObject({
      code: 'JOB_FAILED',
      message: expect.stringContaining('AUDIO_'),
    });
    expect(await poison.status()).toMatchObject({ state: 'dead', attemptsMade: 1 });
    await fleet.clip('a.wav');
    const repaired = await queue.enqueue(uri);
    expect(repaired.id).not.toBe(poison.id);
    expect((await repaired.result()).text).toMatch(/\w/);
  });

  test('the same job enqueued many times at once by two clients is one job, and stays free when it is done', async () => {
    await using fleet = await Fleet.open();
    const clients = [await fleet.queue(), await fleet.queue()] as const;
    const uri = await fleet.clip('a.wav');
    const jobs = await Promise.all(
      Array.from({ length: 20 }, (_, turn) => clients[turn % 2 === 0 ? 0 : 1].enqueue(uri, { language: 'en' })),
    );
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    expect(jobs.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
    expect(await clients[0].depth()).toMatchObject({ waiting: 1, active: 0 });
    await fleet.worker();
    const [first] = jobs;
    const transcript = await first?.result();
    const repeat = await clients[1].enqueue(uri, { language: 'English' });
    expect(repeat).toMatchObject({ id: first?.id, isRepeat: true });
    expect(await repeat.result()).toEqual(transcript);
  });

  test('critical jobs go first, background jobs last', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const orders = ['background', 'normal', 'critical'] as const;
    const jobs = await queue.enqueueAll(
      await Promise.all(orders.map(async (priority) => ({ uri: await fleet.clip(priority), priority }))),
    );
    expect(await queue.depth()).toMatchObject({ waiting: 3 });
    await fleet.worker();
    const done = await Promise.all(
      jobs.map(async (job) => {
        await job.result();
        return await job.status();
      }),
    );
    const at = done.map((status) => (status.state === 'done' ? status.finishedAt.getTime() : Number.NaN));
    expect([...at].sort((a, b) => b - a)).toEqual(at);
  });

  test('a host that fails is tried again; an entity tag that stays the same is the same audio', async () => {
    await using fleet = await Fleet.open();
    const wav = await readFile(fileURLToPath(await fleet.clip('a.wav')));
    let tag = '"1"';
    const gets: string[] = [];
    const server = createServer((request, response) => {
      if (request.method === 'GET') gets.push(tag);
      const status = gets.length === 1 ? 503 : 200;
      response.writeHead(request.method === 'HEAD' ? 200 : status, { etag: tag, 'content-length': wav.length });
      response.end(request.method === 'HEAD' || status === 503 ? undefined : wav);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.wav`;
      const queue = await fleet.queue({ allowPrivate: true });
      await fleet.worker({ fetch: { allowPrivate: true, folder: fleet.folder } });
      const job = await queue.enqueue(uri, { language: 'en' });
      expect((await job.result()).text).toMatch(/\w/);
      expect(await queue.enqueue(uri, { language: 'en' })).toMatchObject({ id: job.id, isRepeat: true });
      tag = '"2"';
      const changed = await queue.enqueue(uri, { language: 'en' });
      expect(changed.id).not.toBe(job.id);
      await changed.result();
      expect(gets).toEqual(['"1"', '"1"', '"2"']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('a worker that ends finishes what it has, and gives back what takes too long', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const finishing = await fleet.process({ conduct: 'hold' });
    const first = await queue.enqueue(await fleet.clip('1.wav'), { language: 'en' });
    const second = await queue.enqueue(await fleet.clip('2.wav', 3), { language: 'en' });
    await finishing.told('begun');
    finishing.tell('close');
    finishing.tell('go');
    await finishing.ended();
    expect(await first.status()).toMatchObject({ state: 'done' });
    expect(await second.status()).toEqual({ state: 'waiting', attemptsMade: 0 });

    const hurried = await fleet.worker({ drainSeconds: 0, lockSeconds: 60 });
    const decoding = new Promise<void>((begun) => {
      hurried.engine.transcribe = (_input, { signal } = {}) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
          begun();
        });
    });
    await decoding;
    await hurried.close();
    expect(await second.status()).toEqual({ state: 'waiting', attemptsMade: 0 });
    await fleet.worker();
    expect((await second.result()).text).toMatch(/\w/);
  });

  test('10,000 jobs at once: each is there once, and the client holds none of it', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const orders = function* (count: number) {
      for (let number = 0; number < count; number += 1) {
        yield { uri: `file:///calls/${number}.wav`, identity: String(number), prompt: 'x'.repeat(1000) };
      }
    };
    const before = await heapBytes();
    const jobs = await queue.enqueueAll(orders(10_000));
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(10_000);
    expect((await heapBytes()) - before).toBeLessThan(10_000_000);
    expect(await queue.depth()).toMatchObject({ waiting: 10_000, active: 0, delayed: 0, dead: 0 });
    const again = await queue.enqueueAll(orders(1000));
    expect(again.every(({ isRepeat }) => isRepeat)).toBe(true);
    expect(await queue.depth()).toMatchObject({ waiting: 10_000 });
  });
});

describe.skipIf(!hasRedis)('Redis that comes and goes (redis-server has to be installed)', () => {
  test('it is ended with all it has on disk: every job is done', async () => {
    await using fleet = await Fleet.open({ persistence: 'aof' });
    const queue = await fleet.queue();
    const worker = await fleet.process({ conduct: 'hold' });
    const uris = await Promise.all([0, 3, 6].map((from) => fleet.clip(`${from}.wav`, from)));
    const jobs = await queue.enqueueAll(uris.map((uri) => ({ uri, language: 'en' })));
    await worker.told('begun');
    const results = jobs.map((job) => job.result());
    await fleet.database.restart('kill');
    worker.tell('go');
    for (const { text } of await Promise.all(results)) expect(text).toMatch(/\w/);
  });

  test('it is ended and keeps nothing: who waits is told, and what is enqueued again is done', async () => {
    await using fleet = await Fleet.open();
    const queue = await fleet.queue();
    const uri = await fleet.clip('a.wav');
    const worker = await fleet.process({ conduct: 'hold' });
    const job = await queue.enqueue(uri, { language: 'en' });
    await worker.told('begun');
    const result = expect(job.result()).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
    await fleet.database.restart('kill');
    await result;
    worker.tell('go');
    const again = await queue.enqueue(uri, { language: 'en' });
    expect(again).toMatchObject({ id: job.id, isRepeat: false });
    expect((await again.result()).text).toMatch(/\w/);
  });

  test('while it is gone, or stands still, a client is told so; afterwards it goes on', async () => {
    await using fleet = await Fleet.open({ persistence: 'aof' });
    const queue = await fleet.queue({ answerSeconds: 0.2 });
    const unavailable = { code: 'QUEUE_UNAVAILABLE' };
    fleet.database.pause();
    await expect(queue.enqueue('file:///calls/1.wav')).rejects.toMatchObject(unavailable);
    fleet.database.resume();
    await fleet.database.stop();
    await expect(queue.depth()).rejects.toMatchObject(unavailable);
    await expect(createQueue({ redis: fleet.database.url, answerSeconds: 0.2 })).rejects.toMatchObject(unavailable);
    await fleet.database.start();
    const patient = await fleet.queue();
    await patient.enqueue('file:///calls/1.wav');
    expect(await patient.depth()).toMatchObject({ waiting: 1 });
  });
});

const disk = hasRedis && (await canMount());

describe.skipIf(!disk)('a disk for results that is full (needs redis-server, and the right to mount)', () => {
  test('the job is dead with that reason, nothing half is left, and it is done when there is room again', async () => {
    await using fleet = await Fleet.open();
    const folder = join(fleet.folder, 'results');
    await mkdir(folder);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    try {
      const queue = await fleet.queue({ attempts: 2 });
      const worker = await fleet.worker({ results: { folder } });
      const filler = join(folder, 'filler');
      await expect(writeFile(filler, Buffer.alloc(100_000))).rejects.toThrow('ENOSPC');
      const uri = await fleet.clip('a.wav');
      const job = await queue.enqueue(uri, { language: 'en' });
      await expect(job.result()).rejects.toMatchObject({ cause: { code: 'DISK_FULL' } });
      expect(await readdir(folder)).not.toContain(`${job.id}.json`);
      await rm(filler);
      const again = await queue.enqueue(uri, { language: 'en' });
      expect(again).toMatchObject({ id: job.id, isRepeat: false });
      expect((await resultFile(folder, job.id, await again.result())).text).toMatch(/\w/);
      await worker.close();
      expect(await readdir(folder)).toEqual([`${job.id}.json`]);
    } finally {
      await run('umount', ['-l', folder]);
    }
  });
});

/** The transcript in a result's file; the same that the queue has. */
async function resultFile(folder: string, id: string, expected?: Transcript): Promise<Transcript> {
  const transcript = JSON.parse(await readFile(join(folder, `${id}.json`), 'utf8')) as Transcript;
  if (expected) expect(transcript).toEqual(expected);
  return transcript;
}

async function scratchFolders({ folder }: Fleet): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('.whisperpool-work-'));
}

async function canMount(): Promise<boolean> {
  const { uid } = process.getuid ? { uid: process.getuid() } : { uid: -1 };
  if (uid !== 0) return false;
  const folder = `/tmp/mount-${process.pid}`;
  try {
    await mkdir(folder);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
    await run('umount', ['-l', folder]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** After a collection. */
async function heapBytes(): Promise<number> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
