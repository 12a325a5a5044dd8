import { describe, expect, test } from 'vitest';
import { asidesIn, englishText, plainText } from '../../bench/normalise.mjs';
import { repetitions } from '../../bench/repetition.mjs';
import { characterErrors, editDistance, errorPercent, wordErrors } from '../../bench/wer.mjs';

describe('English text is normalised so that only what was heard counts', () => {
  test.each([
    ['case and punctuation', 'And so, my fellow Americans:', 'and so my fellow americans'],
    ['hyphens', 'ill-disposed', 'ill disposed'],
    ['titles', 'Mr. Quilter and Dr. No', 'mister quilter and doctor no'],
    ['contractions', "She can't; he won't, they're sure I'm late.", 'she can not he will not they are sure i am late'],
    ['curly apostrophes', 'don’t', 'do not'],
    ['an apostrophe set apart', "the neighbor 's house", 'the neighbor is house'],
    ['perfect tenses', "he's gone and she'd been", 'he has gone and she had been'],
    ['spelling', 'my neighbour', 'my neighbor'],
    ['hesitations', 'um, the, uh, end', 'the end'],
    ['asides', '[MUSIC] hello (laughs) <b>there', 'hello there'],
    ['digits with separators', '12,000 men', '12000 men'],
    ['number words', 'two hundred and five cats', '205 cats'],
    ['thousands', 'three thousand four hundred', '3400'],
    ['round thousands', 'one hundred twenty thousand', '120000'],
    ['numbers said apart', 'nineteen eighty four', '19 84'],
    ['digits read out', 'one two three', '1 2 3'],
    ['a joining word outside a number', 'one and all', '1 and all'],
    ['accents', 'café', 'cafe'],
    ['nothing', ' … ', ''],
  ])('%s', (_what, text, expected) => {
    expect(englishText(text)).toBe(expected);
  });
});

describe('text of other languages loses case, punctuation and symbols only', () => {
  test.each([
    ['Spanish', '¿Qué tal, Señor?', 'qué tal señor'],
    ['Japanese', '客観的実在の、判断的知識。', '客観的実在の 判断的知識'],
    ['Korean', '그는 [음악] 걸어갔다.', '그는 걸어갔다'],
    ['full-width letters', 'ＡＢＣ１', 'abc1'],
    ['voiced kana in two code points', 'か\u3099', 'が'],
  ])('%s', (_what, text, expected) => {
    expect(plainText(text)).toBe(expected);
  });
});

describe('edit distance', () => {
  test.each([
    ['equal', 'abc', 'abc', 0],
    ['a substitution', 'abc', 'axc', 1],
    ['an insertion', 'abc', 'abxc', 1],
    ['a deletion', 'abc', 'ac', 1],
    ['nothing heard', 'abc', '', 3],
    ['nothing said', '', 'abc', 3],
    ['the textbook pair', 'kitten', 'sitting', 3],
  ])('%s', (_what, reference, hypothesis, expected) => {
    expect(editDistance([...reference], [...hypothesis])).toBe(expected);
  });
});

describe('error rates', () => {
  test('words are counted after normalisation', () => {
    expect(wordErrors("Mr. Smith can't go.", 'mister smith can not come', 'en')).toEqual({ edits: 1, length: 5 });
  });

  test('characters are counted without the spaces between them', () => {
    expect(characterErrors('옆으로 걸어갔다.', '옆으로걸어갔다', 'ko')).toEqual({ edits: 0, length: 7 });
  });

  test('one wrong character of a Japanese clip is one character error and one whole word error', () => {
    const [reference, hypothesis] = ['知識が成立する。', '知識が整理する'];
    expect(characterErrors(reference, hypothesis, 'ja')).toEqual({ edits: 2, length: 7 });
    expect(wordErrors(reference, hypothesis, 'ja')).toEqual({ edits: 1, length: 1 });
  });

  test('a long clip weighs more than a short one', () => {
    const counts = [
      { edits: 1, length: 1 },
      { edits: 0, length: 99 },
    ];
    expect(errorPercent(counts)).toBe(1);
  });

  test('no reference at all is no error', () => {
    expect(errorPercent([])).toBe(0);
  });
});

describe('repetition', () => {
  const kennedy = 'Ask not what your country can do for you, ask what you can do for your country.';
  test.each([
    ['nothing said twice', 'She called his name. The dog ran.', 'She called his name. The dog ran.', 'en', []],
    ['figures of speech', kennedy, kennedy, 'en', []],
    ['a sentence', 'Come quickly.', 'Come quickly. Come quickly.', 'en', ['come quickly']],
    ['a sentence that was said twice', 'No. No.', 'No. No.', 'en', []],
    [
      'a phrase that broke off',
      "She saw a cat in the neighbor's house.",
      "She saw a cat in the She saw a cat in the neighbor's house.",
      'en',
      ['she saw a cat in the'],
    ],
    ['Japanese', '客観的実在の判断的知識', '客観的実在の判断的客観的実在の判断的知識', 'ja', ['客観的実在の判断的']],
  ])('%s', (_what, reference, hypothesis, language, expected) => {
    expect(repetitions(reference, hypothesis, language)).toEqual(expected);
  });
});

describe('stage directions', () => {
  test.each([
    ['[MUSIC]', ['[MUSIC]']],
    ['well (laughs) yes ♪♪', ['(laughs)', '♪♪']],
    ['A plain sentence.', []],
  ])('%s', (text, expected) => {
    expect(asidesIn(text)).toEqual(expected);
  });
});
