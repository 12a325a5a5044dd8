import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Spool, type SpoolOptions } from '../../dist/session/spool.js';

const root = await mkdtemp(join(tmpdir(), 'spool-'));
afterAll(() => rm(root, { recursive: true }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'into-'));
});

const spoolWith = (options: SpoolOptions = {}) => new Spool({ folder, ...options });
const withCode = (code: string): unknown => expect.objectContaining({ name: 'EngineError', code });
const stretchOf = (samples: number, startSample = 0) => ({ startSample, endSample: startSample + samples });
const bitsOf = (pcm: Float32Array) => new Uint32Array(new Float32Array(pcm).buffer);

/** A tone that has a bit of everything in its mantissas. */
const tone = (samples: number) => Float32Array.from({ length: samples }, (_, at) => Math.sin(at / 7) / 3);

/** Every file of all spools. */
async function filesLeft(): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.f32'));
}

describe('a spool', () => {
  test('gives back what was put into it, and nothing stays on disk', async () => {
    const spool = spoolWith();
    const spooled = await spool.put(tone(5000), stretchOf(5000, 16_000));
    expect(spooled).toEqual({ startSample: 16_000, endSample: 21_000 });
    expect([spool.bytes, spool.pieces, (await filesLeft()).length]).toEqual([20_000, 1, 1]);
    const into = new Float32Array(6000).fill(9);
    const pcm = await spool.take(spooled, into);
    expect(pcm.buffer).toBe(into.buffer);
    expect(pcm).toEqual(tone(5000));
    expect(into.subarray(5000).every((sample) => sample === 9)).toBe(true);
    expect([spool.bytes, spool.pieces, (await filesLeft()).length]).toEqual([0, 0, 0]);
    await spool.close();
  });

  test('changes no bit of any sample', async () => {
    const spool = spoolWith();
    const anyBits = fc.oneof(
      fc.nat({ max: 0xff_ff_ff_ff }),
      fc.constantFrom(0x80_00_00_00, 0x7f_80_00_00, 0x7f_c0_12_34),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyBits, { maxLength: 200 }), fc.nat({ max: 5 }), async (bits, offset) => {
        const put = new Uint32Array(new SharedArrayBuffer((offset + bits.length) * 4), offset * 4);
        put.set(bits);
        const pcm = new Float32Array(put.buffer, offset * 4);
        const spooled = await spool.put(pcm, stretchOf(bits.length));
        put.fill(0);
        const taken = await spool.take(spooled, new Float32Array(new SharedArrayBuffer(bits.length * 4)));
        expect([...bitsOf(taken)]).toEqual(bits);
      }),
      { numRuns: 100 },
    );
    expect(spool.bytes).toBe(0);
    await spool.close();
  });

  test('takes pieces at once and gives them back in any order', async () => {
    const spool = spoolWith();
    const pieces = await Promise.all(
      Array.from({ length: 50 }, (_, at) => spool.put(new Float32Array(100).fill(at), stretchOf(100, at * 100))),
    );
    expect(spool.pieces).toBe(50);
    const taken = await Promise.all(pieces.toReversed().map((piece) => spool.take(piece, new Float32Array(100))));
    expect(taken.map(([sample]) => sample)).toEqual(Array.from({ length: 50 }, (_, at) => 49 - at));
    expect(await readdir(folder)).toHaveLength(1);
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('makes no folder before there is something to write', async () => {
    const spool = spoolWith();
    expect(await readdir(folder)).toEqual([]);
    await spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('is nobody else’s to read', async () => {
    const spool = spoolWith();
    await spool.put(tone(10), stretchOf(10));
    const modes = await Promise.all(
      (await readdir(folder, { recursive: true })).map(async (path) => (await stat(join(folder, path))).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600]);
    await spool.close();
  });

  test('gives a piece back once, and to nobody who has a copy of its label', async () => {
    const spool = spoolWith();
    const spooled = await spool.put(tone(10), stretchOf(10));
    const into = new Float32Array(10);
    await expect(spool.take({ ...spooled }, into)).rejects.toEqual(withCode('INTERNAL'));
    const both = await Promise.allSettled([spool.take(spooled, into), spool.take(spooled, into)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(spool.take(spooled, into)).rejects.toEqual(withCode('INTERNAL'));
    expect(spool.bytes).toBe(0);
    await spool.close();
  });

  test('keeps a piece for which there is not enough room', async () => {
    const spool = spoolWith();
    const spooled = await spool.put(tone(10), stretchOf(10));
    await expect(spool.take(spooled, new Float32Array(9))).rejects.toEqual(withCode('INTERNAL'));
    expect(await spool.take(spooled, new Float32Array(10))).toEqual(tone(10));
    await spool.close();
  });

  test('refuses audio that is not as long as its stretch', async () => {
    const spool = spoolWith();
    await expect(spool.put(tone(10), stretchOf(11))).rejects.toEqual(withCode('INTERNAL'));
    expect([spool.bytes, await readdir(folder)]).toEqual([0, []]);
  });

  test('discards a piece, and does nothing for one that is gone', async () => {
    const spool = spoolWith();
    const spooled = await spool.put(tone(10), stretchOf(10));
    await Promise.all([spool.discard(spooled), spool.discard(spooled)]);
    expect([spool.bytes, spool.pieces, await filesLeft()]).toEqual([0, 0, []]);
    await spool.discard(spooled);
    await spool.discard(stretchOf(10));
    await spool.close();
    await spool.discard(spooled);
  });

  test.each<[what: string, options: object]>([
    ['a folder without a name', { folder: '' }],
    ['a folder that is a number', { folder: 7 }],
    ['a limit below zero', { limitBytes: -1 }],
    ['a limit of half a byte', { limitBytes: 0.5 }],
    ['a limit that is none', { limitBytes: Number.NaN }],
  ])('refuses %s', (_what, options) => {
    expect(() => spoolWith(options)).toThrow(withCode('OPTION_INVALID'));
  });
});

describe('the limit of a spool', () => {
  test('is named when it is reached, and is not reached any more when something was taken', async () => {
    const spool = spoolWith({ limitBytes: 100 });
    const first = await spool.put(tone(15), stretchOf(15));
    const refused = spool.put(tone(15), stretchOf(15));
    await expect(refused).rejects.toEqual(withCode('DISK_FULL'));
    await expect(refused).rejects.toThrow('60 do already, and the limit is 100');
    expect(await filesLeft()).toHaveLength(1);
    await spool.put(tone(10), stretchOf(10));
    await spool.take(first, new Float32Array(15));
    await spool.put(tone(15), stretchOf(15));
    expect(spool.bytes).toBe(100);
    await spool.close();
  });

  test('holds for pieces that come at once', async () => {
    const spool = spoolWith({ limitBytes: 100 });
    const puts = await Promise.allSettled(Array.from({ length: 10 }, () => spool.put(tone(10), stretchOf(10))));
    expect(puts.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled'],
      ...Array.from({ length: 8 }, () => 'rejected'),
    ]);
    expect([spool.bytes, await filesLeft()]).toMatchObject([80, { length: 2 }]);
    await spool.close();
  });
});

describe('a closed spool', () => {
  test('has left nothing on disk, and takes and gives nothing', async () => {
    const spool = spoolWith();
    const spooled = await spool.put(tone(10), stretchOf(10));
    await spool.put(tone(10), stretchOf(10));
    await Promise.all([spool.close(), spool.close()]);
    expect([spool.bytes, spool.pieces, await readdir(folder)]).toEqual([0, 0, []]);
    await expect(spool.put(tone(10), stretchOf(10))).rejects.toEqual(withCode('ENGINE_CLOSED'));
    await expect(spool.take(spooled, new Float32Array(10))).rejects.toEqual(withCode('ENGINE_CLOSED'));
    expect(await readdir(folder)).toEqual([]);
  });

  test('has waited for what was under way', async () => {
    const spool = spoolWith();
    const first = await spool.put(tone(1000), stretchOf(1000));
    const underWay = [
      spool.take(first, new Float32Array(1000)),
      ...Array.from({ length: 10 }, () => spool.put(tone(1000), stretchOf(1000))),
    ];
    const closed = spool.close();
    expect((await Promise.allSettled(underWay)).map(({ status }) => status)).toEqual(
      Array.from({ length: 11 }, () => 'fulfilled'),
    );
    await closed;
    expect([spool.bytes, spool.pieces, await readdir(folder)]).toEqual([0, 0, []]);
  });

  test('has left nothing of what was being written first of all', async () => {
    const spool = spoolWith();
    const put = spool.put(tone(1000), stretchOf(1000));
    await spool.close();
    await put;
    expect(await readdir(folder)).toEqual([]);
  });
});
