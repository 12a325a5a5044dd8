import { describe, expect, test } from 'vitest';
import type { NativeSegment } from '../../dist/provider/addon.js';
import { compressionRatio, doubt, withoutInventedTail, withoutRepetitions } from '../../dist/provider/plausibility.js';

type Said = readonly [startSeconds: number, endSeconds: number, text: string];

function segmentOf([startSeconds, endSeconds, text]: Said, averageLogProbability = -0.2): NativeSegment {
  const tokens = text
    .split(/(?= )/)
    .filter((word) => word !== '')
    .map((word) => ({ text: word, probability: 1, startSeconds, endSeconds }));
  return { startSeconds, endSeconds, text, averageLogProbability, tokens };
}

const segmentsOf = (said: readonly Said[]) => said.map((one) => segmentOf(one));
const textsOf = (segments: readonly NativeSegment[]) => segments.map((segment) => segment.text.trim());

const bell = 'When you hear the bell, come quickly.';
const cat = 'She saw a cat in the neighbor’s house.';
const salt = 'Add salt before you fry the egg.';
const plenty = 100;

describe('a text is doubted', () => {
  test('not when it is empty and nobody speaks', () => {
    expect(doubt({ segments: [], looped: false, noSpeechProbability: 0.66 }, plenty)).toBeUndefined();
  });

  test.each<[why: string, said: readonly Said[], tokenLimit: number, expected: string | undefined]>([
    ['never when it is ordinary', [[0, 3, ` ${bell}`]], plenty, undefined],
    ['when it is empty though somebody speaks', [], plenty, 'no text'],
    ['for as many tokens as the limit', [[0, 3, ' one two three four']], 4, 'token limit'],
    [
      'for so many tokens in all its segments',
      [
        [0, 1, ' one two'],
        [1, 2, ' three four'],
      ],
      4,
      'token limit',
    ],
    ['not for fewer', [[0, 3, ' one two three']], 4, undefined],
    ['for a phrase that goes round', [[0, 9, ' and the cat'.repeat(20)]], plenty, 'compression ratio'],
    [
      'for going round over segments',
      Array.from({ length: 20 }, (_, at): Said => [at, at + 1, ' the cat']),
      plenty,
      'compression ratio',
    ],
    [
      'for a repeated sentence at 2.00–4.00 of 3.04',
      [
        [0, 2, ` ${bell}`],
        [2, 4, ` ${bell}`],
      ],
      plenty,
      'repeated segment',
    ],
    [
      'for a sentence that is said three times',
      [
        [0, 2, ` ${cat}`],
        [2, 4, ` ${cat}`],
        [4, 6, ` ${cat}`],
      ],
      plenty,
      'repeated segment',
    ],
    [
      'for a sentence that is repeated with other marks and letters',
      [
        [0, 2, ` ${bell}`],
        [2, 4, ' when you hear the bell: come quickly'],
      ],
      plenty,
      'repeated segment',
    ],
    [
      'not for an answer that is given twice',
      [
        [0, 1, ' Yes.'],
        [1, 2, ' Yes.'],
      ],
      plenty,
      undefined,
    ],
    [
      'not for a sentence that comes back after another',
      [
        [0, 2, ` ${bell}`],
        [2, 4, ` ${cat}`],
        [4, 6, ` ${bell}`],
      ],
      plenty,
      undefined,
    ],
  ])('%s', (_why, said, tokenLimit, expected) => {
    expect(doubt({ segments: segmentsOf(said), looped: false, noSpeechProbability: 0 }, tokenLimit)).toBe(expected);
  });

  test('for a loop that the decoder has stopped, before all else', () => {
    expect(doubt({ segments: [], looped: true, noSpeechProbability: 0 }, plenty)).toBe('loop');
    expect(doubt({ segments: segmentsOf([[0, 9, ' one two']]), looped: true, noSpeechProbability: 0 }, 1)).toBe('loop');
  });

  test.each<[why: string, probabilities: readonly (readonly [text: string, average: number])[], isDoubted: boolean]>([
    ['when its tokens are improbable', [[' one two', -1.01]], true],
    ['not when they are just probable enough', [[' one two', -1]], false],
    [
      'when most of its tokens are improbable',
      [
        [' one two three four', -1.5],
        [' five', -0.1],
      ],
      true,
    ],
    [
      'not when few of them are',
      [
        [' one', -2],
        [' two three four five', -0.1],
      ],
      false,
    ],
  ])('%s', (_why, probabilities, isDoubted) => {
    const segments = probabilities.map(([text, average], at) => segmentOf([at, at + 1, text], average));
    expect(doubt({ segments, looped: false, noSpeechProbability: 0 }, plenty)).toBe(
      isDoubted ? 'log probability' : undefined,
    );
  });
});

