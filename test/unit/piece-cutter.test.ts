import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Piece, PieceCutter } from '../../dist/session/piece-cutter.js';

const sampleRate = 16_000;

/** Speech probabilities: each part goes on for some seconds at one level. */
type Part = readonly [seconds: number, probability: number];
const speech = (seconds: number): Part => [seconds, 0.9];
const silence = (seconds: number): Part => [seconds, 0.05];
const murmur = (seconds: number): Part => [seconds, 0.4];
const dip = (seconds: number): Part => [seconds, 0.5];

/** Windows of 10 ms, so that the tables read in round seconds. */
const roundWindow = 160;

function probabilitiesOf(parts: readonly Part[]): Float32Array {
  return Float32Array.from(
    parts.flatMap(([seconds, probability]) =>
      Array.from({ length: Math.round((seconds * sampleRate) / roundWindow) }, () => probability),
    ),
  );
}

function cutParts(parts: readonly Part[]): readonly Piece[] {
  const probabilities = probabilitiesOf(parts);
  const cutter = new PieceCutter(roundWindow, sampleRate);
  return [...cutter.push(probabilities), ...cutter.end(probabilities.length * roundWindow)];
}

const secondsOf = ({ startSample, endSample }: Pick<Piece, 'startSample' | 'endSample'>) => [
  startSample / sampleRate,
  endSample / sampleRate,
];

describe('pieces of a stream', () => {
  test.each<[what: string, parts: readonly Part[], pieces: readonly (readonly [number, number])[]]>([
    ['nothing gives none', [], []],
    ['silence gives none', [silence(60)], []],
    ['one utterance gets a margin on both sides', [silence(1), speech(2), silence(3)], [[0.65, 3.35]]],
    ['an utterance at once gets no margin before the input', [speech(2), silence(3)], [[0, 2.35]]],
    ['an utterance to the end gets no margin beyond it', [silence(1), speech(2)], [[0.65, 3]]],
    ['an utterance just before the end gets what is left', [silence(1), speech(2), silence(0.1)], [[0.65, 3.1]]],
    ['a breath does not split', [silence(1), speech(1), silence(0.25), speech(1), silence(3)], [[0.65, 3.6]]],
    ['a pause does not split either', [silence(1), speech(1), silence(1.9), speech(1), silence(3)], [[0.65, 5.25]]],
    [
      'a pause of 2 s splits',
      [silence(1), speech(1), silence(2), speech(1), silence(3)],
      [
        [0.65, 2.35],
        [3.65, 5.35],
      ],
    ],
    ['a click is dropped', [silence(1), speech(0.09), silence(3)], []],
    ['a click at the very end is dropped', [silence(1), speech(0.09)], []],
    ['many clicks are dropped', Array.from({ length: 200 }, () => [speech(0.05), silence(0.4)]).flat(), []],
    ['the shortest speech is kept', [silence(1), speech(0.1), silence(3)], [[0.65, 1.45]]],
    [
      'a click after speech does not lengthen it',
      [silence(1), speech(1), silence(1), speech(0.05), silence(4)],
      [[0.65, 2.35]],
    ],
    ['a murmur is no speech', [silence(1), murmur(5), silence(1)], []],
    ['nor is what is almost speech', [silence(1), [5, 0.49], silence(1)], []],
    ['speech may fall to a murmur and go on', [silence(1), speech(1), murmur(5), silence(3)], [[0.65, 7.35]]],
    [
      'more than 15 s is cut at its longest pause',
      [speech(4), silence(0.5), speech(4), silence(1), speech(4), silence(0.6), speech(4), silence(3)],
      [
        [0, 8.85],
        [9.15, 18.45],
      ],
    ],
    [
      'a pause in the first 5 s is too early for that',
      [speech(2), silence(1.9), speech(5), silence(0.8), speech(8), silence(3)],
      [
        [0, 9.25],
        [9.35, 18.05],
      ],
    ],
    [
      'an early pause is better than none',
      [speech(2), silence(1), speech(14), silence(3)],
      [
        [0, 2.35],
        [2.65, 17.35],
      ],
    ],
    [
      'neighbours share a short pause in halves',
      [speech(9), silence(0.4), speech(9), silence(3)],
      [
        [0, 9.2],
        [9.2, 18.75],
      ],
    ],
    [
      'neighbours leave the middle window of an odd pause out',
      [speech(9), silence(0.41), speech(9), silence(3)],
      [
        [0, 9.2],
        [9.21, 18.76],
      ],
    ],
    [
      'unbroken speech is cut at its quietest place',
      [speech(12), dip(0.03), speech(8), silence(3)],
      [
        [0, 12.01],
        [12.01, 20.38],
      ],
    ],
    [
      'the quietest place is looked for in the last 5 s before the cut',
      [speech(6), dip(0.03), speech(7), murmur(0.03), speech(8), silence(3)],
      [
        [0, 13.04],
        [13.04, 21.41],
      ],
    ],
    [
      'what little goes on after a cut is not taken for a click',
      [speech(14.24), dip(0.03), speech(0.05), silence(3)],
      [
        [0, 14.25],
        [14.25, 14.67],
      ],
    ],
  ])('%s', (_what, parts, pieces) => {
    expect(cutParts(parts).map(secondsOf)).toEqual(pieces);
  });

  test('name the speech in them, without breaths and clicks', () => {
    const parts = [
      silence(1),
      speech(1),
      silence(0.25),
      speech(1),
      silence(0.5),
      speech(0.05),
      silence(0.5),
      speech(2),
      silence(3),
    ];
    expect(cutParts(parts).map((piece) => piece.speech.map(secondsOf))).toEqual([
      [
        [1, 3.25],
        [4.3, 6.3],
      ],
    ]);
  });

  test('are given out as soon as a pause of 2 s is heard', () => {
    const cutter = new PieceCutter(roundWindow, sampleRate);
    expect(cutter.push(probabilitiesOf([speech(1), silence(1.99)]))).toEqual([]);
    expect(cutter.push(probabilitiesOf([silence(0.01)]))).toHaveLength(1);
    expect(cutter.end(3 * sampleRate)).toEqual([]);
  });

  test('are given out before 15 s of unbroken speech are over', () => {
    const cutter = new PieceCutter(roundWindow, sampleRate);
    const minute = cutter.push(probabilitiesOf([speech(60)]));
    expect(minute.length).toBeGreaterThanOrEqual(4);
    expect(cutter.neededFromSample).toBeGreaterThanOrEqual(45 * sampleRate);
  });
});

