import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AgreedText, LocalAgreement } from '../../dist/session/local-agreement.js';

function agreedOn(hypotheses: readonly string[], language?: string): readonly [confirmed: string, tentative: string][] {
  const agreement = new LocalAgreement();
  return hypotheses.map((text) => {
    const { confirmed, tentative } = agreement.update(text, language);
    return [confirmed, tentative];
  });
}

describe('partial texts', () => {
  test.each<[what: string, hypotheses: readonly string[], texts: readonly (readonly [string, string])[]]>([
    ['are tentative at first', ['And so'], [['', 'And so']]],
    [
      'are confirmed as far as two in a row agree',
      [' And so my', ' And so my fellow', ' And so my fellow Americans'],
      [
        ['', 'And so my'],
        ['And so my', 'fellow'],
        ['And so my fellow', 'Americans'],
      ],
    ],
    [
      'agree whatever their case and punctuation; the newer spelling is taken',
      ['and so my, fellow', 'And so, my fellow!'],
      [
        ['', 'and so my, fellow'],
        ['And so, my fellow!', ''],
      ],
    ],
    [
      'stay as they were confirmed, however they are spelled later',
      ['And so', 'And so', 'and, so my'],
      [
        ['', 'And so'],
        ['And so', ''],
        ['And so', 'my'],
      ],
    ],
    [
      'stay confirmed when a later one contradicts',
      ['ask not what', 'ask not what', 'task knot who can', 'task knot who can'],
      [
        ['', 'ask not what'],
        ['ask not what', ''],
        ['ask not what', 'can'],
        ['ask not what can', ''],
      ],
    ],
    [
      'stay confirmed when a later one is shorter',
      ['ask not what', 'ask not what', 'ask', '', 'ask not what you'],
      [
        ['', 'ask not what'],
        ['ask not what', ''],
        ['ask not what', ''],
        ['ask not what', ''],
        ['ask not what', 'you'],
      ],
    ],
    [
      'do not agree in a word that was cut off',
      ['for your coun', 'for your country'],
      [
        ['', 'for your coun'],
        ['for your', 'country'],
      ],
    ],
    [
      'agree across marks that stand alone',
      ['well - yes', 'Well yes'],
      [
        ['', 'well - yes'],
        ['Well yes', ''],
      ],
    ],
    [
      'hold no words when they are marks alone',
      ['…', '… ♪'],
      [
        ['', ''],
        ['', ''],
      ],
    ],
  ])('%s', (_what, hypotheses, texts) => {
    expect(agreedOn(hypotheses, 'en')).toEqual(texts);
  });

  test.each<[language: string, hypotheses: readonly string[], texts: readonly (readonly [string, string])[]]>([
    [
      'ja',
      ['客観的実', '客観的実在の。', '客観的実在のABC DE'],
      [
        ['', '客観的実'],
        ['客観的実', '在の。'],
        ['客観的実在の', 'ABC DE'],
      ],
    ],
    [
      'th',
      ['สวัส', 'สวัสดี'],
      [
        ['', 'สวัส'],
        ['สวัส', 'ดี'],
      ],
    ],
  ])('agree by character in %s', (language, hypotheses, texts) => {
    expect(agreedOn(hypotheses, language)).toEqual(texts);
  });

  test('keep a space between characters, wherever it was confirmed', () => {
    expect(agreedOn(['ＡＢ', 'ＡＢ', 'ＡＢ Ｃ', 'ＡＢ Ｃ'], 'ja').at(-1)).toEqual(['ＡＢ Ｃ', '']);
  });

  test('begin anew with the next utterance', () => {
    const agreement = new LocalAgreement();
    agreement.update('one');
    agreement.update('one');
    agreement.reset();
    expect(agreement.update('one two')).toEqual({ confirmed: '', tentative: 'one two' });
  });
});

describe('whatever the hypotheses', () => {
  const hypothesis = (language: string) =>
    fc
      .array(fc.constantFrom('a', 'b', 'c', 'A,', 'b.', '–'), { maxLength: 8 })
      .map((units) => units.join(language === 'ja' ? '' : ' '));

  test.each(['en', 'ja'])('what is confirmed only grows, and nothing is said twice (%s)', (language) => {
    fc.assert(
      fc.property(fc.array(hypothesis(language), { maxLength: 12 }), (hypotheses) => {
        const agreement = new LocalAgreement();
        let before: AgreedText = { confirmed: '', tentative: '' };
        for (const text of hypotheses) {
          const now = agreement.update(text, language);
          expect(now.confirmed.startsWith(before.confirmed)).toBe(true);
          const count = (of: string) => of.match(/[a-z]/giu)?.length ?? 0;
          expect(count(now.confirmed) + count(now.tentative)).toBe(Math.max(count(before.confirmed), count(text)));
          before = now;
        }
      }),
      { numRuns: 500 },
    );
  });
});
