import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LiveFormat } from '../../dist/audio/live-format.js';
import { type HeardBlock, Listener, type LiveAudio } from '../../dist/pool/listener.js';
import { NoiseGate } from '../../dist/provider/noise-gate.js';
import { openVad, SpeechProbability } from '../../dist/provider/speech-probability.js';
import { PieceCutter } from '../../dist/session/piece-cutter.js';
import { bundled, joined, samplesOf, silence } from './clips.js';

const vadPath = fileURLToPath(new URL('../../models/ggml-silero-v6.2.0.bin', import.meta.url));
const jfk = await samplesOf(bundled('jfk.wav'));
const windowSamples = 512;
const s16: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };

function s16Bytes(...channels: readonly Float32Array[]): Uint8Array {
  const [first = silence(0)] = channels;
  const frames = Int16Array.from({ length: first.length * channels.length }, (_, at) =>
    Math.round((channels[at % channels.length]?.[Math.floor(at / channels.length)] ?? 0) * 32_767),
  );
  return new Uint8Array(frames.buffer);
}

/** All that came of one track. */
function trackOf(steps: readonly (readonly HeardBlock[])[], track = 0): HeardBlock {
  const blocks = steps.flatMap((step) => step[track] ?? []);
  return {
    pcm: joined(...blocks.map(({ pcm }) => pcm)),
    probabilities: joined(...blocks.map(({ probabilities }) => probabilities)),
  };
}

async function heardIn(
  live: LiveAudio,
  bytes: Uint8Array,
  partBytes: number,
): Promise<readonly (readonly HeardBlock[])[]> {
  const steps: (readonly HeardBlock[])[] = [];
  for (let at = 0; at < bytes.length; at += partBytes) steps.push(await live.hear(bytes.subarray(at, at + partBytes)));
  steps.push(await live.hear(new Uint8Array(0), { isLast: true }));
  await live.close();
  return steps;
}

/** Where somebody speaks, in windows. */
function spansOf(probabilities: Float32Array): readonly (readonly [start: number, end: number])[] {
  const cutter = new PieceCutter(windowSamples, 16_000);
  const pieces = [...cutter.push(probabilities), ...cutter.end(probabilities.length * windowSamples)];
  return pieces.flatMap(({ speech }) =>
    speech.map(({ startSample, endSample }) => [startSample / windowSamples, endSample / windowSamples] as const),
  );
}

/** Noise, so faint that the detector falls asleep over it. */
function hiss(seconds: number): Float32Array {
  return silence(seconds).map((_, at) => 0.001 * Math.sin(at * at));
}

let listener: Listener;
beforeAll(() => {
  listener = new Listener(vadPath);
});
afterAll(() => listener.close());