describe('what was invented after the speech is left out', () => {
  test.each<[what: string, said: readonly Said[], speechEndSeconds: number, kept: readonly string[]]>([
    [
      '[BLANK_AUDIO] at 9.00–19.00 of 9.50, of which the last second is silent',
      [
        [0, 9, ` ${cat}`],
        [9, 19, ' [BLANK_AUDIO]'],
      ],
      8.5,
      [cat],
    ],
    [
      '[music] at 10.00–14.00 of 10.31, of which the last second is silent',
      [
        [0, 10, ` ${cat}`],
        [10, 14, ' [music]'],
      ],
      9.31,
      [cat],
    ],
    [
      'a sentence said again when the speech is over',
      [
        [0, 2, ` ${bell}`],
        [2, 4, ` ${bell}`],
      ],
      1.6,
      [bell],
    ],
    [
      'a sentence said again in the breath that is left',
      [
        [0, 2.8, ` ${salt} ${cat}`],
        [2.8, 4, ` ${salt} ${cat}`],
      ],
      3,
      [`${salt} ${cat}`],
    ],
    [
      'but not an honest last sentence at 7.00–12.00 of 10.04',
      [
        [0, 7, ` ${cat}`],
        [7, 12, ` ${bell}`],
      ],
      9.69,
      [cat, bell],
    ],
    [
      'but not a last word that begins as the speech ends',
      [
        [0, 5, ` ${cat}`],
        [5.2, 5.6, ' Yes.'],
      ],
      5,
      [cat, 'Yes.'],
    ],
    [
      'but not a sentence that comes twice, with time for it',
      [
        [0, 2, ` ${bell}`],
        [2, 4, ` ${bell}`],
      ],
      4,
      [bell, bell],
    ],
    [
      'but not an answer given twice at the end',
      [
        [0, 1, ' Yes.'],
        [1, 1.2, ' Yes.'],
      ],
      1.2,
      ['Yes.', 'Yes.'],
    ],
    ['but never the only text there is', [[3, 5, ` ${salt}`]], 1, [salt]],
    ['where there is nothing at all', [], 1, []],
  ])('%s', (_what, said, speechEndSeconds, kept) => {
    expect(textsOf(withoutInventedTail(segmentsOf(said), speechEndSeconds))).toEqual(kept);
  });
});

describe('immediate repetitions are left out', () => {
  test.each<[what: string, texts: readonly string[], kept: readonly string[]]>([
    ['of a sentence', [bell, bell], [bell]],
    ['however many', [cat, cat, cat, bell, bell], [cat, bell]],
    ['whatever the marks and letters', [bell, bell.toUpperCase(), 'When you hear the bell. Come quickly'], [bell]],
    [
      'in Japanese',
      ['客観的実在の判断的知識が整理する。', '客観的実在の判断的知識が整理する'],
      ['客観的実在の判断的知識が整理する。'],
    ],
    ['but not short answers', ['Yes.', 'Yes.', 'Yes.'], ['Yes.', 'Yes.', 'Yes.']],
    ['but not what comes back later', [bell, cat, bell], [bell, cat, bell]],
    [
      'but not numbers that differ',
      ['Take the number 41.', 'Take the number 42.'],
      ['Take the number 41.', 'Take the number 42.'],
    ],
  ])('%s', (_what, texts, kept) => {
    const segments = segmentsOf(texts.map((text, at): Said => [at, at + 1, ` ${text}`]));
    expect(textsOf(withoutRepetitions(segments))).toEqual(kept);
  });
});

describe('the compression ratio', () => {
  test('of no text is 0', () => expect(compressionRatio('')).toBe(0));
  test('of a sentence is about 1', () => expect(compressionRatio(bell)).toBeLessThan(1.1));
  test('grows with repetition', () => {
    const ratios = [1, 2, 4, 8, 16].map((times) => compressionRatio(`${bell} `.repeat(times)));
    expect(ratios).toEqual(ratios.toSorted((one, other) => one - other));
    expect(ratios.at(-1)).toBeGreaterThan(2.4);
  });
});
