import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, assert, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../dist/clock.js';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import { EngineError } from '../../dist/errors.js';
import { resolveModel } from '../../dist/model/resolve.js';
import type { Listener } from '../../dist/pool/listener.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { loadAddon } from '../../dist/provider/addon.js';
import type { Chunk, ModelUse, Recognition } from '../../dist/provider/recognition.js';
import { type Decoded, type Lane, Scheduler } from '../../dist/scheduler/scheduler.js';
import { bundled, jfkSays, joined, pcm, sharedSamplesOf, silence, spoken } from '../live/clips.js';

const addon = loadAddon();
const { path, fileKey, alignment } = await resolveModel('tiny.en');
const use: ModelUse = { path, fileKey, alignment, flashAttention: false, gpu: false, threads: 1 };
const jfk = await sharedSamplesOf(bundled('jfk.wav'));
const leopard = await sharedSamplesOf(bundled('leopard_en.wav'));

function chunkOf(samples: Float32Array): Chunk {
  return {
    pcm: samples,
    speechEndSeconds: samples.length / 16_000,
    language: 'en',
    translate: false,
    prompt: '',
    words: false,
    beamSize: 1,
    encoderContext: 'sized',
    deadlineAtSeconds: Number.POSITIVE_INFINITY,
  };
}

const long = chunkOf(jfk);
const endless: Chunk = { ...long, encoderContext: 'full', beamSize: 5 };
const short = chunkOf(leopard.subarray(0, 2 * 16_000));

/** Decodes a chunk as a piece of a file. */
function decodeIn(lane: Lane, chunk: Chunk): Promise<Decoded> {
  const audioSeconds = chunk.pcm.length / 16_000;
  return lane.submit({ kind: 'piece', audioSeconds, dueAtSeconds: Number.POSITIVE_INFINITY, chunk: () => chunk })
    .outcome;
}

function textOf({ segments }: Recognition): string {
  return spoken(segments.map((segment) => segment.text).join(''));
}

interface Threads {
  readonly threads: readonly { terminate(): Promise<number>; readonly threadId: number }[];
}

/** Ends every thread of a pool; one that decodes ends when its native call returns. */
async function killAll({ threads }: Threads): Promise<void> {
  await Promise.all(threads.map((thread) => thread.terminate()));
}

let pool: SlotPool;
let scheduler: Scheduler;
/** Called for each chunk that a slot is given. */
let onDecode: (chunk: Chunk) => void;

async function startPool(slots: number): Promise<void> {
  pool = new SlotPool(slots);
  await pool.load(use);
  onDecode = () => undefined;
  const decode = (chunk: Chunk) => {
    const decoding = pool.decode(use, chunk);
    onDecode(chunk);
    return decoding;
  };
  scheduler = new Scheduler({ slots, decode }, systemClock);
}

afterEach(async () => {
  await pool.close();
  expect(addon.contextStatistics().open).toBe(0);
  expect(pool.threads).toEqual([]);
});

describe('a slot that dies', () => {
  beforeEach(() => startPool(2));

  test('in the middle of a chunk: the chunk is decoded on another, and the pool is whole again', async () => {
    const lane = scheduler.openLane();
    let beginnings = 0;
    onDecode = (chunk) => {
      if (chunk === endless) beginnings += 1;
    };
    const interrupted = decodeIn(lane, endless);
    // Both begin at the same time, and one takes many times longer.
    await decodeIn(lane, short);
    const before = pool.threads.map((thread) => thread.threadId);
    await pool.threads[0]?.terminate();
    expect(textOf((await interrupted).recognition)).toContain(jfkSays);
    expect(beginnings).toBe(2);
    expect(pool.threads).toHaveLength(2);
    expect(pool.threads.filter((thread) => before.includes(thread.threadId))).toHaveLength(1);
    const both = await Promise.all([decodeIn(lane, long), decodeIn(lane, long)]);
    for (const { recognition } of both) expect(textOf(recognition)).toContain(jfkSays);
  });

  test('before its chunk has begun: the chunk is decoded on another', async () => {
    const lane = scheduler.openLane();
    const interrupted = [decodeIn(lane, long), decodeIn(lane, short)];
    await killAll(pool);
    const [first, second] = await Promise.all(interrupted);
    expect(first && textOf(first.recognition)).toContain(jfkSays);
    expect(second && textOf(second.recognition)).toMatch(/quilter/u);
    expect(pool.threads).toHaveLength(2);
  });

  test('without work: nobody notices', async () => {
    await killAll(pool);
    expect(pool.threads).toHaveLength(2);
    const lane = scheduler.openLane();
    const all = await Promise.all([long, short, long].map((chunk) => decodeIn(lane, chunk)));
    expect(all.map(({ recognition }) => recognition.segments.length > 0)).toEqual([true, true, true]);
  });

  test('with a chunk that was stopped: the reason is what counts', async () => {
    const lane = scheduler.openLane();
    const stopped = decodeIn(lane, long);
    const outcome = expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    void killAll(pool);
    lane.stop(new EngineError('ABORTED', 'Enough.'));
    await outcome;
    await lane.idle();
    expect(textOf((await decodeIn(scheduler.openLane(), long)).recognition)).toContain(jfkSays);
  });
});