describe('a live source', () => {
  test('gives whole windows until its end, then the rest, and all of it is what a file gives', async () => {
    const odd = jfk.subarray(0, 5 * 16_000 + 77);
    const steps = await heardIn(await listener.openLive(s16), s16Bytes(odd), 3_001);
    for (const [block] of steps.slice(0, -1)) {
      expect((block?.pcm.length ?? 1) % windowSamples).toBe(0);
      expect(block?.probabilities).toHaveLength((block?.pcm.length ?? 0) / windowSamples);
      // What crosses a thread is the block alone.
      expect(block?.pcm.buffer.byteLength).toBe(block?.pcm.byteLength);
    }
    const { pcm, probabilities } = trackOf(steps);
    const samples = new Int16Array(s16Bytes(odd).buffer);
    const stream = await listener.open({ kind: 'pcm', samples, sampleRate: 16_000, channels: 1 });
    const file = await stream.read(new Float32Array(new SharedArrayBuffer(4 * 6 * 16_000)));
    await stream.close();
    expect(pcm).toEqual(file.pcm.slice());
    expect(spansOf(probabilities)).toEqual(spansOf(file.probabilities));
    expect(probabilities).toHaveLength(Math.ceil(odd.length / windowSamples));
  });

  test('gives the same in any cuts, to the bit', async () => {
    const bytes = s16Bytes(joined(hiss(5), jfk.subarray(0, 4 * 16_000), hiss(5), jfk.subarray(0, 4 * 16_000)));
    const all = await Promise.all(
      [bytes.length, 640, 3_072, 70_001].map(async (part) =>
        trackOf(await heardIn(await listener.openLive(s16), bytes, part)),
      ),
    );
    for (const heard of all) expect(heard).toEqual(all[0]);
  });

  test('of one channel each has a track of its own', async () => {
    const parts = [jfk.subarray(0, 32_000), silence(2), jfk.subarray(32_000, 64_000)] as const;
    const live = await listener.openLive({ ...s16, channels: 3, channelMode: 'split' });
    expect(live).toMatchObject({ tracks: 3, windowSamples });
    const steps = await heardIn(live, s16Bytes(...parts), 12_345);
    const alone = await Promise.all(
      parts.map(async (part) => trackOf(await heardIn(await listener.openLive(s16), s16Bytes(part), 4_000))),
    );
    expect([0, 1, 2].map((track) => trackOf(steps, track))).toEqual(alone);
    expect(Math.max(...(alone[1]?.probabilities ?? [1]))).toBe(0);
  });

  test('leaves the bytes to the caller as soon as they are given', async () => {
    const bytes = Buffer.from(s16Bytes(jfk.subarray(0, 16_000)));
    const live = await listener.openLive(s16);
    const heard = live.hear(bytes, { isLast: true });
    expect(bytes.fill(0)).toHaveLength(32_000);
    const [block] = await heard;
    expect(block?.pcm.some((sample) => sample !== 0)).toBe(true);
    await live.close();
  });

  test('that ends without a byte has no audio', async () => {
    const live = await listener.openLive(s16);
    expect(await live.hear(new Uint8Array(1), { isLast: true })).toEqual([
      { pcm: new Float32Array(0), probabilities: new Float32Array(0) },
    ]);
    await live.close();
  });
});

describe('a source that goes on in another format', () => {
  const tone = (seconds: number, rate: number) =>
    Float32Array.from({ length: seconds * rate }, (_, at) => 0.5 * Math.sin((2 * Math.PI * 440 * at) / rate));

  test('keeps its timeline, and what comes after is not shifted', async () => {
    const live = await listener.openLive({ encoding: 's16le', sampleRate: 48_000, channels: 2 });
    const before = s16Bytes(tone(1, 48_000), tone(1, 48_000));
    const after = new Uint8Array(tone(1, 8_000).buffer);
    const steps = [
      await live.hear(before),
      // Half a frame that never becomes whole.
      await live.hear(new Uint8Array(3)),
      await live.hear(after, { format: { encoding: 'f32le', sampleRate: 8_000 } }),
      await live.hear(new Uint8Array(0), { isLast: true }),
    ];
    await live.close();
    const { pcm } = trackOf(steps);
    expect(pcm).toHaveLength(32_000);
    const ideal = joined(tone(1, 16_000), tone(1, 16_000));
    for (const at of [1_000, 8_000, 15_000, 17_000, 24_000, 31_000]) {
      expect(pcm[at]).toBeCloseTo(ideal[at] ?? 9, 3);
    }
  });

  test('loses nothing when the format is the same', async () => {
    const bytes = s16Bytes(jfk.subarray(0, 30_000));
    const live = await listener.openLive({ ...s16, sampleRate: 44_100 });
    const steps = [];
    for (let at = 0; at < bytes.length; at += 777) {
      const format: LiveFormat = { encoding: 's16le', sampleRate: 44_100, channelMode: 'mix' };
      steps.push(await live.hear(bytes.subarray(at, at + 777), { format, isLast: at + 777 >= bytes.length }));
    }
    await live.close();
    const whole = await listener.openLive({ ...s16, sampleRate: 44_100 });
    expect(trackOf(steps)).toEqual(trackOf(await heardIn(whole, bytes, bytes.length)));
  });
});

