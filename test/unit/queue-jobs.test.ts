import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import type { Transcript } from '../../dist/index.js';
import { readReason, writeReason } from '../../dist/queue/failure-reason.js';
import { jobId } from '../../dist/queue/job-id.js';
import { checkedDecoding, type EnqueueOptions } from '../../dist/queue/job-request.js';
import { resolvedPlace, resolvedQueue, resolvedWorker } from '../../dist/queue/options.js';
import { queueMetrics } from '../../dist/queue/queue-metrics.js';
import { ResultFolder } from '../../dist/queue/result-folder.js';
import { retryTable } from '../../dist/queue/retry-table.js';
import { openScratchFolder } from '../../dist/queue/scratch-folder.js';

const idOf = (options: EnqueueOptions = {}, { model = 'base', identity = 'call 1' } = {}) =>
  jobId(model, { identity, decoding: checkedDecoding(options) });

describe('the id of a job', () => {
  test.each<[string, EnqueueOptions, EnqueueOptions]>([
    [
      'a default that is written out',
      {},
      { language: 'auto', task: 'transcribe', prompt: '', words: false, beamSize: 1 },
    ],
    ['a language by its name', { language: 'de' }, { language: 'German' }],
    ['what says when it is done, not how', {}, { priority: 'critical', attempts: 9 }],
  ])('is the same for %s', (_, one, other) => expect(idOf(one)).toBe(idOf(other)));

  test('is another one for each option, model and audio', () => {
    const ids = [
      idOf(),
      idOf({ language: 'de' }),
      idOf({ task: 'translate' }),
      idOf({ prompt: 'Ottawa' }),
      idOf({ words: true }),
      idOf({ beamSize: 2 }),
      idOf({}, { model: 'tiny' }),
      idOf({}, { identity: 'call 2' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  // BullMQ keeps its keys apart by colons, and numbers jobs itself.
  test('is a name that BullMQ takes', () => expect(idOf()).toMatch(/^[0-9a-f]{32}$/));
});

describe('after an error a job is', () => {
  test.each([
    ['dead', 'AUDIO_BROKEN'],
    ['dead', 'AUDIO_EMPTY'],
    ['dead', 'URI_REFUSED'],
    ['dead', 'LANGUAGE_UNSUPPORTED'],
    ['again', 'URI_UNREACHABLE'],
    ['again', 'DISK_FULL'],
    ['again', 'WORKER_DIED'],
    ['again', 'ENGINE_CLOSED'],
    ['again', 'INTERNAL'],
  ] as const)('%s: %s', (verdict, code) => expect(retryTable[code]).toBe(verdict));
});

describe('the reason of a dead job', () => {
  test('comes back as it was written', () => {
    const error = new EngineError('AUDIO_BROKEN', 'It ends early: after 3 s.\nLook at it.');
    expect(readReason(writeReason(error))).toEqual({ code: 'AUDIO_BROKEN', message: error.message });
  });

  test.each([
    ['BullMQ’s own words for a worker that ended', 'job stalled more than allowable limit', 'WORKER_DIED'],
    ['words that are nobody’s', 'ODD: it is', 'INTERNAL'],
    ['none', undefined, 'INTERNAL'],
  ])('is understood from %s', (_, text, code) => expect(readReason(text).code).toBe(code));
});

describe('options of a queue that are refused', () => {
  const redis = 'redis://127.0.0.1';
  test.each<[string, () => unknown]>([
    ['no address', () => resolvedPlace({}, 'base')],
    ['two addresses', () => resolvedPlace({ redis, postgres: 'postgres://127.0.0.1' }, 'base')],
    ['an address of another kind', () => resolvedPlace({ redis: 'http://127.0.0.1' }, 'base')],
    ['a name with a colon', () => resolvedPlace({ redis, name: 'a:b' }, 'base')],
    ['no attempts', () => resolvedQueue({ redis, attempts: 0 })],
    ['a lock of no time', () => resolvedWorker({ redis, lockSeconds: 0 })],
    ['half a job at once', () => resolvedWorker({ redis, concurrency: 0.5 })],
    ['an endless drain', () => resolvedWorker({ redis, drainSeconds: Number.POSITIVE_INFINITY })],
  ])('%s', (_, resolve) => expect(resolve).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' })));

  test('a password is not repeated', () => {
    const message = expect.not.stringContaining('secret') as string;
    expect(() => resolvedPlace({ redis: 'http://user:secret@host' }, 'base')).toThrow(
      expect.objectContaining({ message }),
    );
  });
});

describe('folders of a worker', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queue-folders-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const transcript = (text: string) => ({ text }) as Transcript;

  test('the first result of a job stays, and the second is told of it', async () => {
    await using results = await ResultFolder.open(folder);
    expect(await results.read('a')).toBeUndefined();
    expect(await results.write('a', transcript('first'))).toEqual({ text: 'first' });
    expect(await results.write('a', transcript('second'))).toEqual({ text: 'first' });
    expect(await results.read('a')).toEqual({ text: 'first' });
  });

  test('half-done files go with their worker, and those of killed ones with the next', async () => {
    const left = join(folder, `.whisperpool-work-${hostname()}-${2 ** 22 + 1}-gone`);
    const elsewhere = join(folder, '.whisperpool-work-other.host-1-here');
    for (const path of [left, elsewhere]) await mkdir(path);
    await writeFile(join(left, 'half'), 'half');
    {
      await using first = await openScratchFolder(folder);
      await using second = await openScratchFolder(folder);
      expect((await readdir(folder)).map((name) => join(folder, name)).sort()).toEqual(
        [elsewhere, first.path, second.path].sort(),
      );
    }
    expect(await readdir(folder)).toHaveLength(1);
  });
});

describe('metrics of a queue', () => {
  test('tell its depth; without an answer only that there is none', async () => {
    const registry = new Registry();
    let isUp = true;
    let asked = 0;
    const metrics = queueMetrics('calls.base', () => {
      asked += 1;
      if (!isUp) return Promise.reject(new Error('gone'));
      return Promise.resolve({ waiting: 3, active: 2, delayed: 1, dead: 4, oldestWaitSeconds: 7.5 });
    });
    await metrics.register({ registry });
    const text = await registry.metrics();
    expect(text).toContain('whisperpool_queue_up{queue="calls.base"} 1');
    expect(text).toContain('whisperpool_queue_jobs{queue="calls.base",state="dead"} 4');
    expect(text).toContain('whisperpool_queue_oldest_wait_seconds{queue="calls.base"} 7.5');
    expect(asked).toBe(1);
    isUp = false;
    const without = await registry.metrics();
    expect(without).toContain('whisperpool_queue_up{queue="calls.base"} 0');
    expect(without).not.toContain('state=');
    await expect(metrics.register({ registry })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    metrics.close();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});
