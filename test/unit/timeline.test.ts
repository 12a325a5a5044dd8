import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecognisedSegment, Recognition } from '../../dist/provider/recognition.js';
import { type Place, Timeline } from '../../dist/session/timeline.js';
import type { Word } from '../../dist/transcript/transcript.js';

type Said = readonly [startSeconds: number, endSeconds: number, text: string, words?: readonly Word[]];

function recognitionOf(said: readonly Said[], language = 'en'): Recognition {
  const segments = said.map(
    ([startSeconds, endSeconds, text, words]): RecognisedSegment => ({
      startSeconds,
      endSeconds,
      text,
      averageLogProbability: -0.25,
      compressionRatio: 1.5,
      ...(words && { words }),
    }),
  );
  return {
    segments,
    language,
    noSpeechProbability: 0.125,
    temperature: 0.2,
    encoderContext: 512,
    decodeSeconds: 1,
  };
}

function placeOf(startSeconds: number, endSeconds: number, speech: readonly (readonly [number, number])[] = []): Place {
  return { startSeconds, endSeconds, speech: speech.map(([from, to]) => ({ startSeconds: from, endSeconds: to })) };
}

const word = (startSeconds: number, endSeconds: number): Word => ({
  text: 'word',
  startSeconds,
  endSeconds,
  probability: 1,
});

