import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Piece } from '../../dist/session/piece-cutter.js';
import { type Cut, type CutSettings, UtteranceCutter } from '../../dist/session/utterance-cutter.js';

const sampleRate = 16_000;

/** Speech probabilities: each part goes on for some seconds at one level. */
type Part = readonly [seconds: number, probability: number];
const speech = (seconds: number): Part => [seconds, 0.9];
const silence = (seconds: number): Part => [seconds, 0.05];
const murmur = (seconds: number): Part => [seconds, 0.4];
const dip = (seconds: number): Part => [seconds, 0.5];

const continuous: CutSettings = { chunkSeconds: Number.POSITIVE_INFINITY, hangoverSeconds: 0.6, preRollSeconds: 0.35 };
const within = (chunkSeconds: number): CutSettings => ({ ...continuous, chunkSeconds });

/** Windows of 10 ms, so that the tables read in round seconds. */
const roundWindow = 160;

function probabilitiesOf(parts: readonly Part[]): Float32Array {
  return Float32Array.from(
    parts.flatMap(([seconds, probability]) =>
      Array.from({ length: Math.round((seconds * sampleRate) / roundWindow) }, () => probability),
    ),
  );
}

type Named = [kind: string, ...seconds: number[]];

const seconds = (samples: number) => samples / sampleRate;

function named(cut: Cut): Named {
  switch (cut.kind) {
    case 'speech-start':
      return ['speech-start', seconds(cut.atSample)];
    case 'pause':
      return ['pause', seconds(cut.piece.startSample), seconds(cut.piece.endSample)];
    case 'utterance': {
      const kind = cut.isForced ? 'forced' : 'utterance';
      return [kind, seconds(cut.piece.startSample), seconds(cut.piece.endSample)];
    }
    default:
      return cut satisfies never;
  }
}

function cutterOf(parts: readonly Part[], settings = continuous) {
  const cutter = new UtteranceCutter(roundWindow, sampleRate);
  return { cutter, cuts: cutter.push(probabilitiesOf(parts), settings) };
}

function cutParts(parts: readonly Part[], settings = continuous): readonly Cut[] {
  const { cutter, cuts } = cutterOf(parts, settings);
  return [...cuts, ...cutter.end(probabilitiesOf(parts).length * roundWindow)];
}

const utterancesOf = (cuts: readonly Cut[]) => cuts.filter((cut) => cut.kind === 'utterance');
const speechOf = ({ speech: stretches }: Piece) =>
  stretches.map(({ startSample, endSample }) => [seconds(startSample), seconds(endSample)]);

