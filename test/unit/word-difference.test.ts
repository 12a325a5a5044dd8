import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wordDifference } from '../../dist/transcript/word-difference.js';

describe('the difference of two texts', () => {
  test.each([
    ['nothing and nothing', '', ' ', 0],
    ['the same', 'Ask not.', 'Ask not.', 0],
    ['case, punctuation and space', 'Ask not, what', 'ask NOT what', 0],
    ['one word of four', 'ask not what your', 'ask not what you', 0.25],
    ['a word too many', 'ask not', 'ask me not', 1 / 3],
    ['a text and none', 'ask not', '', 1],
    ['nothing in common', 'one two', 'three four five', 1],
    ['one character of a script without spaces', '今日は晴れ', '今日は雨れ', 0.2],
  ])('%s', (_, one, other, difference) => {
    expect(wordDifference(one, other)).toBeCloseTo(difference);
    expect(wordDifference(other, one)).toBeCloseTo(difference);
  });

  test('it is a distance: within 0 … 1, and 0 only for the same words', () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const difference = wordDifference(one.join(' '), other.join(' '));
        expect(difference).toBeGreaterThanOrEqual(0);
        expect(difference).toBeLessThanOrEqual(1);
        expect(difference === 0).toBe(one.join(' ') === other.join(' '));
      }),
    );
  });
});