describe('the times of segments', () => {
  test.each<[what: string, said: readonly Said[], times: readonly (readonly [number, number])[]]>([
    ['count from the start of the input', [[0.5, 2, ' One.']], [[10.5, 12]]],
    [
      'follow each other',
      [
        [0, 2, ' One.'],
        [2, 4, ' Two.'],
      ],
      [
        [10, 12],
        [12, 14],
      ],
    ],
    ['end with the piece', [[3, 9, ' One.']], [[13, 15]]],
    ['begin with the piece', [[-1, 2, ' One.']], [[10, 12]]],
    [
      'do not run backwards',
      [
        [0, 3, ' One.'],
        [2, 4, ' Two.'],
      ],
      [
        [10, 13],
        [13, 14],
      ],
    ],
    [
      'stand still where the model goes back all the way',
      [
        [0, 3, ' One.'],
        [1, 2, ' Two.'],
      ],
      [
        [10, 13],
        [13, 13],
      ],
    ],
    ['are never of negative length', [[3, 1, ' One.']], [[13, 13]]],
    [
      'leave out what is empty',
      [
        [0, 1, ' '],
        [1, 2, ' One.'],
        [2, 3, ''],
      ],
      [[11, 12]],
    ],
    ['are none where nothing was said', [], []],
  ])('%s', (_what, said, times) => {
    const added = new Timeline().add(recognitionOf(said), placeOf(10, 15));
    expect(added.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual(times);
  });

  test('never run backwards, whatever the model says', () => {
    const time = fc.double({ min: -40, max: 40, noNaN: true });
    const pieces = fc.array(
      fc.record({
        gapSeconds: fc.double({ min: 0, max: 5, noNaN: true }),
        lengthSeconds: fc.double({ min: 0.1, max: 15, noNaN: true }),
        said: fc.array(fc.tuple(time, time), { maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(pieces, (given) => {
        const timeline = new Timeline();
        let endSeconds = 0;
        for (const { gapSeconds, lengthSeconds, said } of given) {
          const place = placeOf(endSeconds + gapSeconds, endSeconds + gapSeconds + lengthSeconds);
          endSeconds = place.endSeconds;
          const added = timeline.add(recognitionOf(said.map(([from, to]) => [from, to, ' Hm.'])), place);
          for (const segment of added) {
            expect(segment.startSeconds).toBeGreaterThanOrEqual(place.startSeconds);
            expect(segment.endSeconds).toBeLessThanOrEqual(place.endSeconds);
          }
        }
        let previousEnd = 0;
        for (const [at, segment] of timeline.segments.entries()) {
          expect(segment.index).toBe(at);
          expect(segment.startSeconds).toBeGreaterThanOrEqual(previousEnd);
          expect(segment.endSeconds).toBeGreaterThanOrEqual(segment.startSeconds);
          previousEnd = segment.endSeconds;
        }
      }),
    );
  });
});

describe('the text of all pieces', () => {
  test.each<[what: string, language: string, pieces: readonly (readonly string[])[], text: string]>([
    ['is joined by the spaces of the model', 'en', [[' One.', ' Two.'], [' Three.']], 'One. Two. Three.'],
    ['gets the spaces that are missing', 'en', [['One.', ' Two.'], ['Three.']], 'One. Two. Three.'],
    ['has no spaces in Japanese', 'ja', [['一つ。', '二つ。'], ['三つ。']], '一つ。二つ。三つ。'],
    ['keeps the spaces of a Japanese text', 'ja', [['一つ'], [' 二つ']], '一つ 二つ'],
    ['has spaces in Korean', 'ko', [[' 하나.'], ['둘.']], '하나. 둘.'],
    ['leaves out what is empty', 'en', [[' One.', ' '], [''], [' Two.']], 'One. Two.'],
    ['is empty when nothing was said', 'en', [[], [' ']], ''],
  ])('%s', (_what, language, pieces, text) => {
    const timeline = new Timeline();
    pieces.forEach((texts, at) => {
      const said = texts.map((spoken, index): Said => [index, index + 1, spoken]);
      timeline.add(recognitionOf(said, language), placeOf(10 * at, 10 * at + 5));
    });
    expect(timeline.text).toBe(text);
  });
});

describe('a segment', () => {
  test('has its trimmed text, its number and what the model thought of it', () => {
    const timeline = new Timeline();
    timeline.add(recognitionOf([[0, 1, ' One. ']]), placeOf(0, 5));
    const added = timeline.add(recognitionOf([[0, 1, ' Two. ']]), placeOf(5, 10));
    expect(added).toEqual([
      {
        index: 1,
        startSeconds: 5,
        endSeconds: 6,
        text: 'Two.',
        averageLogProbability: -0.25,
        noSpeechProbability: 0.125,
        compressionRatio: 1.5,
        temperature: 0.2,
      },
    ]);
    expect(timeline.segments).toHaveLength(2);
    expect(timeline.segments[1]).toBe(added[0]);
  });

  test('has words only when there are some, and the timeline has all of them', () => {
    const timeline = new Timeline();
    const [without] = timeline.add(recognitionOf([[0, 1, ' One.']]), placeOf(0, 5));
    const [withWords] = timeline.add(recognitionOf([[0, 1, ' word', [word(0, 1)]]]), placeOf(5, 10));
    expect(without).not.toHaveProperty('words');
    expect(withWords?.words).toEqual([word(5, 6)]);
    expect(timeline.words).toEqual(withWords?.words);
  });
});

describe('a word in a piece from 10 s to 20 s, with speech from 11 s to 14 s and from 16 s to 19 s', () => {
  const place = placeOf(10, 20, [
    [11, 14],
    [16, 19],
  ]);

  test.each<[what: string, said: readonly [number, number], placed: readonly [number, number]]>([
    ['inside speech stays where it is', [2, 3], [12, 13]],
    ['that begins in the pause begins with the speech after it', [4.5, 7], [15.9, 17]],
    ['that reaches over the pause belongs to the speech in which it ends', [3.5, 6.5], [15.9, 16.5]],
    ['that ends in the pause ends with the speech before it', [3, 5], [13, 14.1]],
    ['that lies in the pause altogether keeps its place', [4.5, 5], [14.5, 14.5]],
    ['that begins before all speech begins with it', [0, 2], [10.9, 12]],
    ['that ends after all speech ends with it', [8, 10], [18, 19.1]],
    ['beyond the piece ends with the speech', [8, 14], [18, 19.1]],
    ['of no length has none', [3, 3], [13, 13]],
  ])('%s', (_what, [from, to], [startSeconds, endSeconds]) => {
    const timeline = new Timeline();
    timeline.add(recognitionOf([[0, 10, ' word', [word(from, to)]]]), place);
    expect(timeline.words).toHaveLength(1);
    expect(timeline.words[0]?.startSeconds).toBeCloseTo(startSeconds, 9);
    expect(timeline.words[0]?.endSeconds).toBeCloseTo(endSeconds, 9);
  });

  test('ends no earlier than it begins and stays in the piece, wherever the model puts it', () => {
    const time = fc.double({ min: -5, max: 25, noNaN: true });
    fc.assert(
      fc.property(time, fc.double({ min: 0, max: 10, noNaN: true }), (from, lengthSeconds) => {
        const timeline = new Timeline();
        timeline.add(recognitionOf([[0, 10, ' word', [word(from, from + lengthSeconds)]]]), place);
        const [placed] = timeline.words;
        expect(placed?.startSeconds).toBeGreaterThanOrEqual(place.startSeconds);
        expect(placed?.endSeconds).toBeGreaterThanOrEqual(placed?.startSeconds ?? Number.NaN);
        expect(placed?.endSeconds).toBeLessThanOrEqual(place.endSeconds);
      }),
    );
  });
});