describe('what is heard live', () => {
  test.each<[what: string, parts: readonly Part[], cuts: readonly Named[]]>([
    ['nothing gives nothing', [], []],
    ['silence gives nothing', [silence(60)], []],
    ['a click gives nothing', [silence(1), speech(0.09), silence(3)], []],
    ['a click at the very end gives nothing', [silence(1), speech(0.09)], []],
    ['a murmur alone gives nothing', [silence(1), murmur(5), silence(1)], []],
    [
      'an utterance gets its margins, and no more of a pause than half of what was waited for',
      [silence(1), speech(2), silence(3)],
      [
        ['speech-start', 1],
        ['pause', 0.65, 3.2],
        ['utterance', 0.65, 3.3],
      ],
    ],
    [
      'the shortest speech is kept',
      [silence(1), speech(0.1), silence(3)],
      [
        ['speech-start', 1],
        ['pause', 0.65, 1.3],
        ['utterance', 0.65, 1.4],
      ],
    ],
    [
      'speech at once has no pre-roll before the source',
      [speech(2), silence(3)],
      [
        ['speech-start', 0],
        ['pause', 0, 2.2],
        ['utterance', 0, 2.3],
      ],
    ],
    [
      'speech to the end is flushed',
      [silence(1), speech(2)],
      [
        ['speech-start', 1],
        ['utterance', 0.65, 3],
      ],
    ],
    [
      'silence to the end counts as margin',
      [silence(1), speech(2), silence(0.5)],
      [
        ['speech-start', 1],
        ['pause', 0.65, 3.2],
        ['utterance', 0.65, 3.35],
      ],
    ],
    [
      'a breath is no pause',
      [speech(1), silence(0.19), speech(1), silence(1)],
      [
        ['speech-start', 0],
        ['pause', 0, 2.39],
        ['utterance', 0, 2.49],
      ],
    ],
    [
      'each pause is said once',
      [speech(1), silence(0.5), speech(1), silence(0.5), speech(1), silence(3)],
      [
        ['speech-start', 0],
        ['pause', 0, 1.2],
        ['pause', 0, 2.7],
        ['pause', 0, 4.2],
        ['utterance', 0, 4.3],
      ],
    ],
    [
      'a click in a pause neither ends nor repeats it, and delays the end until it is known to be one',
      [speech(1), silence(0.5), speech(0.05), silence(3)],
      [
        ['speech-start', 0],
        ['pause', 0, 1.2],
        ['utterance', 0, 1.35],
      ],
    ],
    [
      'speech that begins just before the end of a pause goes on with the utterance',
      [speech(1), silence(0.58), speech(1), silence(3)],
      [
        ['speech-start', 0],
        ['pause', 0, 1.2],
        ['pause', 0, 2.78],
        ['utterance', 0, 2.88],
      ],
    ],
    [
      'the next utterance begins no earlier than the last one ended',
      [speech(1), silence(0.6), speech(1), silence(3)],
      [
        ['speech-start', 0],
        ['pause', 0, 1.2],
        ['utterance', 0, 1.3],
        ['speech-start', 1.6],
        ['pause', 1.3, 2.8],
        ['utterance', 1.3, 2.9],
      ],
    ],
    [
      'speech may fall to a murmur and go on',
      [silence(1), speech(1), murmur(3), silence(3)],
      [
        ['speech-start', 1],
        ['pause', 0.65, 5.2],
        ['utterance', 0.65, 5.3],
      ],
    ],
  ])('%s', (_what, parts, cuts) => {
    expect(cutParts(parts).map(named)).toEqual(cuts);
  });

  test('comes out as soon as it is certain', () => {
    const cutter = new UtteranceCutter(roundWindow, sampleRate);
    const hear = (...parts: Part[]) => cutter.push(probabilitiesOf(parts), continuous).map((cut) => cut.kind);
    expect(hear(silence(1), speech(0.09))).toEqual([]);
    expect(hear(speech(0.01))).toEqual(['speech-start']);
    expect(hear(speech(1), silence(0.19))).toEqual([]);
    expect(hear(silence(0.01))).toEqual(['pause']);
    expect(hear(silence(0.39))).toEqual([]);
    expect(hear(silence(0.01))).toEqual(['utterance']);
  });

  test('names the speech in it, without clicks', () => {
    const parts = [silence(1), speech(1), silence(0.25), speech(1), silence(0.4), speech(2), silence(3)];
    expect(utterancesOf(cutParts(parts)).map(({ piece }) => speechOf(piece))).toEqual([
      [
        [1, 3.25],
        [3.65, 5.65],
      ],
    ]);
  });

  test('has the pause and the margin of a hangover that is shorter', () => {
    const parts = [silence(1), speech(1), silence(3)];
    expect(cutParts(parts, { ...continuous, hangoverSeconds: 0.3 }).map(named)).toEqual([
      ['speech-start', 1],
      ['pause', 0.65, 2.15],
      ['utterance', 0.65, 2.15],
    ]);
    expect(cutParts(parts, { ...continuous, hangoverSeconds: 0.1 }).map(named)).toEqual([
      ['speech-start', 1],
      ['utterance', 0.65, 2.05],
    ]);
  });

  test('is open while it grows, up to what was heard last', () => {
    const { cutter } = cutterOf([silence(1), speech(0.05)]);
    const openNow = () => cutter.open && [seconds(cutter.open.startSample), seconds(cutter.open.endSample)];
    expect(openNow()).toBeUndefined();
    cutter.push(probabilitiesOf([speech(0.95)]), continuous);
    expect(openNow()).toEqual([0.65, 2]);
    cutter.push(probabilitiesOf([silence(0.1)]), continuous);
    expect(openNow()).toEqual([0.65, 2.1]);
    expect(cutter.open && speechOf(cutter.open)).toEqual([[1, 2]]);
    cutter.push(probabilitiesOf([silence(0.5)]), continuous);
    expect(openNow()).toBeUndefined();
  });

  test('is settled before the pre-roll of what may still become speech', () => {
    const { cutter } = cutterOf([silence(5)]);
    const settled: number[] = [];
    const note = (...parts: Part[]) => {
      cutter.push(probabilitiesOf(parts), continuous);
      settled.push(seconds(cutter.settledSample));
    };
    note(silence(0.01));
    note(speech(0.05));
    note(silence(0.29));
    note(silence(0.01));
    note(speech(2), silence(0.59));
    note(silence(0.01));
    note(silence(1));
    cutter.end(9.5 * sampleRate);
    expect([...settled, seconds(cutter.settledSample)]).toEqual([4.66, 4.66, 4.66, 5.01, 5.01, 7.66, 8.61, 9.5]);
  });
});

