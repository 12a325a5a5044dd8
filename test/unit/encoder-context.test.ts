import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullEncoderContext, sizedEncoderContext, tokenLimit } from '../../dist/provider/encoder-context.js';

describe('the encoder context for so many seconds of audio', () => {
  test.each([
    [0, 384],
    [1.1, 384],
    [5, 384],
    [5.12, 384],
    [5.13, 448],
    [6, 448],
    [6.4, 448],
    [6.41, 512],
    [10, 640],
    [11, 704],
    [15, 896],
    [26.88, 1472],
    [26.89, 1500],
    [30, 1500],
    [600, 1500],
  ])('%s s is %i frames', (seconds, frames) => {
    expect(sizedEncoderContext(seconds)).toBe(frames);
  });

  test('never is smaller than the audio, nor larger than the full window, and grows with it', () => {
    const seconds = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, (one, other) => {
        const [shorter, longer] = [Math.min(one, other), Math.max(one, other)];
        expect(sizedEncoderContext(shorter)).toBeGreaterThanOrEqual(50 * shorter);
        expect(sizedEncoderContext(longer)).toBeGreaterThanOrEqual(sizedEncoderContext(shorter));
        expect(sizedEncoderContext(longer)).toBeLessThanOrEqual(fullEncoderContext);
      }),
    );
  });
});

describe('the token limit for so many seconds of audio', () => {
  test.each([
    [0, 24],
    [1, 38],
    [2.5, 59],
    [10, 164],
    [14, 220],
    [30, 220],
  ])('%s s is %i tokens', (seconds, tokens) => {
    expect(tokenLimit(seconds)).toBe(tokens);
  });

  test('leaves room for the densest speech in every piece', () => {
    for (let seconds = 0; seconds <= 15; seconds += 0.5) expect(tokenLimit(seconds)).toBeGreaterThan(10 * seconds);
  });
});
