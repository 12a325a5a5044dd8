import { afterEach, assert, beforeEach, describe, expect, test } from 'vitest';
import { Engine } from '../../dist/engine/engine.js';
import { prepareParts } from '../../dist/engine/parts.js';
import type { LiveFormat, Session, SessionOptions, SourceOptions } from '../../dist/index.js';
import type { Listener } from '../../dist/pool/listener.js';
import { SlotPool } from '../../dist/pool/slot-pool.js';
import { bundled, joined, samplesOf, silence, spoken } from './clips.js';
import { encoded, expectBalance, nextOf, Told } from './live-source.js';

const leopard = await samplesOf(bundled('leopard_en.wav'));
const harvard = await samplesOf(bundled('harvard_8k.wav'));
const pcm: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const floats: LiveFormat = { encoding: 'f32le', sampleRate: 16_000 };
const stereo: LiveFormat = { ...pcm, channels: 2, channelMode: 'split' };
const often = { interval: 2, timeout: 60_000 };
const quilterSays = 'apostle of the middle classes and we are glad to welcome his gospel';
const gospels = (told: Told) => told.text().split('his gospel').length - 1;

let pool: SlotPool;
let listener: Listener;
let engine: Engine;
let session: Session;
let told: Told;

async function start(slots: number, options: SessionOptions = {}): Promise<void> {
  const parts = await prepareParts({ model: 'tiny.en', slots, threadsPerSlot: 1 });
  listener = parts.listener;
  assert(parts.pool instanceof SlotPool);
  pool = parts.pool;
  engine = new Engine(parts);
  engine.model.load();
  await engine.model.ready();
  session = await engine.openSession(options);
  told = new Told(session);
}

/** Ends every thread of a pool; one that decodes ends when its native call returns. */
async function killAll({ threads }: { readonly threads: readonly { terminate(): Promise<number> }[] }): Promise<void> {
  await Promise.all(threads.map((thread) => thread.terminate()));
}

const decoding = () => expect.poll(() => engine.snapshot().slots.busy, often).toBeGreaterThan(0);

afterEach(async () => {
  await session.end();
  told.expectSound();
  await engine.close();
});

describe('a slot that dies in the middle of a live decode', () => {
  test.each<[what: string, partialEverySeconds: number | false]>([
    ['a final', false],
    ['whatever comes first', 0.5],
  ])('of %s costs no word and is no gap: another decodes it again', async (_what, partialEverySeconds) => {
    await start(2, { partialEverySeconds });
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(joined(leopard, silence(1), leopard), pcm));
    await decoding();
    await killAll(pool);
    await session.end();
    expect(gospels(told)).toBe(2);
    expect(told.gaps).toEqual([]);
    // A partial that is given up meanwhile misses nothing.
    expect(engine.snapshot().telemetry.restarts.slot).toBeGreaterThan(partialEverySeconds ? -1 : 0);
    expect(pool.threads).toHaveLength(2);
  });

  test('and takes its successor along makes a gap of that utterance, says why, and the next is heard', async () => {
    await start(1, { partialEverySeconds: false });
    let deaths = 0;
    const decode = pool.decode.bind(pool);
    pool.decode = (use, chunk) => {
      const begun = decode(use, chunk);
      if (deaths < 2) {
        deaths += 1;
        void killAll(pool);
      }
      return begun;
    };
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(joined(leopard, silence(1), leopard), pcm));
    await source.end();
    expect(deaths).toBe(2);
    const [gap] = told.gaps;
    expect(told.gaps).toMatchObject([{ reason: 'worker-died', source: 'caller' }]);
    expect(told.of('error')).toMatchObject([
      { source: 'caller', error: { name: 'EngineError', code: 'CHUNK_SET_ASIDE' } },
    ]);
    expect(gap && source.ledger.gapSeconds).toBeCloseTo((gap?.endSeconds ?? 0) - (gap?.startSeconds ?? 0), 9);
    expect(told.text()).toContain('his gospel');
    expect(engine.snapshot().telemetry).toMatchObject({
      gaps: { 'worker-died': { count: 1 } },
      failures: { CHUNK_SET_ASIDE: 1 },
      restarts: { slot: 2 },
    });
  });
});