describe('an utterance at its limit', () => {
  test.each<[what: string, chunkSeconds: number, parts: readonly Part[], utterances: readonly Named[]]>([
    [
      'is cut in the middle of its longest pause',
      8,
      [speech(3), silence(0.3), speech(2), silence(0.5), speech(2), silence(0.4), speech(2), silence(3)],
      [
        ['forced', 0, 5.55],
        ['utterance', 5.55, 10.5],
      ],
    ],
    [
      'but not in a pause of its first third',
      8,
      [speech(2), silence(0.5), speech(3), silence(0.2), speech(4), silence(3)],
      [
        ['forced', 0, 5.6],
        ['utterance', 5.6, 10],
      ],
    ],
    [
      'is cut just before the quietest place of its second half when nobody pauses',
      4,
      [speech(1), dip(0.03), speech(2), dip(0.03), speech(2), silence(3)],
      [
        ['forced', 0, 2.98],
        ['utterance', 2.98, 5.36],
      ],
    ],
    [
      'counts from the pre-roll',
      4,
      [silence(1), speech(2.5), silence(0.2), speech(2), silence(3)],
      [
        ['forced', 0.65, 3.6],
        ['utterance', 3.6, 6],
      ],
    ],
    ['is not cut when it has ended just in time', 4, [speech(3.99), silence(3)], [['utterance', 0, 4.29]]],
    [
      'is cut again and again',
      2,
      [speech(1.5), silence(0.2), speech(1.5), silence(0.2), speech(1.5), silence(3)],
      [
        ['forced', 0, 1.6],
        ['forced', 1.6, 3.3],
        ['utterance', 3.3, 5.2],
      ],
    ],
    [
      'leaves the long silence out that a long hangover let in',
      Number.POSITIVE_INFINITY,
      [speech(8), silence(3), speech(8), silence(9)],
      [
        ['forced', 0, 8.35],
        ['utterance', 10.65, 19.35],
      ],
    ],
  ])('%s', (_what, chunkSeconds, parts, utterances) => {
    const settings = { ...within(chunkSeconds), hangoverSeconds: chunkSeconds === Number.POSITIVE_INFINITY ? 4 : 0.6 };
    expect(utterancesOf(cutParts(parts, settings)).map(named)).toEqual(utterances);
  });

  test('is one turn of speech however often it is cut', () => {
    const kinds = cutParts([silence(1), speech(60), silence(1)], within(2)).map((cut) => cut.kind);
    expect(kinds.filter((kind) => kind === 'speech-start')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'utterance').length).toBeGreaterThanOrEqual(30);
  });

  test('names the speech on either side of the cut', () => {
    const parts = [speech(1), silence(0.4), speech(2), silence(0.2), speech(2), silence(3)];
    expect(utterancesOf(cutParts(parts, within(4))).map(({ piece }) => speechOf(piece))).toEqual([
      [
        [0, 1],
        [1.4, 3.4],
      ],
      [[3.6, 5.6]],
    ]);
  });

  test('is cut at once when the limit shrinks, as often as it takes', () => {
    const { cutter } = cutterOf([speech(7)]);
    const cuts = cutter.push(probabilitiesOf([speech(0.01)]), within(2));
    expect(cuts.length).toBeGreaterThanOrEqual(3);
    expect(cuts).toMatchObject(cuts.map(() => ({ kind: 'utterance', isForced: true })));
    expect(cutter.open?.startSample).toBe(cutter.settledSample);
    expect(7 - seconds(cutter.settledSample)).toBeLessThan(2);
  });

  test('is not cut apart any more when its pause was announced', () => {
    const { cutter, cuts } = cutterOf([speech(7), silence(0.3)]);
    expect(cuts.map((cut) => cut.kind)).toEqual(['speech-start', 'pause']);
    const rest = cutter.push(probabilitiesOf([silence(1)]), within(2));
    expect(rest.map(named)).toEqual([['utterance', 0, 7.3]]);
  });

  test('grows on when the limit does', () => {
    const { cutter } = cutterOf([speech(3)], within(4));
    expect(cutter.push(probabilitiesOf([speech(4)]), within(8))).toEqual([]);
  });
});

