import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LiveFormat } from '../../dist/audio/live-format.js';
import { type HeardBlock, Listener } from '../../dist/pool/listener.js';
import { bundled, joined, samplesOf } from '../live/clips.js';

const vadPath = fileURLToPath(new URL('../../models/ggml-silero-v6.2.0.bin', import.meta.url));
const jfk = (await samplesOf(bundled('jfk.wav'))).subarray(0, 3 * 16_000);
const f32: LiveFormat = { encoding: 'f32le', sampleRate: 16_000 };
const none = new Uint8Array(0);

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function pcmOf(steps: readonly (readonly HeardBlock[])[]): Float32Array {
  return joined(...steps.flat().map(({ pcm }) => pcm));
}

let listener: Listener;
beforeEach(() => {
  listener = new Listener(vadPath);
});
afterEach(() => listener.close());

describe('what is refused takes nothing', () => {
  test.each<[what: string, sample: number]>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a float that is no audio', 2e9],
  ])('%s in the bytes', async (_what, sample) => {
    const live = await listener.openLive(f32);
    const steps = [await live.hear(bytesOf(jfk).subarray(0, 50_001))];
    const bad = bytesOf(jfk).slice(50_001);
    bad.set(bytesOf(Float32Array.of(sample)), 3 + 4 * 20_000);
    await expect(live.hear(bad)).rejects.toMatchObject({ code: 'AUDIO_INVALID' });
    await expect(live.hear(bad, { isLast: true })).rejects.toMatchObject({ code: 'AUDIO_INVALID' });
    steps.push(await live.hear(bytesOf(jfk).subarray(50_001), { isLast: true }));
    expect(pcmOf(steps)).toEqual(jfk);
    await live.close();
  });

  test('another number of tracks', async () => {
    const live = await listener.openLive(f32);
    const steps = [await live.hear(bytesOf(jfk).subarray(0, 50_001))];
    const rest = bytesOf(jfk).subarray(50_001);
    const stereo: LiveFormat = { ...f32, channels: 2, channelMode: 'split' };
    await expect(live.hear(rest, { format: stereo })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/1 tracks?.*2/u),
    });
    steps.push(await live.hear(rest, { isLast: true }));
    expect(pcmOf(steps)).toEqual(jfk);
    await live.close();
  });

  test('another format whose first bytes are no audio', async () => {
    const live = await listener.openLive(f32);
    const steps = [await live.hear(bytesOf(jfk).subarray(0, 50_001))];
    const bad = bytesOf(Float32Array.of(0, Number.NaN));
    const format: LiveFormat = { ...f32, sampleRate: 48_000 };
    await expect(live.hear(bad, { format })).rejects.toMatchObject({ code: 'AUDIO_INVALID' });
    steps.push(await live.hear(bytesOf(jfk).subarray(50_001), { isLast: true }));
    expect(pcmOf(steps)).toEqual(jfk);
    await live.close();
  });
});

describe('a source that is over', () => {
  test('hears nothing after its last bytes', async () => {
    const live = await listener.openLive(f32);
    await live.hear(none, { isLast: true });
    await expect(live.hear(none)).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
    await live.close();
  });

  test('hears nothing after it was closed, which can be done again', async () => {
    const live = await listener.openLive(f32);
    await Promise.all([live.close(), live.close()]);
    await expect(live.hear(none)).rejects.toMatchObject({ code: 'SOURCE_ENDED' });
  });

  test('is closed when the call under way is answered', async () => {
    const live = await listener.openLive(f32);
    const bytes = bytesOf(joined(jfk, jfk, jfk));
    const heard = live.hear(bytes, { isLast: true });
    const closed = live.close();
    // It would take over the detector if that were free already.
    const other = await listener.openLive(f32);
    const alone = await other.hear(bytes, { isLast: true });
    await closed;
    expect(await heard).toEqual(alone);
    await other.close();
  });
});

describe('when the thread dies', () => {
  async function kill(): Promise<void> {
    await Promise.all(listener.threads.map((thread) => thread.terminate()));
  }

  test('the call under way and the next reject, and a new source is heard', async () => {
    const [busy, idle] = [await listener.openLive(f32), await listener.openLive(f32)];
    const heard = expect(busy.hear(bytesOf(joined(jfk, jfk, jfk)))).rejects.toMatchObject({ code: 'WORKER_DIED' });
    await kill();
    await heard;
    for (const live of [busy, idle]) {
      await expect(live.hear(none)).rejects.toMatchObject({ code: 'WORKER_DIED' });
      await live.close();
    }
    const next = await listener.openLive(f32);
    expect(pcmOf([await next.hear(bytesOf(jfk), { isLast: true })])).toEqual(jfk);
    await next.close();
  });
});

describe('without the network’s weights', () => {
  test('nothing is opened, and the reason is said', async () => {
    const deaf = new Listener('/nothing/here.bin');
    await expect(deaf.openLive({ ...f32, channels: 2, channelMode: 'split' })).rejects.toMatchObject({
      code: 'MODEL_MISSING',
    });
    await deaf.close();
  });
});
