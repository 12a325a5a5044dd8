import { describe, expect, test } from 'vitest';
import { type Loudness, loudnessOf, NoiseFloor } from '../../dist/provider/noise-floor.js';

/** Noise this loud, of full scale. */
function level(decibels: number, trebleDecibels = decibels): Loudness {
  return { power: 10 ** (decibels / 10), treble: 10 ** (trebleDecibels / 10) };
}

/** How many of these windows the network had to judge; it heard nothing in them. */
function judgedOf(floor: NoiseFloor, windows: readonly Loudness[], probability = 0.01): number {
  let judged = 0;
  for (const window of windows) {
    if (floor.skips(window)) continue;
    judged += 1;
    floor.judged(window, probability);
  }
  return judged;
}

const times = (count: number, ...windows: readonly Loudness[]) =>
  Array.from({ length: count }, (_, at) => windows[at % windows.length] ?? level(0));

function settledOn(...windows: readonly Loudness[]): NoiseFloor {
  const floor = new NoiseFloor();
  judgedOf(floor, times(94, ...windows));
  expect(floor.isAsleep).toBe(true);
  return floor;
}

describe('the network is not asked', () => {
  test('about digital silence, from the first window on', () => {
    expect(judgedOf(new NoiseFloor(), times(10_000, level(-100)))).toBe(0);
  });

  test('about even noise after 3 s of it, but for a moment every 10 s', () => {
    const judged = judgedOf(new NoiseFloor(), times(94 + 3 * (312 + 7), level(-60)));
    expect(judged).toBe(94 + 3 * 8);
  });

  test('about the last bit of a telephone code that comes and goes', () => {
    expect(judgedOf(new NoiseFloor(), times(194, level(-72), level(-140), level(-75)))).toBe(94);
  });

  test('about noise that grew louder, after 3 s of that', () => {
    const floor = settledOn(level(-60));
    expect(judgedOf(floor, times(200, level(-52)))).toBe(94);
  });

  test('about digital silence after speech, from half a second on', () => {
    const floor = new NoiseFloor();
    judgedOf(floor, times(50, level(-20)), 0.9);
    expect(judgedOf(floor, times(100, level(-120)))).toBe(16);
  });
});

describe('the network is asked', () => {
  test.each<[what: string, window: Loudness]>([
    ['louder by 2 dB', level(-58)],
    ['brighter by 2 dB, as speech over a hum is', level(-60, -58)],
  ])('about the first window that is %s, and from then on', (_what, window) => {
    const floor = settledOn(level(-60));
    expect(judgedOf(floor, [window, ...times(50, level(-60))])).toBe(51);
  });

  test.each<[what: string, windows: readonly Loudness[]]>([
    ['uneven noise', [level(-50), level(-60), level(-60)]],
    ['noise that is even in its power only', [level(-50), level(-50, -60), level(-50, -60)]],
    ['noise that is so loud that speech need not be louder', [level(-44)]],
  ])('about all of %s', (_what, windows) => {
    expect(judgedOf(new NoiseFloor(), times(500, ...windows))).toBe(500);
  });

  test('about all of a noise in which it hears something now and then', () => {
    const floor = new NoiseFloor();
    for (let round = 0; round < 10; round += 1) {
      expect(judgedOf(floor, times(93, level(-60)))).toBe(93);
      expect(judgedOf(floor, [level(-60)], 0.2)).toBe(1);
    }
  });
});

describe('the loudness of a window', () => {
  test('is not changed by an offset of the zero line', () => {
    const sound = Float32Array.from({ length: 512 }, (_, at) => 0.01 * Math.sin(at));
    const { power, treble } = loudnessOf(sound);
    const shifted = loudnessOf(sound.map((sample) => sample + 0.25));
    expect(shifted.power).toBeCloseTo(power, 8);
    expect(shifted.treble).toBeCloseTo(treble, 8);
    expect(power).toBeCloseTo(5e-5, 6);
  });

  test('of silence is zero, in a window of any length', () => {
    for (const length of [0, 1, 512]) expect(loudnessOf(new Float32Array(length))).toEqual({ power: 0, treble: 0 });
  });
});