/** As Silero has them. */
const windowSamples = 512;
const windowsPerSecond = sampleRate / windowSamples;

/** What is heard, in runs of windows that repeat some levels, how it comes in blocks, and how it is to be cut. */
interface Heard {
  readonly runs: readonly { readonly windows: number; readonly levels: readonly number[] }[];
  readonly blockWindows: readonly number[];
  /** How much of the last window is audio. */
  readonly lastWindowSamples: number;
  /** Each is in force for so many windows, the last one to the end. */
  readonly settings: readonly { readonly windows: number; readonly cut: CutSettings }[];
}

const anyLevel = fc.float({ min: 0, max: 1, noNaN: true });
const runs: fc.Arbitrary<Heard['runs']> = fc.oneof(
  // people talking
  fc.array(fc.tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 1, max: 60 })), { maxLength: 15 }).map((talk) =>
    talk.flatMap(([spoken, silent]) => [
      { windows: spoken, levels: [0.9] },
      { windows: silent, levels: [0] },
    ]),
  ),
  // speech without end, at changing levels
  fc.array(
    fc.record({ windows: fc.integer({ min: 1, max: 300 }), levels: fc.constantFrom([0.9], [0.5], [0.4], [0.3, 0.6]) }),
    { maxLength: 10 },
  ),
  // anything
  fc.array(
    fc.record({
      windows: fc.integer({ min: 1, max: 400 }),
      levels: fc.oneof(fc.constantFrom([0], [0.9]), fc.array(anyLevel, { minLength: 1, maxLength: 40 })),
    }),
    { maxLength: 12 },
  ),
);
const cutSettings: fc.Arbitrary<CutSettings> = fc.record({
  chunkSeconds: fc.constantFrom(1, 2, 4, 8, 15, Number.POSITIVE_INFINITY),
  hangoverSeconds: fc.constantFrom(0, 0.1, 0.3, 0.6, 0.6, 0.6, 1, 3),
  preRollSeconds: fc.constantFrom(0, 0.2, 0.35, 0.35, 0.5),
});
const steadySettings = cutSettings.map((cut) => [{ windows: 1, cut }]);
const changingSettings = fc.array(fc.record({ windows: fc.integer({ min: 1, max: 200 }), cut: cutSettings }), {
  minLength: 1,
  maxLength: 6,
});

const heardWith = (settings: fc.Arbitrary<Heard['settings']>): fc.Arbitrary<Heard> =>
  fc.record({
    runs,
    blockWindows: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
    lastWindowSamples: fc.integer({ min: 1, max: windowSamples }),
    settings,
  });

function streamOf({ runs: heardRuns, lastWindowSamples }: Heard) {
  const probabilities = Float32Array.from(
    heardRuns.flatMap(({ windows, levels }) =>
      Array.from({ length: windows }, (_, at) => levels[at % levels.length] ?? 0),
    ),
  );
  const isEmpty = probabilities.length === 0;
  const totalSamples = isEmpty ? 0 : (probabilities.length - 1) * windowSamples + lastWindowSamples;
  return { probabilities, totalSamples };
}

