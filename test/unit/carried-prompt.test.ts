import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CarriedFinal, CarriedPrompt } from '../../dist/session/carried-prompt.js';

function final(text: string, startSeconds = 0, more: Partial<CarriedFinal> = {}): CarriedFinal {
  return { text, language: 'en', startSeconds, endSeconds: startSeconds + 2, ...more };
}

function carried(finals: readonly CarriedFinal[], initial = '', carriedCharacters?: number): CarriedPrompt {
  const prompt = new CarriedPrompt(initial, { carriedCharacters });
  for (const each of finals) prompt.add(each);
  return prompt;
}

describe('the prompt of the next chunk', () => {
  test.each<[what: string, initial: string, finals: readonly CarriedFinal[], text: string]>([
    ['is what the user gave', 'Quilter, Lupin.', [], 'Quilter, Lupin.'],
    ['is nothing when there is nothing', '', [], ''],
    [
      'goes on with what was said',
      ' Quilter, Lupin. ',
      [final(' He came.'), final(' She left.', 2)],
      'Quilter, Lupin. He came. She left.',
    ],
    [
      'has no space where the language has none',
      '',
      [final('猫。', 0, { language: 'ja' }), final('犬。', 2, { language: 'ja' })],
      '猫。犬。',
    ],
    [
      'forgets what was said in another language',
      'Hm.',
      [final('He came.'), final('Sie ging.', 2, { language: 'de' })],
      'Hm. Sie ging.',
    ],
    ['forgets what was said before a long silence', 'Hm.', [final('He came.'), final('She left.', 7)], 'Hm. She left.'],
    ['remembers across a shorter one', 'Hm.', [final('He came.'), final('She left.', 6.9)], 'Hm. He came. She left.'],
    ['forgets a text that loops in itself', 'Hm.', [final('He came.'), final('I know that. '.repeat(20), 2)], 'Hm.'],
    [
      'forgets a text that is said again',
      'Hm.',
      [final('Call the doctor now.'), final('call the doctor, now', 2)],
      'Hm.',
    ],
    ['remembers a short one that is said again', '', [final('Yes.'), final('Yes.', 2)], 'Yes. Yes.'],
    [
      'goes on after it forgot',
      '',
      [final('Call the doctor now.'), final('Call the doctor now.', 2), final('He came.', 4)],
      'He came.',
    ],
  ])('%s', (_what, initial, finals, text) => {
    expect(carried(finals, initial).text).toBe(text);
  });

  test('carries nothing into speech after a long silence, even before its final is there', () => {
    const prompt = carried([final('He came.')], 'Hm.');
    expect(prompt.textAt(6.9)).toBe('Hm. He came.');
    expect(prompt.textAt(7)).toBe('Hm.');
    expect(prompt.text).toBe('Hm. He came.');
  });

  test('forgets when it is told to, and says why', () => {
    const prompt = carried([final('He came.')], 'Hm.');
    expect(prompt.forgottenBecause).toBeUndefined();
    prompt.forget('suppressed');
    expect(prompt.text).toBe('Hm.');
    expect(prompt.forgottenBecause).toBe('suppressed');
    prompt.add(final('Sie ging.', 2, { language: 'de' }));
    expect(prompt.forgottenBecause).toBe('language');
    prompt.add(final('Er kam.', 20, { language: 'de' }));
    expect(prompt.forgottenBecause).toBe('silence');
    prompt.add(final('Oh nein, oh nein. '.repeat(20), 22, { language: 'de' }));
    expect(prompt.forgottenBecause).toBe('repetition');
  });

  test('goes by what silence and length it was told', () => {
    const prompt = new CarriedPrompt('', { carriedCharacters: 0, silenceSeconds: 1 });
    prompt.add(final('He came.'));
    expect(prompt.text).toBe('');
    const short = new CarriedPrompt('', { silenceSeconds: 1 });
    short.add(final('He came.'));
    expect(short.textAt(3)).toBe('');
  });
});

/** No text that repeats itself. */
const row = (first: number) => String.fromCodePoint(...Array.from({ length: 30 }, (_, at) => first + at));
const letters = row(0x4e00);
const faces = row(0x1f600);

describe('what is carried', () => {
  test.each<[what: string, text: string, characters: number, tail: string]>([
    ['is cut where a sentence begins', 'He came. She left. They met in town.', 30, 'She left. They met in town.'],
    [
      'is cut where a word begins when a sentence would leave too little',
      'One two three four five six. Seven.',
      25,
      'four five six. Seven.',
    ],
    ['keeps a word that begins just there', 'one two three', 9, 'two three'],
    [
      'is cut at a full stop of a language without spaces',
      '猫が来た。犬も来た。鳥が鳴いた。',
      12,
      '犬も来た。鳥が鳴いた。',
    ],
    ['is cut anywhere in a text without spaces and full stops', letters, 10, letters.slice(-10)],
    ['is not cut in the middle of a character', faces, 5, faces.slice(-4)],
  ])('%s', (_what, text, characters, tail) => {
    expect(carried([final(text)], '', characters).text).toBe(tail);
  });

  test('is never longer than it may be, and always the end of what was said', () => {
    const words = fc.array(fc.constantFrom('he', 'came.', 'slowly', '猫。', '😀', 'counterrevolutionary'), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), fc.integer({ min: 0, max: 120 }), (texts, characters) => {
        const finals = texts.map((text, at) => final(text.join(' '), 2 * at));
        const { text } = carried(finals, '', characters);
        expect(text.length).toBeLessThanOrEqual(characters);
        expect(text).toBe(text.trim());
        expect(
          finals
            .map((each) => each.text)
            .filter((said) => said !== '')
            .join(' ')
            .endsWith(text),
        ).toBe(true);
      }),
    );
  });
});