/** As Silero has them. */
const windowSamples = 512;
const windowsPerSecond = sampleRate / windowSamples;

/** What is heard, in runs of windows that repeat some levels, and how it comes in blocks. */
interface Heard {
  readonly runs: readonly { readonly windows: number; readonly levels: readonly number[] }[];
  readonly blockWindows: readonly number[];
  /** How much of the last window is audio. */
  readonly lastWindowSamples: number;
}

const anyLevel = fc.float({ min: 0, max: 1, noNaN: true });
const heard: fc.Arbitrary<Heard> = fc.record({
  runs: fc.oneof(
    // people talking
    fc
      .array(fc.tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 5, max: 80 })), { maxLength: 15 })
      .map((talk) =>
        talk.flatMap(([spoken, silent]) => [
          { windows: spoken, levels: [0.9] },
          { windows: silent, levels: [0] },
        ]),
      ),
    // speech without end, at changing levels
    fc.array(
      fc.record({
        windows: fc.integer({ min: 1, max: 300 }),
        levels: fc.constantFrom([0.9], [0.5], [0.4], [0.3, 0.6]),
      }),
      { maxLength: 10 },
    ),
    // anything
    fc.array(
      fc.record({
        windows: fc.integer({ min: 1, max: 500 }),
        levels: fc.oneof(fc.constantFrom([0], [0.9]), fc.array(anyLevel, { minLength: 1, maxLength: 40 })),
      }),
      { maxLength: 15 },
    ),
  ),
  blockWindows: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
  lastWindowSamples: fc.integer({ min: 1, max: windowSamples }),
});

function streamOf({ runs, lastWindowSamples }: Heard) {
  const probabilities = Float32Array.from(
    runs.flatMap(({ windows, levels }) => Array.from({ length: windows }, (_, at) => levels[at % levels.length] ?? 0)),
  );
  const isEmpty = probabilities.length === 0;
  const totalSamples = isEmpty ? 0 : (probabilities.length - 1) * windowSamples + lastWindowSamples;
  return { probabilities, totalSamples };
}

/** What the cutter said after a block: what was needed from then on, how much was heard, how many pieces were out. */
interface Mark {
  readonly neededFrom: number;
  readonly heardTo: number;
  readonly piecesOut: number;
}

