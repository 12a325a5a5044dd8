import { describe, expect, test } from 'vitest';
import { SourceMeasure } from '../../dist/degrade/source-measure.js';

/** A source that is read for so long, each second of which adds so much. */
function measured(seconds: number, each: { readonly heard: number; readonly silent: number }, channels = 1) {
  const measure = new SourceMeasure(channels, 0);
  for (let at = 1; at <= seconds; at += 1) {
    measure.tick({ heardSeconds: at * each.heard, silentSeconds: at * each.silent, unheardSeconds: 0 }, at);
  }
  return measure;
}

describe('the share of its time in which a source speaks', () => {
  test.each<[what: string, heard: number, silent: number, channels: number, share: number]>([
    ['all of it', 1, 0, 1, 1],
    ['a quarter', 1, 0.75, 1, 0.25],
    ['never', 1, 1, 1, 0],
    ['half, of two channels', 2, 1, 2, 0.5],
    ['a fifth, written only while somebody speaks', 0.2, 0, 1, 0.2],
    ['three quarters, written four times as fast as real time', 4, 1, 1, 0.75],
  ])('is %s', (_what, heard, silent, channels, share) => {
    expect(measured(120, { heard, silent }, channels).share(0.5, 120)).toBeCloseTo(share, 9);
  });

  test('is no number where the books are none', () => {
    expect(measured(120, { heard: Number.NaN, silent: 0 }).share(0.5, 120)).toBeNaN();
  });

  test('is that of the last minute', () => {
    const measure = new SourceMeasure(1, 0);
    for (let at = 1; at <= 200; at += 1) {
      measure.tick({ heardSeconds: at, silentSeconds: Math.min(at, 100), unheardSeconds: 0 }, at);
    }
    expect(measure.share(0, 200)).toBeCloseTo(1, 9);
  });

  test('is taken to be usual at first, and less and less', () => {
    const silent = (seconds: number) => measured(seconds, { heard: 1, silent: 1 });
    expect(silent(1).share(0.6, 1)).toBeCloseTo(0.54, 2);
    expect(silent(5).share(0.6, 5)).toBeCloseTo(0.3, 2);
    expect(silent(10).share(0.6, 10)).toBe(0);
    expect([silent(9).isKnown(9), silent(10).isKnown(10)]).toEqual([false, true]);
  });
});

test.each<[what: string, heard: number, unheard: number, isAhead: boolean]>([
  ['in real time', 1, 0.2, false],
  ['with two seconds kept back while it connected', 1, 2.5, false],
  ['as a file', 1, 30, true],
  ['as fast as it is heard', 3, 0, true],
])('a source that is written %s is ahead of the clock: %j %j %j', (_what, heard, unheard, isAhead) => {
  const measure = new SourceMeasure(1, 0);
  for (let at = 1; at <= 10; at += 1)
    measure.tick({ heardSeconds: at * heard, silentSeconds: 0, unheardSeconds: unheard }, at);
  expect(measure.isAhead(10)).toBe(isAhead);
  expect(measure.isAhead(100)).toBe(false);
});