describe('a chunk that two slots die of', () => {
  test.each([1, 2])('is set aside, and the next chunk is decoded, with %i slots', async (slots) => {
    await startPool(slots);
    let deaths = 0;
    onDecode = (chunk) => {
      if (chunk !== long) return;
      deaths += 1;
      void killAll(pool);
    };
    const outcome = expect(decodeIn(scheduler.openLane(), long)).rejects.toMatchObject({
      name: 'EngineError',
      code: 'CHUNK_SET_ASIDE',
      cause: { code: 'WORKER_DIED' },
    });
    await outcome;
    expect(deaths).toBe(2);
    const lane = scheduler.openLane();
    const next = await Promise.all([decodeIn(lane, short), decodeIn(lane, { ...long })]);
    expect(next.map(({ recognition }) => textOf(recognition)).join()).toContain(jfkSays);
  });
});

describe('a slot that replaces a dead one', () => {
  beforeEach(() => startPool(1));

  test('is warm before it has a chunk', async () => {
    const reads = addon.contextStatistics().weightsRead;
    await killAll(pool);
    // The only slot held the only context. Nothing but the new slot itself reads it again.
    await expect
      .poll(() => addon.contextStatistics(), { timeout: 60_000 })
      .toEqual({ weightsRead: reads + 1, open: 1 });
    expect(textOf((await decodeIn(scheduler.openLane(), long)).recognition)).toContain(jfkSays);
    expect(addon.contextStatistics().weightsRead).toBe(reads + 1);
  });

  test('may die while it starts: what waits for it fails, and the next chunk gets a new one', async () => {
    const lane = scheduler.openLane();
    await killAll(pool);
    const waiting = expect(pool.decode(use, long).outcome).rejects.toMatchObject({ code: 'WORKER_DIED' });
    await killAll(pool);
    await waiting;
    expect(textOf((await decodeIn(lane, long)).recognition)).toContain(jfkSays);
    expect(pool.threads).toHaveLength(1);
  });
});

describe('a model file that is gone', () => {
  let folder: string;
  let vanishing: ModelUse;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'worker-death-'));
    const copy = join(folder, 'ggml-tiny.en-q8_0.bin');
    await copyFile(path, copy);
    const { fileKey } = await resolveModel(copy);
    vanishing = { ...use, path: copy, fileKey };
  });

  test('before the slots load it is an error of each of them, and the slots go on', async () => {
    pool = new SlotPool(2);
    await rm(folder, { recursive: true });
    await expect(pool.load(vanishing)).rejects.toMatchObject({ name: 'EngineError', code: 'MODEL_MISSING' });
    await pool.load(use);
    expect(textOf((await pool.decode(use, long).outcome).recognition)).toContain(jfkSays);
  });

  test('when a slot is replaced does no harm while another slot holds its weights', async () => {
    pool = new SlotPool(2);
    await pool.load(vanishing);
    await rm(folder, { recursive: true });
    await pool.threads[0]?.terminate();
    const texts = [pool.decode(vanishing, long), pool.decode(vanishing, long)].map(async ({ outcome }) =>
      textOf((await outcome).recognition),
    );
    for (const text of await Promise.all(texts)) expect(text).toContain(jfkSays);
  });

  test('when the last slot is replaced is an error of the chunks that need it, and of no others', async () => {
    pool = new SlotPool(1);
    await pool.load(vanishing);
    await rm(folder, { recursive: true });
    expect(textOf((await pool.decode(vanishing, long).outcome).recognition)).toContain(jfkSays);
    await killAll(pool);
    await expect(pool.decode(vanishing, long).outcome).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    await expect(pool.decode(vanishing, long).outcome).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(textOf((await pool.decode(use, long).outcome).recognition)).toContain(jfkSays);
  });

  test('and replaced by another after it was checked is refused', async () => {
    pool = new SlotPool(1);
    await rm(vanishing.path);
    await copyFile(path, vanishing.path);
    await expect(pool.load(vanishing)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await rm(folder, { recursive: true });
  });
});