/** What the cutter said after a block. */
interface Mark {
  readonly settledSample: number;
  readonly heardTo: number;
  readonly cutsOut: number;
  readonly open: Piece | undefined;
}

function cutInBlocks(input: Heard, blockWindows: readonly number[] = input.blockWindows) {
  const { probabilities, totalSamples } = streamOf(input);
  const cutter = new UtteranceCutter(windowSamples, sampleRate);
  const cuts: Cut[] = [];
  const marks: Mark[] = [];
  let from = 0;
  let block = 0;
  for (const [at, { windows, cut }] of input.settings.entries()) {
    const settingsTo = at === input.settings.length - 1 ? probabilities.length : from + windows;
    while (from < Math.min(settingsTo, probabilities.length)) {
      const to = Math.min(from + (blockWindows[block % blockWindows.length] ?? 1), settingsTo, probabilities.length);
      cuts.push(...cutter.push(probabilities.subarray(from, to), cut));
      marks.push({
        settledSample: cutter.settledSample,
        heardTo: Math.min(to * windowSamples, totalSamples),
        cutsOut: cuts.length,
        open: cutter.open,
      });
      from = to;
      block += 1;
    }
  }
  cuts.push(...cutter.end(totalSamples));
  marks.push({ settledSample: cutter.settledSample, heardTo: totalSamples, cutsOut: cuts.length, open: cutter.open });
  return { cuts, marks, pieces: utterancesOf(cuts).map(({ piece }) => piece), probabilities, totalSamples };
}