function cutInBlocks(input: Heard, blockWindows: readonly number[] = input.blockWindows) {
  const { probabilities, totalSamples } = streamOf(input);
  const cutter = new PieceCutter(windowSamples, sampleRate);
  const pieces: Piece[] = [];
  const marks: Mark[] = [];
  for (let from = 0, block = 0; from < probabilities.length; block += 1) {
    const to = Math.min(from + (blockWindows[block % blockWindows.length] ?? 1), probabilities.length);
    pieces.push(...cutter.push(probabilities.subarray(from, to)));
    const heardTo = Math.min(to * windowSamples, totalSamples);
    marks.push({ neededFrom: cutter.neededFromSample, heardTo, piecesOut: pieces.length });
    from = to;
  }
  pieces.push(...cutter.end(totalSamples));
  return { pieces, marks, probabilities, totalSamples };
}

function everyInput(holds: (input: Heard) => void): void {
  fc.assert(fc.property(heard, holds), { numRuns: 300 });
}

/** Windows of speech, found without cutting: what lies above 0.5 in spans of 0.1 s or more that breaths do not end. */
function spokenWindows(probabilities: Float32Array): readonly number[] {
  const spoken: number[] = [];
  let at = 0;
  while (at < probabilities.length) {
    const start = at;
    if ((probabilities[at] ?? 0) < 0.5) {
      at += 1;
      continue;
    }
    let end = at;
    while (at < probabilities.length && at - end < 0.3 * windowsPerSecond) {
      if ((probabilities[at] ?? 0) >= 0.35) end = at + 1;
      at += 1;
    }
    if (end - start < 0.1 * windowsPerSecond) continue;
    for (let window = start; window < end; window += 1) if ((probabilities[window] ?? 0) >= 0.5) spoken.push(window);
  }
  return spoken;
}

describe('whatever is heard', () => {
  test('pieces come in order, do not overlap, stay below 15 s and inside the input', () => {
    everyInput((input) => {
      const { pieces, totalSamples } = cutInBlocks(input);
      let previousEnd = 0;
      for (const { startSample, endSample } of pieces) {
        expect(startSample).toBeGreaterThanOrEqual(previousEnd);
        expect(endSample).toBeGreaterThan(startSample);
        expect(endSample).toBeLessThanOrEqual(Math.min(totalSamples, startSample + 15 * sampleRate));
        previousEnd = endSample;
      }
    });
  });

  test('the speech of a piece is in order, inside it, and close to its ends', () => {
    everyInput((input) => {
      for (const piece of cutInBlocks(input).pieces) {
        let previousEnd = piece.startSample;
        for (const stretch of piece.speech) {
          expect(stretch.startSample).toBeGreaterThanOrEqual(previousEnd);
          expect(stretch.endSample).toBeGreaterThan(stretch.startSample);
          previousEnd = stretch.endSample;
        }
        expect(previousEnd).toBeLessThanOrEqual(piece.endSample);
        expect(piece.endSample - previousEnd).toBeLessThan(0.4 * sampleRate);
        expect((piece.speech[0]?.startSample ?? Number.NaN) - piece.startSample).toBeLessThan(0.4 * sampleRate);
      }
    });
  });

  test('every window of speech lies in a piece', () => {
    everyInput((input) => {
      const { pieces, probabilities, totalSamples } = cutInBlocks(input);
      const lost = spokenWindows(probabilities).filter((window) => {
        const startSample = window * windowSamples;
        const endSample = Math.min(startSample + windowSamples, totalSamples);
        return !pieces.some((piece) => piece.startSample <= startSample && endSample <= piece.endSample);
      });
      expect(lost).toEqual([]);
    });
  });

  test('the pieces are the same however the stream is split into blocks', () => {
    everyInput((input) => {
      expect(cutInBlocks(input).pieces).toEqual(cutInBlocks(input, [Number.POSITIVE_INFINITY]).pieces);
    });
  });

  test('audio that a later piece needs is never given up, and little more is kept', () => {
    everyInput((input) => {
      const { pieces, marks } = cutInBlocks(input);
      let previouslyNeededFrom = 0;
      for (const { neededFrom, heardTo, piecesOut } of marks) {
        for (const piece of pieces.slice(piecesOut)) expect(piece.startSample).toBeGreaterThanOrEqual(neededFrom);
        expect(neededFrom).toBeGreaterThanOrEqual(previouslyNeededFrom);
        // The longest piece, and the pause that would have ended it.
        expect(heardTo - neededFrom).toBeLessThan((15 + 2) * sampleRate);
        previouslyNeededFrom = neededFrom;
      }
    });
  });
});