describe('a slot that dies while a model is loaded', () => {
  test('with all others while they start makes an error or the load of the next ones, and loading again works', async () => {
    for (let round = 0; round < 3; round += 1) {
      pool = new SlotPool(2);
      const loading = pool.load(use).catch((error: unknown) => error);
      await killAll(pool);
      const outcome = await loading;
      if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ code: 'WORKER_DIED' });
      expect(await pool.load(use)).toHaveLength(2);
      await pool.close();
    }
  });

  test('is replaced by one that loads it too', async () => {
    pool = new SlotPool(2);
    const loading = pool.load(use);
    await pool.threads[0]?.terminate();
    expect(await loading).toHaveLength(2);
    expect(textOf((await pool.decode(use, long).outcome).recognition)).toContain(jfkSays);
  });
});

describe('a model', () => {
  test('that is loaded a hundred times at once is read once, and freed when it was given back as often', async () => {
    pool = new SlotPool(2);
    const { weightsRead } = addon.contextStatistics();
    await Promise.all(Array.from({ length: 100 }, () => pool.load(use)));
    expect(addon.contextStatistics()).toEqual({ weightsRead: weightsRead + 1, open: 1 });
    for (let left = 100; left > 1; left -= 1) void pool.unload(use);
    await pool.load(use);
    expect(addon.contextStatistics().open).toBe(1);
    await Promise.all([pool.unload(use), pool.unload(use)]);
    expect(addon.contextStatistics().open).toBe(0);
  });

  test('that is read beside the slots is warm on all of them', async () => {
    pool = new SlotPool(2);
    const { weightsRead } = addon.contextStatistics();
    const loadings = await pool.load(use, { beside: true, inTurn: true });
    expect(loadings.map((loading) => loading.weightsRead)).toEqual([false, false]);
    expect(addon.contextStatistics()).toEqual({ weightsRead: weightsRead + 1, open: 1 });
  });

  test('whose load fails leaves the others as they were', async () => {
    pool = new SlotPool(2);
    await pool.load(use);
    const damaged = { ...use, fileKey: '1:2:3:4:5', flashAttention: true };
    await expect(pool.load(damaged)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    expect(textOf((await pool.decode(use, long).outcome).recognition)).toContain(jfkSays);
    await killAll(pool);
    expect(textOf((await pool.decode(use, long).outcome).recognition)).toContain(jfkSays);
  });
});

describe('close()', () => {
  test('lets every chunk under way finish, the short and the long, and then refuses', async () => {
    await startPool(2);
    const underWay = [pool.decode(use, long).outcome, pool.decode(use, short).outcome];
    await pool.close();
    const [first, second] = await Promise.all(underWay);
    expect(first && textOf(first.recognition)).toContain(jfkSays);
    expect(second?.recognition.segments).not.toEqual([]);
    await expect(pool.decode(use, long).outcome).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  test('ends when a slot dies meanwhile', async () => {
    await startPool(2);
    const underWay = Promise.allSettled([long, long].map((chunk) => pool.decode(use, chunk).outcome));
    const closed = pool.close();
    await killAll(pool);
    await closed;
    for (const outcome of await underWay) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_DIED' } });
    }
  });
});

describe('an engine', () => {
  let engine: Engine;
  let listener: Listener;
  const spokenFor = pcm(joined(jfk, silence(3), jfk, silence(3), jfk, silence(3), jfk));

  beforeEach(async () => {
    const parts = await prepareParts({ model: 'tiny.en', slots: 2, threadsPerSlot: 1 });
    listener = parts.listener;
    assert(parts.pool instanceof SlotPool);
    pool = parts.pool;
    engine = new Engine(parts);
    engine.model.load();
    await engine.model.ready();
  });
  afterEach(() => engine.close());

  test('whose slots all die gives the whole text all the same', async () => {
    let kills = 0;
    const transcript = await engine.transcribe(spokenFor, {
      onSegment: ({ index }) => {
        if (index > 0) return;
        kills += 1;
        void killAll(pool);
      },
    });
    expect(kills).toBe(1);
    expect(spoken(transcript.text).split('fellow americans')).toHaveLength(5);
    expect(pool.threads).toHaveLength(2);
  });

  test.each([
    ['while it opens a file', () => void killAll(listener), {}],
    ['between two blocks of a file', () => undefined, { onProgress: () => void killAll(listener) }],
  ])('whose listener dies %s says so, and hears the next file', async (_when, kill, options) => {
    const hearing = engine.transcribe(spokenFor, options);
    kill();
    await expect(hearing).rejects.toMatchObject({ name: 'EngineError', code: 'WORKER_DIED' });
    expect(spoken((await engine.transcribe(bundled('jfk.wav'))).text)).toContain(jfkSays);
    expect(listener.threads).toHaveLength(1);
  });

  test('whose listener dies closes', async () => {
    const hearing = engine.transcribe(spokenFor, { onProgress: () => void killAll(listener) });
    await Promise.all([expect(hearing).rejects.toThrow(), engine.close()]);
  });
});
