import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesPerFrame, checkedFormat, checkedTail, type LiveFormat, tracksOf } from '../../dist/audio/live-format.js';

const mono: LiveFormat = { encoding: 's16le', sampleRate: 16_000 };
const floats = checkedFormat({ encoding: 'f32le', sampleRate: 48_000, channels: 2 });
const none = new Uint8Array(0);

/** A value that the types do not allow. */
const wrong = (value: unknown) => value as LiveFormat;

function bytesOf(...samples: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(samples).buffer);
}

describe('a format', () => {
  test.each(['s16le', 'f32le', 'mulaw', 'alaw'] as const)('in %s is complete with one channel', (encoding) => {
    const complete = { encoding, sampleRate: 8_000, channels: 1, channelMode: 'mix' };
    expect(checkedFormat({ encoding, sampleRate: 8_000 })).toEqual(complete);
  });

  test.each([8_000, 11_025, 22_051, 48_000])('of %i samples a second is possible', (sampleRate) => {
    expect(checkedFormat({ ...mono, sampleRate }).sampleRate).toBe(sampleRate);
  });

  test.each<[what: string, format: LiveFormat, code: string, message: RegExp]>([
    ['that is missing', wrong(undefined), 'OPTION_INVALID', /encoding, sampleRate/u],
    ['that is null', wrong(null), 'OPTION_INVALID', /encoding, sampleRate/u],
    ['without an encoding', wrong({ sampleRate: 8_000 }), 'OPTION_INVALID', /s16le, f32le, mulaw, alaw/u],
    ['in opus', wrong({ ...mono, encoding: 'opus' }), 'OPTION_INVALID', /'opus'.*s16le, f32le, mulaw, alaw/u],
    ['in toString', wrong({ ...mono, encoding: 'toString' }), 'OPTION_INVALID', /s16le/u],
    ['that joins channels', wrong({ ...mono, channelMode: 'join' }), 'OPTION_INVALID', /'join'.*mix or split/u],
    ['that is too slow', { ...mono, sampleRate: 7_999 }, 'AUDIO_INVALID', /7999.*8000 … 48000/u],
    ['that is too fast', { ...mono, sampleRate: 48_001 }, 'AUDIO_INVALID', /8000 … 48000/u],
    ['of half a sample', { ...mono, sampleRate: 8_000.5 }, 'AUDIO_INVALID', /whole/u],
    ['of no rate', wrong({ encoding: 's16le' }), 'AUDIO_INVALID', /undefined.*8000 … 48000/u],
    ['of a rate in words', wrong({ ...mono, sampleRate: '16000' }), 'AUDIO_INVALID', /8000 … 48000/u],
    ['without channels', { ...mono, channels: 0 }, 'AUDIO_INVALID', /1 … 64/u],
    ['of 65 channels', { ...mono, channels: 65 }, 'AUDIO_INVALID', /1 … 64/u],
    ['of NaN channels', { ...mono, channels: Number.NaN }, 'AUDIO_INVALID', /1 … 64/u],
  ])('%s is refused', (_what, format, code, message) => {
    expect(() => checkedFormat(format)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test.each<[format: LiveFormat, frameBytes: number, tracks: readonly (number | undefined)[]]>([
    [mono, 2, [undefined]],
    [{ ...mono, encoding: 'mulaw' }, 1, [undefined]],
    [{ ...mono, encoding: 'f32le', channels: 3 }, 12, [undefined]],
    [{ ...mono, channels: 3, channelMode: 'split' }, 6, [0, 1, 2]],
    [{ ...mono, channels: 1, channelMode: 'split' }, 2, [undefined]],
  ])('%o has frames of %i bytes and the tracks %o', (format, frameBytes, tracks) => {
    expect(bytesPerFrame(format)).toBe(frameBytes);
    expect(tracksOf(format)).toEqual(tracks);
  });
});

describe('floats that are looked at before they are accepted', () => {
  test.each<[what: string, sample: number]>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['−Infinity', Number.NEGATIVE_INFINITY],
    ['a billion and more', 1.1e9],
  ])('%s is refused wherever the bytes are cut, and the tail before it still counts', (_what, sample) => {
    const bytes = bytesOf(0.5, -1, sample, 1);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const isBefore = cut < 12;
      const check = () => checkedTail(floats, checkedTail(floats, none, bytes.subarray(0, cut)), bytes.subarray(cut));
      expect(check).toThrow(expect.objectContaining({ code: 'AUDIO_INVALID' }));
      if (!isBefore) continue;
      const tail = checkedTail(floats, none, bytes.subarray(0, cut));
      expect(() => checkedTail(floats, tail, bytes.subarray(cut))).toThrow();
      expect(checkedTail(floats, tail, bytesOf(0.5, -1, 1, 1).subarray(cut))).toEqual(none);
    }
  });

  test('any cuts leave the bytes that do not make a sample', () => {
    const samples = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(samples, fc.array(fc.nat({ max: 9 })), fc.nat({ max: 3 }), (values, cuts, extra) => {
        const bytes = new Uint8Array([...bytesOf(...values), ...bytesOf(0.3).subarray(0, extra)]);
        let tail: Uint8Array = none;
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          tail = checkedTail(floats, tail, Buffer.from(bytes.subarray(at, at + cut)));
          at = Math.min(bytes.length, at + cut);
          expect(tail).toEqual(bytes.subarray(at - (at % 4), at));
        }
      }),
    );
  });

  test('integers can have any value', () => {
    for (const encoding of ['s16le', 'mulaw', 'alaw'] as const) {
      expect(checkedTail({ ...mono, encoding }, none, bytesOf(Number.NaN).subarray(0, 3))).toEqual(none);
    }
  });
});