describe('a listener that dies', () => {
  test('in the middle of a stream costs no sample and no word', async () => {
    await start(2);
    const source = session.addSource('caller', { format: pcm });
    const line = session.addSource('line', { format: stereo });
    const all = joined(leopard, silence(1), leopard, silence(1), leopard);
    const [bytes, both] = [encoded(all, pcm), encoded(all, { ...pcm, channels: 2 })];
    for (const at of [0, 1, 2]) {
      const part = (whole: Uint8Array) => whole.subarray((at * whole.length) / 3, ((at + 1) * whole.length) / 3);
      const written = Promise.all([source.write(part(bytes)), line.write(part(both))]);
      await expect.poll(() => source.ledger.unheardSeconds, often).toBeLessThan(4);
      const { ledger } = source;
      await killAll(listener);
      expectBalance(ledger);
      await written;
    }
    await session.end();
    for (const heard of [told.text('caller'), told.text('line', 0), told.text('line', 1)]) {
      expect(heard.split('his gospel')).toHaveLength(4);
    }
    expect(told.gaps).toEqual([]);
    expect(source.ledger.heardSeconds).toBeCloseTo(all.length / 16_000, 6);
    expect(line.ledger.heardSeconds).toBeCloseTo((2 * all.length) / 16_000, 6);
  });

  test('again and again ends the source: an error, a gap of all that is left, and the engine serves on', async () => {
    await start(2);
    const source = session.addSource('caller', { format: pcm });
    const hear = listener.openLive.bind(listener);
    listener.openLive = async (format) => {
      const live = await hear(format);
      return {
        ...live,
        tracks: live.tracks,
        windowSamples: live.windowSamples,
        close: () => live.close(),
        hear: (bytes, options) => {
          const heard = live.hear(bytes, options);
          void killAll(listener);
          return heard;
        },
      };
    };
    await source.write(encoded(leopard, pcm));
    await source.end();
    expect(told.of('error')).toMatchObject([{ source: 'caller', error: { code: 'WORKER_DIED' } }]);
    expect(source.ledger).toMatchObject({ gapSeconds: expect.closeTo(leopard.length / 16_000, 6), unheardSeconds: 0 });
    await expect(source.write(encoded(leopard, pcm))).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
    listener.openLive = hear;
    const next = session.addSource('caller', { format: pcm });
    await next.write(encoded(leopard, pcm));
    await next.end();
    expect(told.text()).toContain(quilterSays);
  });
});