function everyInput(holds: (input: Heard) => void, settings: fc.Arbitrary<Heard['settings']> = changingSettings): void {
  fc.assert(fc.property(heardWith(settings), holds), { numRuns: 300 });
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

describe('whatever is heard, and however the settings change', () => {
  test('utterances come in order, do not overlap, and lie inside the source', () => {
    everyInput((input) => {
      const { pieces, totalSamples } = cutInBlocks(input);
      let previousEnd = 0;
      for (const { startSample, endSample } of pieces) {
        expect(startSample).toBeGreaterThanOrEqual(previousEnd);
        expect(endSample).toBeGreaterThan(startSample);
        expect(endSample).toBeLessThanOrEqual(totalSamples);
        previousEnd = endSample;
      }
    });
  });

  test('the speech of an utterance is in order, inside it, and close to its ends', () => {
    everyInput((input) => {
      for (const piece of cutInBlocks(input).pieces) {
        expect(piece.speech).not.toEqual([]);
        let previousEnd = piece.startSample;
        for (const stretch of piece.speech) {
          expect(stretch.startSample).toBeGreaterThanOrEqual(previousEnd);
          expect(stretch.endSample).toBeGreaterThan(stretch.startSample);
          previousEnd = stretch.endSample;
        }
        expect(previousEnd).toBeLessThanOrEqual(piece.endSample);
        expect(piece.endSample - previousEnd).toBeLessThan(0.4 * sampleRate);
        expect((piece.speech[0]?.startSample ?? Number.NaN) - piece.startSample).toBeLessThan(0.55 * sampleRate);
      }
    });
  });

  test('everything is either in one utterance or silence, and no utterance begins in what was settled', () => {
    everyInput((input) => {
      const { cuts, marks, totalSamples } = cutInBlocks(input);
      let settled = 0;
      for (const { settledSample, heardTo, cutsOut, open } of marks) {
        expect(settledSample).toBeGreaterThanOrEqual(settled);
        expect(settledSample).toBeLessThanOrEqual(heardTo);
        for (const { piece } of utterancesOf(cuts.slice(0, cutsOut))) {
          expect(piece.endSample).toBeLessThanOrEqual(settledSample);
        }
        for (const { piece } of utterancesOf(cuts.slice(cutsOut))) {
          expect(piece.startSample).toBeGreaterThanOrEqual(settledSample);
        }
        if (open) expect(open.startSample).toBe(settledSample);
        settled = settledSample;
      }
      expect(settled).toBe(totalSamples);
    });
  });

  test('what was spoken is covered, as long as pauses are longer than breaths', () => {
    const asSpoken = cutSettings
      .filter(({ hangoverSeconds }) => hangoverSeconds >= 0.3)
      .map((cut) => [{ windows: 1, cut }]);
    everyInput((input) => {
      const { pieces, probabilities, totalSamples } = cutInBlocks(input);
      const lost = spokenWindows(probabilities).filter((window) => {
        const startSample = window * windowSamples;
        const endSample = Math.min(startSample + windowSamples, totalSamples);
        return !pieces.some((piece) => piece.startSample <= startSample && endSample <= piece.endSample);
      });
      expect(lost).toEqual([]);
    }, asSpoken);
  });

  test('an utterance is no longer than the limit and its last margin', () => {
    everyInput((input) => {
      const [first] = input.settings;
      const limitSamples = Math.min(first?.cut.chunkSeconds ?? 0, 15) * sampleRate;
      for (const { piece, isForced } of utterancesOf(cutInBlocks(input).cuts)) {
        const allowed = isForced ? limitSamples : limitSamples + 0.4 * sampleRate;
        expect(piece.endSample - piece.startSample).toBeLessThanOrEqual(allowed);
      }
    }, steadySettings);
  });

  test('a forced cut goes on in the next utterance, and leaves out only silence beyond the margins', () => {
    everyInput((input) => {
      const utterances = utterancesOf(cutInBlocks(input).cuts);
      for (const [at, { piece, isForced }] of utterances.entries()) {
        if (!isForced) continue;
        const next = utterances[at + 1]?.piece;
        expect(next).toBeDefined();
        if (!next || next.startSample === piece.endSample) continue;
        const before = piece.endSample - (piece.speech.at(-1)?.endSample ?? 0);
        const after = (next.speech[0]?.startSample ?? 0) - next.startSample;
        expect(Math.max(before, after)).toBeGreaterThanOrEqual(0.35 * sampleRate);
      }
    });
  });

  test('a start of speech is followed by an utterance that holds it, before the next start', () => {
    everyInput((input) => {
      const { cuts } = cutInBlocks(input);
      for (const [at, cut] of cuts.entries()) {
        if (cut.kind !== 'speech-start') continue;
        const next = cuts.slice(at + 1).find(({ kind }) => kind !== 'pause');
        expect(next?.kind === 'utterance' && next.piece.speech[0]?.startSample).toBe(cut.atSample);
      }
      // Whatever comes without a start of its own goes on after a forced cut.
      const turns = cuts.filter(({ kind }) => kind !== 'pause');
      for (const [at, cut] of turns.entries()) {
        if (cut.kind !== 'utterance') continue;
        const before = turns[at - 1];
        expect(before?.kind === 'speech-start' || (before?.kind === 'utterance' && before.isForced)).toBe(true);
      }
    });
  });

  test('a pause tells the utterance that follows, if nothing more is said', () => {
    everyInput((input) => {
      const { cuts } = cutInBlocks(input);
      for (const [at, cut] of cuts.entries()) {
        if (cut.kind !== 'pause') continue;
        const next = cuts[at + 1];
        const isSpeechOver = next?.kind === 'utterance' && !next.isForced;
        const later = next && next.kind !== 'speech-start' ? next.piece : undefined;
        if (!isSpeechOver || later?.speech.at(-1)?.endSample !== cut.piece.speech.at(-1)?.endSample) continue;
        expect(later?.startSample).toBe(cut.piece.startSample);
        expect(later?.speech).toEqual(cut.piece.speech);
        const moreSamples = (later?.endSample ?? Number.NaN) - cut.piece.endSample;
        // The window that the end of the source cuts short was heard as a whole.
        expect(moreSamples).toBeGreaterThan(-windowSamples);
        expect(moreSamples).toBeLessThanOrEqual(0.35 * sampleRate + windowSamples);
      }
    }, steadySettings);
  });

  test('the cuts are the same however the stream is split into blocks', () => {
    everyInput((input) => {
      expect(cutInBlocks(input).cuts).toEqual(cutInBlocks(input, [1]).cuts);
    });
  });
});
