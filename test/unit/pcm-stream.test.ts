import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openSamples } from '../../dist/provider/audio-reader.js';
import { decodeG711 } from '../../dist/provider/g711.js';
import { PcmStream } from '../../dist/provider/pcm-stream.js';
import type { StreamFormat } from '../../dist/provider/stream-format.js';
import { joined } from '../live/clips.js';

const mono: StreamFormat = { encoding: 's16le', sampleRate: 48_000, channels: 1, channelMode: 'mix' };

/** The tracks of bytes that come in these parts. */
function converted(format: StreamFormat, ...parts: readonly Uint8Array[]): readonly Float32Array[] {
  const stream = new PcmStream(format);
  const steps = parts.map((part) => stream.convert(stream.frames(part), false));
  steps.push(stream.flush());
  stream.close();
  const tracks = format.channelMode === 'split' ? format.channels : 1;
  return Array.from({ length: tracks }, (_, track) =>
    joined(...steps.map((step) => step[track] ?? new Float32Array(0))),
  );
}

/** Bit for bit: toEqual would take −0 and 0 for different and be slow. */
function bitsOf(tracks: readonly Float32Array[]): readonly string[] {
  return tracks.map((track) => Buffer.from(track.buffer, track.byteOffset, track.byteLength).toString('base64'));
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function tone(seconds: number, rate: number, hertz: number): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));
}

const formats = fc.record<StreamFormat>({
  encoding: fc.constantFrom('s16le', 'f32le', 'mulaw', 'alaw'),
  sampleRate: fc.constantFrom(8_000, 11_025, 12_345, 16_000, 22_050, 44_100, 48_000),
  channels: fc.integer({ min: 1, max: 3 }),
  channelMode: fc.constantFrom('mix', 'split'),
});

/** Bytes that are audio in a format, an incomplete frame at the end included. */
function contentOf({ encoding }: StreamFormat): fc.Arbitrary<Uint8Array> {
  if (encoding !== 'f32le') return fc.uint8Array({ maxLength: 6_000 });
  return fc
    .tuple(fc.float32Array({ min: -1, max: 1, noNaN: true, maxLength: 1_500 }), fc.uint8Array({ maxLength: 3 }))
    .map(([samples, rest]) => new Uint8Array([...bytesOf(samples), ...rest]));
}

const cases = formats.chain((format) =>
  fc.record({ format: fc.constant(format), bytes: contentOf(format), cuts: fc.array(fc.nat({ max: 700 })) }),
);

function cutAt(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  let at = 0;
  const parts = cuts.map((length) => {
    // Inside a larger array, at any address.
    const part = Buffer.concat([Buffer.alloc(at % 3), bytes.subarray(at, at + length)]).subarray(at % 3);
    at += length;
    return part;
  });
  return [...parts, bytes.subarray(at)];
}