describe('thousands of sources', () => {
  test('that come and go leave nothing behind', async () => {
    const bytes = s16Bytes(jfk.subarray(0, 1_600));
    const round = async (count: number) => {
      await Promise.all(
        Array.from({ length: count }, async () => {
          const live = await listener.openLive(s16);
          await live.hear(bytes);
          await live.close();
        }),
      );
    };
    await round(100);
    const before = process.memoryUsage().rss;
    // More at a time than detectors are kept.
    for (let count = 0; count < 25; count += 1) await round(40);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  test('take turns: a short call is answered while a minute of another is worked on', async () => {
    const [long, short] = [await listener.openLive(s16), await listener.openLive(s16)];
    const answers: string[] = [];
    await Promise.all([
      long.hear(s16Bytes(joined(jfk, jfk, jfk, jfk))).then(() => answers.push('long')),
      short.hear(s16Bytes(jfk.subarray(0, 1_600))).then(() => answers.push('short')),
    ]);
    expect(answers).toEqual(['short', 'long']);
    await Promise.all([long.close(), short.close()]);
  });
});

describe('the noise gate', () => {
  /** White, or with most of its power in the bass as in a room; the same in every run. */
  function noise(seconds: number, decibels: number, colour: 'white' | 'brown'): Float32Array {
    let state = 20_260_101;
    let low = 0;
    const samples = silence(seconds).map(() => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const white = state / 2 ** 31 - 1;
      low = 0.97 * low + white;
      return colour === 'white' ? white : low;
    });
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    return samples.map((sample) => (sample * 10 ** (decibels / 20)) / rms);
  }

  function speechWindows(probabilities: Float32Array): ReadonlySet<number> {
    const windows = spansOf(probabilities).flatMap(([start, end]) =>
      Array.from({ length: end - start }, (_, at) => start + at),
    );
    return new Set(windows);
  }

  const vad = openVad(vadPath);

  function heardWith(gate: 'gate' | 'network', pcm: Float32Array): Float32Array {
    const speech = new SpeechProbability(vad);
    const probabilities = gate === 'gate' ? new NoiseGate(speech).of(pcm) : speech.judged(pcm);
    speech.close();
    return probabilities;
  }

  const clips = ['jfk.wav', 'leopard_en.wav', 'leopard_de.wav', 'leopard_ja.wav', 'leopard_ko.wav', 'harvard_8k.wav'];
  /** Loud, and as from the other end of a room. */
  const gains = [1, 0.05] as const;
  const levels = [-90, -60, -50, -40] as const;
  const cases = clips.flatMap((clip) =>
    gains.flatMap((gain) =>
      levels.flatMap((decibels) => (['white', 'brown'] as const).map((colour) => ({ clip, gain, decibels, colour }))),
    ),
  );

  test.each(cases)(
    'lets through in $clip times $gain over $colour noise of $decibels dB what the network hears',
    async ({ clip, gain, decibels, colour }) => {
      const speech = await samplesOf(bundled(clip));
      const loud = joined(silence(6), speech, silence(6), speech, silence(4));
      const background = noise(loud.length / 16_000, decibels, colour);
      const pcm = loud.map((sample, at) => sample * gain + (background[at] ?? 0));
      const [gated, ungated] = [heardWith('gate', pcm), heardWith('network', pcm)].map(speechWindows);
      const spoken = speechWindows(heardWith('network', loud));
      const missedBy = (heard: ReadonlySet<number> = new Set()) => [...spoken].filter((window) => !heard.has(window));
      const madeUpBy = (heard: ReadonlySet<number> = new Set()) => [...heard].filter((window) => !spoken.has(window));
      // Two windows a span, and what the network itself hears or not when it begins elsewhere.
      const tolerance = 2 * spansOf(heardWith('network', loud)).length + spoken.size / 50;
      expect(missedBy(gated).length - missedBy(ungated).length).toBeLessThanOrEqual(tolerance);
      expect(madeUpBy(gated).length - madeUpBy(ungated).length).toBeLessThanOrEqual(tolerance);
    },
  );
});