describe('what a caller does wrong', () => {
  beforeEach(() => start(2));

  test('a listener of events that throws is a warning of the process, and the others hear everything', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    let after = 0;
    session.on('final', () => {
      throw new Error('mine');
    });
    const rejecting: () => unknown = () => Promise.reject(new Error('mine, too'));
    session.on('final', rejecting);
    session.on('final', () => (after += 1));
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(leopard, pcm));
    await session.end();
    await expect.poll(() => warnings.length, often).toBe(2 * told.finals().length);
    process.off('warning', note);
    expect(warnings[0]).toMatchObject({ message: expect.stringMatching(/final/u) });
    expect(told.text()).toContain(quilterSays);
    expect(after).toBe(told.finals().length);
    expect(told.of('error')).toEqual([]);
  });

  test.each<[what: string, sample: number]>([
    ['NaN', Number.NaN],
    ['an infinite sample', Number.NEGATIVE_INFINITY],
  ])('%s is refused with the whole write, and the source goes on', async (_what, sample) => {
    const source = session.addSource('caller', { format: floats });
    const bytes = encoded(leopard, floats);
    await source.write(bytes.subarray(0, 100_001));
    const bad = bytes.slice(100_001);
    new DataView(bad.buffer).setFloat32(40_003, sample, true);
    await expect(source.write(bad)).rejects.toMatchObject({ name: 'EngineError', code: 'AUDIO_INVALID' });
    expect(() => source.tryWrite(bad)).toThrow(expect.objectContaining({ code: 'AUDIO_INVALID' }));
    await source.write(bytes.subarray(100_001));
    await session.end();
    expect(told.text()).toContain(quilterSays);
    expect(source.ledger.heardSeconds).toBeCloseTo(leopard.length / 16_000, 6);
  });

  test('a write after the end is refused, and the end is as it was', async () => {
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(leopard, pcm));
    const ended = source.end();
    await expect(source.write(encoded(leopard, pcm))).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
    expect(() => source.tryWrite(encoded(leopard, pcm))).toThrow(expect.objectContaining({ code: 'SOURCE_ENDED' }));
    expect(() => source.changeFormat(floats)).toThrow(expect.objectContaining({ code: 'SOURCE_ENDED' }));
    await ended;
    expect(gospels(told)).toBe(1);
    await session.end();
    expect(() => session.addSource('other', { format: pcm })).toThrow(
      expect.objectContaining({ code: 'SESSION_ENDED' }),
    );
  });

  test('another format in mid-stream is heard, on the same clock', async () => {
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(joined(leopard, silence(1)), pcm));
    const telephone: LiveFormat = { encoding: 'mulaw', sampleRate: 8000 };
    source.changeFormat(telephone);
    await source.write(encoded(leopard, telephone));
    await session.end();
    expect(gospels(told)).toBe(2);
    expect(source.ledger.heardSeconds).toBeCloseTo(2 * (leopard.length / 16_000) + 1, 2);
    expect(told.finals().at(-1)?.startSeconds).toBeGreaterThan(leopard.length / 16_000);
  });

  test('a format with another number of tracks is refused, and the source goes on in its own', async () => {
    const source = session.addSource('caller', { format: pcm });
    const bytes = encoded(leopard, pcm);
    await source.write(bytes.subarray(0, 64_000));
    expect(() => source.changeFormat(stereo)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(/1 track.*2/u) }),
    );
    await source.write(bytes.subarray(64_000));
    await session.end();
    expect(told.text()).toContain(quilterSays);
  });

  test.each<[what: string, options: unknown, code: string]>([
    ['an encoding that does not exist', { format: { encoding: 'opus', sampleRate: 48_000 } }, 'OPTION_INVALID'],
    ['a rate that no microphone has', { format: { encoding: 's16le', sampleRate: 4000 } }, 'AUDIO_INVALID'],
    ['no channel at all', { format: { encoding: 's16le', sampleRate: 16_000, channels: 0 } }, 'AUDIO_INVALID'],
    ['no format', {}, 'OPTION_INVALID'],
    ['no options', undefined, 'OPTION_INVALID'],
    ['a priority that does not exist', { format: pcm, priority: 'urgent' }, 'OPTION_INVALID'],
    ['a shed policy that does not exist', { format: pcm, shed: 'dropEverything' }, 'OPTION_INVALID'],
    ['a queue that no utterance fits in', { format: pcm, queue: { seconds: 1 } }, 'OPTION_INVALID'],
  ])('%s is refused by name', (_what, options, code) => {
    expect(() => session.addSource('caller', options as SourceOptions)).toThrow(
      expect.objectContaining({ name: 'EngineError', code }),
    );
    expect(session.sources).toEqual([]);
  });

  test('two sources with one name are refused, until the first has ended', async () => {
    const source = session.addSource('caller', { format: pcm });
    expect(() => session.addSource('caller', { format: pcm })).toThrow(
      expect.objectContaining({ code: 'SOURCE_EXISTS' }),
    );
    expect(() => session.addSource('', { format: pcm })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    await source.end();
    const again = session.addSource('caller', { format: pcm });
    await again.write(encoded(leopard, pcm));
    await again.end();
    expect(told.text()).toContain(quilterSays);
  });

  test.each<[what: string, bytes: unknown]>([
    ['text', 'audio'],
    ['an array of numbers', [1, 2, 3]],
    ['nothing', undefined],
    ['16-bit samples instead of their bytes', new Int16Array(100)],
  ])('%s is no audio', async (_what, bytes) => {
    const source = session.addSource('caller', { format: pcm });
    await expect(source.write(bytes as Uint8Array)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    expect(() => source.tryWrite(bytes as Uint8Array)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });

  test('bytes that end in the middle of a sample lose that sample only', async () => {
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(leopard, pcm).subarray(0, -1));
    await source.end();
    expect(told.text()).toContain(quilterSays);
    expect(source.ledger.heardSeconds).toBe((leopard.length - 1) / 16_000);
  });

  test('a source without a sample ends with an empty text', async () => {
    const { sources } = await (async () => {
      session.addSource('nobody', { format: stereo });
      return await session.end();
    })();
    expect(sources).toMatchObject([
      { source: 'nobody', channel: 0, text: '', segments: [], ledger: { heardSeconds: 0 } },
      { source: 'nobody', channel: 1, text: '', segments: [], ledger: { heardSeconds: 0 } },
    ]);
  });
});

