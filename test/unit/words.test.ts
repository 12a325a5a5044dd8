import { describe, expect, test } from 'vitest';
import type { NativeToken } from '../../dist/provider/addon.js';
import { separatesWords, wordsOf } from '../../dist/provider/words.js';

/** Tokens of one second each. */
function tokensOf(texts: readonly string[]): readonly NativeToken[] {
  return texts.map((text, at) => ({ text, probability: 1, startSeconds: at, endSeconds: at + 1 }));
}

describe('words', () => {
  test.each<[what: string, language: string, tokens: readonly string[], words: readonly string[]]>([
    ['begin with a space', 'en', [' And', ' so', ' my', ' fellow'], ['And', 'so', 'my', 'fellow']],
    ['are made of several tokens', 'en', [' fell', 'ow', ' Amer', 'icans'], ['fellow', 'Americans']],
    ['may begin without a space at the start', 'en', ['And', ' so'], ['And', 'so']],
    ['take the punctuation after them', 'en', [' Yes', ',', ' yes', '!', '?'], ['Yes,', 'yes!?']],
    ['take the dash after them', 'en', [' Well', ' –', ' no', ' ...'], ['Well –', 'no ...']],
    ['take a row of marks after them', 'en', [' wait', ' .', '.', '.', ' no'], ['wait ...', 'no']],
    ['keep their apostrophes', 'en', [' don', "'t", ' O', "'", 'Clock', ' dogs', "'"], ["don't", "O'Clock", "dogs'"]],
    ['keep their typographic apostrophes', 'en', [' it', '’s', ' rock', ' ’n', '’'], ['it’s', 'rock', '’n’']],
    ['keep their hyphens', 'en', [' ill', '-', 'dis', 'posed'], ['ill-disposed']],
    ['keep the marks inside a number', 'en', [' 3', '.', '5', ' 12', ',', '000'], ['3.5', '12,000']],
    ['take the mark that opens them', 'es', [' dijo', ' ¿', 'Qué', ' tal', '?'], ['dijo', '¿Qué', 'tal?']],
    ['take the sign before a number', 'en', [' for', ' $', '5', ' or', ' £', '6', '.'], ['for', '$5', 'or', '£6.']],
    ['take an opening quotation mark', 'en', [' said', ' "', 'No', '."', ' Then'], ['said', '"No."', 'Then']],
    ['are characters in Japanese', 'ja', ['客', '観', '的', '実在', 'の'], ['客', '観', '的', '実在', 'の']],
    [
      'take the punctuation after them in Japanese',
      'ja',
      ['ので', 'ある', '。', 'は', '、'],
      ['ので', 'ある。', 'は、'],
    ],
    ['are characters in Chinese', 'zh', ['你', '好', '，', '世界'], ['你', '好，', '世界']],
    ['are parted by spaces in Korean', 'ko', [' 그', '는', ' 걸', '어', '갔다', '.'], ['그는', '걸어갔다.']],
    ['are none in nothing', 'en', [], []],
    ['are none in white space', 'en', [' '], []],
    ['may be punctuation alone', 'en', ['...'], ['...']],
  ])('%s', (_what, language, tokens, words) => {
    expect(wordsOf(tokensOf(tokens), language).map((word) => word.text)).toEqual(words);
  });

  test('joined again are the text', () => {
    const tokens = [
      ' Well',
      ',',
      ' "',
      'O',
      "'",
      'Brien',
      '"',
      ' –',
      ' asks',
      ' ¿',
      'qué',
      '?',
      ' for',
      ' $',
      '5',
      '.',
    ];
    const words = wordsOf(tokensOf(tokens), 'en').map((word) => word.text);
    expect(words.join(' ')).toBe(tokens.join('').trim());
  });
});

describe('the time of a word', () => {
  test.each<[what: string, tokens: readonly string[], startSeconds: number, endSeconds: number]>([
    ['is that of its token', ['One'], 0, 1],
    ['reaches over its tokens', ['Amer', 'ic', 'ans'], 0, 3],
    ['leaves out the punctuation after it', ['Yes', '!', '?'], 0, 1],
    ['leaves out the mark before it', ['¿', 'Qué', '?'], 1, 2],
    ['counts the punctuation inside it', ['12', ',', '000', '.'], 0, 3],
    ['is that of the punctuation when there is nothing else', ['.', '.'], 0, 2],
  ])('%s', (_what, tokens, startSeconds, endSeconds) => {
    expect(wordsOf(tokensOf(tokens), 'en')).toEqual([
      { text: tokens.join(''), startSeconds, endSeconds, probability: 1 },
    ]);
  });

  test('is never of negative length', () => {
    const tokens = [
      { text: ' Amer', probability: 1, startSeconds: 4, endSeconds: 5 },
      { text: 'icans', probability: 1, startSeconds: 2, endSeconds: 3 },
    ];
    expect(wordsOf(tokens, 'en')).toEqual([{ text: 'Americans', startSeconds: 4, endSeconds: 4, probability: 1 }]);
  });
});

test('the probability of a word is the mean of its tokens', () => {
  const tokens = [0.9, 0.5, 0.4].map((probability, at) => ({
    text: ['fell', 'ow', ','][at] ?? '',
    probability,
    startSeconds: 0,
    endSeconds: 1,
  }));
  expect(wordsOf(tokens, 'en')[0]?.probability).toBeCloseTo(0.6, 9);
});

test.each([
  ['en', true],
  ['ko', true],
  ['ja', false],
  ['zh', false],
  ['yue', false],
  ['th', false],
])('%s separates words by spaces: %s', (language, separates) => {
  expect(separatesWords(language)).toBe(separates);
});