describe('a stream of bytes', () => {
  test('is converted to the same bits wherever it is cut', () => {
    fc.assert(
      fc.property(cases, ({ format, bytes, cuts }) => {
        expect(bitsOf(converted(format, ...cutAt(bytes, cuts)))).toEqual(bitsOf(converted(format, bytes)));
      }),
      { numRuns: 200 },
    );
  });

  test('of n frames gives ceil(n · 16,000 / rate) samples, and an incomplete frame none', () => {
    fc.assert(
      fc.property(cases, ({ format, bytes }) => {
        const size = { s16le: 2, f32le: 4, mulaw: 1, alaw: 1 }[format.encoding];
        const frames = Math.floor(bytes.length / size / format.channels);
        const expected = Math.ceil((frames * 16_000) / format.sampleRate);
        for (const track of converted(format, bytes)) expect(track).toHaveLength(expected);
      }),
    );
  });

  test.each<[what: string, samples: Int16Array | Float32Array, channels: number, rate: number]>([
    ['mono 16-bit', Int16Array.from(tone(1, 8_000, 300), (sample) => sample * 32_768), 1, 8_000],
    ['stereo 16-bit', Int16Array.from(tone(1, 44_100, 300), (sample) => sample * 32_768), 2, 44_100],
    ['stereo floats', tone(1, 48_000, 300), 2, 48_000],
  ])('of %s is what the same samples in a file are', (_what, samples, channels, rate) => {
    const file = openSamples(samples, rate, channels);
    const whole = new Float32Array(32_000);
    let length = 0;
    for (let read = -1; read !== 0; length += read) read = file.read(whole.subarray(length)) as number;
    const encoding = samples instanceof Float32Array ? 'f32le' : 's16le';
    const [track] = converted({ ...mono, encoding, channels, sampleRate: rate }, bytesOf(samples));
    expect(track).toEqual(whole.subarray(0, length));
  });

  test('has no clicks where it is cut: a tone stays a tone', () => {
    const bytes = bytesOf(tone(1, 48_000, 440));
    const [track] = converted(
      { ...mono, encoding: 'f32le' },
      ...cutAt(
        bytes,
        Array.from({ length: 500 }, () => 379),
      ),
    );
    const ideal = tone(1, 16_000, 440);
    const worst = Math.max(...ideal.slice(100, -100).map((sample, at) => Math.abs(sample - (track?.[at + 100] ?? 9))));
    expect(worst).toBeLessThan(1e-3);
  });

  test('that is split gives each channel as if it were alone', () => {
    const left = tone(0.5, 44_100, 300);
    const right = tone(0.5, 44_100, 700);
    const both = Float32Array.from({ length: 2 * left.length }, (_, at) => (at % 2 ? right : left)[at >> 1] ?? 0);
    const format: StreamFormat = { encoding: 'f32le', sampleRate: 44_100, channels: 2, channelMode: 'split' };
    const alone: StreamFormat = { ...format, channels: 1 };
    expect(bitsOf(converted(format, bytesOf(both)))).toEqual(
      bitsOf([...converted(alone, bytesOf(left)), ...converted(alone, bytesOf(right))]),
    );
    const [mixed] = converted({ ...format, channelMode: 'mix' }, bytesOf(both));
    const average = left.map((sample, at) => (sample + (right[at] ?? 0)) / 2);
    expect(mixed).toEqual(converted(alone, bytesOf(average))[0]);
  });

  test('with a float that is no number takes nothing of those bytes, and goes on', () => {
    for (const channelMode of ['mix', 'split'] as const) {
      const format: StreamFormat = { encoding: 'f32le', sampleRate: 44_100, channels: 2, channelMode };
      const bytes = bytesOf(tone(0.1, 44_100, 300));
      const bad = bytesOf(Float32Array.of(0.1, 0.2, 0.3, 0.4, Number.NaN, 0.6));
      const stream = new PcmStream(format);
      const steps = [stream.convert(stream.frames(bytes.subarray(0, 1_001)), false)];
      // Three bytes make the sample before whole: what is no number is only seen after them.
      expect(() => stream.frames(new Uint8Array([...bytes.subarray(1_001, 1_004), ...bad]))).toThrow(
        expect.objectContaining({ code: 'AUDIO_INVALID', message: expect.stringMatching(/NaN/u) }),
      );
      steps.push(stream.convert(stream.frames(bytes.subarray(1_001)), false), stream.flush());
      const tracks = [0, 1].slice(0, channelMode === 'split' ? 2 : 1);
      const whole = tracks.map((track) => joined(...steps.map((step) => step[track] ?? new Float32Array(0))));
      expect(bitsOf(whole)).toEqual(bitsOf(converted(format, bytes)));
    }
  });
});

describe('a G.711 byte', () => {
  test.each<[encoding: 'mulaw' | 'alaw', byte: number, sample: number]>([
    ['mulaw', 0x00, -32_124],
    ['mulaw', 0x80, 32_124],
    ['mulaw', 0x7f, 0],
    ['mulaw', 0xff, 0],
    ['mulaw', 0xfe, 8],
    ['mulaw', 0x8f, 16_764],
    ['alaw', 0x2a, -32_256],
    ['alaw', 0xaa, 32_256],
    ['alaw', 0x55, -8],
    ['alaw', 0xd5, 8],
    ['alaw', 0xd4, 24],
    ['alaw', 0x80, 5_504],
  ])('of %s, %i, is the sample %i', (encoding, byte, sample) => {
    expect([...decodeG711(encoding, Uint8Array.of(byte))]).toEqual([sample]);
  });

  test.each(['mulaw', 'alaw'] as const)(
    'of %s has a mirror image of the other sign, and 254 or more values',
    (encoding) => {
      const samples = decodeG711(
        encoding,
        Uint8Array.from({ length: 256 }, (_, byte) => byte),
      );
      for (let byte = 0; byte < 128; byte += 1) expect((samples[byte] ?? 0) + (samples[byte + 128] ?? 1)).toBe(0);
      expect(new Set(samples).size).toBe(encoding === 'mulaw' ? 255 : 256);
    },
  );
});