describe('more than can be decoded', () => {
  beforeEach(() => start(1));
  const minutes = joined(...Array.from({ length: 4 }, () => harvard));

  test('waits at the door by default: a write in time or QUEUE_FULL, and not a word is lost', async () => {
    const source = session.addSource('caller', { format: pcm, queue: { seconds: 40 } });
    const bytes = encoded(joined(harvard, harvard), pcm);
    await expect(source.write(bytes, { waitSeconds: 0 })).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    const { ledger } = source;
    const accepted = Math.round((ledger.heardSeconds + ledger.unheardSeconds) * 32_000);
    // Nothing waits for the listener either, which has heard nothing yet: it is given 10 s at once.
    expect(accepted).toBeGreaterThanOrEqual(10 * 32_000);
    expect(accepted).toBeLessThanOrEqual(40 * 32_000);
    expect(source.tryWrite(bytes.subarray(accepted))).toBe(false);
    await source.write(bytes.subarray(accepted));
    await session.end();
    expect(told.text().split('sandy beach')).toHaveLength(3);
    expect(told.text().split('severe storm')).toHaveLength(3);
    expect(told.gaps).toEqual([]);
  });

  test('is dropped, oldest first, where the source says so: every second of it is a gap', async () => {
    const source = session.addSource('caller', { format: pcm, queue: { seconds: 40 }, shed: 'dropOldest' });
    await source.write(encoded(minutes, pcm));
    await session.end();
    expect(told.gaps.length).toBeGreaterThan(0);
    expect(new Set(told.gaps.map((gap) => gap.reason))).toEqual(new Set(['shed']));
    expect(spoken(told.finals().at(-1)?.text ?? '')).toContain('bell');
    expect(engine.snapshot().telemetry.sheds).toMatchObject({ 'queue-full': told.gaps.length });
  });

  test('waits on disk where the source says so: late, marked as such, and complete', async () => {
    const source = session.addSource('caller', { format: pcm, queue: { seconds: 40 }, shed: 'spool' });
    let spooled = 0;
    session.on('final', () => {
      spooled = Math.max(spooled, source.ledger.spooledSeconds);
      expectBalance(source.ledger);
    });
    await source.write(encoded(minutes, pcm));
    const { sources } = await session.end();
    expect(spooled).toBeGreaterThan(0);
    expect(told.gaps).toEqual([]);
    expect(told.finals().some((final) => final.isLate)).toBe(true);
    expect(spoken(sources[0]?.text ?? '').split('sandy beach')).toHaveLength(5);
  });
});

describe('a caller in no hurry, or in too much', () => {
  beforeEach(() => start(2));

  test('may write 100 MB at once: they come in as there is room', async () => {
    const format: LiveFormat = { encoding: 'f32le', sampleRate: 48_000, channels: 2 };
    const source = session.addSource('caller', { format, queue: { seconds: 20 } });
    const spokenBytes = encoded(joined(leopard, silence(1)), format);
    const bytes = new Uint8Array(100_000_000);
    bytes.set(spokenBytes, bytes.length - spokenBytes.length);
    let most = 0;
    session.on('final', () => (most = Math.max(most, source.queuedSeconds)));
    await source.write(bytes);
    await session.end();
    expect(told.text()).toContain(quilterSays);
    expect(most).toBeLessThanOrEqual(20);
    expect(source.ledger.heardSeconds).toBeCloseTo(100_000_000 / 8 / 48_000, 3);
  });

  test('who floods holds up nobody else', async () => {
    const flood = session.addSource('flood', { format: pcm });
    await flood.write(encoded(joined(harvard, harvard, harvard), pcm));
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(leopard, pcm));
    await source.end();
    expect(flood.queuedSeconds).toBeGreaterThan(30);
    expect(told.text('caller')).toContain(quilterSays);
    await session.end();
    expect(told.text('flood').split('sandy beach')).toHaveLength(4);
  });

  test('who falls silent in the middle of a word is told at the end, without a word more or less', async () => {
    const source = session.addSource('caller', { format: pcm });
    await source.write(encoded(leopard.subarray(0, 2.1 * 16_000), pcm));
    await expect.poll(() => source.ledger.unheardSeconds, often).toBeLessThan(0.1);
    expect(told.of('final')).toEqual([]);
    await source.end();
    expect(told.text()).toMatch(/^mr quilter is the apostle/u);
    expect(source.ledger.heardSeconds).toBe(2.1);
  });

  test('who never reads the events is told how many are gone', async () => {
    const idle = session.events();
    for (let at = 0; at < 1100; at += 1) await session.addSource(`${at}`, { format: pcm }).end();
    await session.end();
    expect(await idle.next()).toEqual({
      done: false,
      value: { kind: 'missed', fromSequence: 1, toSequence: 101, count: 101 },
    });
  });
});

test('a thousand sources that come and go leave nothing behind', async () => {
  await start(2);
  const tone = encoded(silence(0.2), pcm);
  for (let round = 0; round < 100; round += 1) {
    const sources = Array.from({ length: 10 }, (_, at) => session.addSource(`${at}`, { format: pcm }));
    await Promise.all(
      sources.map(async (source, at) => {
        await source.write(tone);
        await (at % 2 ? source.end() : source.abort());
      }),
    );
  }
  const last = session.addSource('caller', { format: pcm });
  const final = nextOf(session, 'final');
  await last.write(encoded(joined(leopard, silence(1)), pcm));
  expect(spoken((await final).text)).toContain('quilter');
  expect(engine.snapshot().sources).toHaveLength(1);
});
