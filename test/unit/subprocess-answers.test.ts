import { describe, expect, test } from 'vitest';
import { answerOf } from '../../dist/provider/subprocess/answer-check.js';
import { LastWords } from '../../dist/provider/subprocess/last-words.js';
import { LineReader } from '../../dist/provider/subprocess/line-reader.js';
import { recognitionOf } from '../../dist/provider/subprocess/recognition-check.js';

const capabilities = {
  languages: ['en'],
  wordTimes: true,
  translate: false,
  abort: true,
  streaming: false,
  formats: ['f32le-16000-mono'],
};
const hello = { kind: 'hello', protocol: 1, provider: 'p', version: '1', backend: 'CPU', credit: 2 };

describe('an answer', () => {
  test.each([
    ['hello', hello, hello],
    [
      'opened, with nothing said of its loading',
      { kind: 'opened', id: 1, capabilities },
      { kind: 'opened', id: 1, capabilities, loading: [] },
    ],
    ['text', { kind: 'text', id: 1, text: 'so' }, { kind: 'text', id: 1, text: 'so' }],
    ['pong, with a field that nobody knows', { kind: 'pong', id: 1, mood: 'good' }, { kind: 'pong', id: 1 }],
    [
      'failed, with a code of ours',
      { kind: 'failed', id: 1, error: { code: 'ABORTED', message: 'm' } },
      { kind: 'failed', id: 1, code: 'ABORTED', message: 'm' },
    ],
    [
      'failed, with a code that only the host may say',
      { kind: 'failed', id: 1, error: { code: 'WORKER_DIED', message: 'm' } },
      { kind: 'failed', id: 1, code: undefined, message: 'm' },
    ],
  ])('of the kind %s is taken', (_, wire, checked) => {
    expect(answerOf(JSON.stringify(wire))).toEqual(checked);
  });

  test.each([
    ['is no JSON', '{"kind":"pong"', 'JSON'],
    ['holds NaN', '{"kind":"pong","id":NaN}', 'JSON'],
    ['has no kind', '{}', '`kind` is no text'],
    ['has no id', '{"kind":"pong"}', '`id` is no finite number'],
    ['has an unknown kind', '{"kind":"sung","id":1}', 'no answer is of the kind `sung`'],
    ['speaks another protocol', JSON.stringify({ ...hello, protocol: 2 }), 'it speaks protocol 2, not 1'],
    ['gives half a credit', JSON.stringify({ ...hello, credit: 0.5 }), '`credit` is no whole number from 1'],
    [
      'opens with other audio',
      JSON.stringify({ kind: 'opened', id: 1, capabilities: { ...capabilities, formats: [] } }),
      'lacks f32le-16000-mono',
    ],
    [
      'opens with a language that is a number',
      JSON.stringify({ kind: 'opened', id: 1, capabilities: { ...capabilities, languages: [1] } }),
      '`language` is no text',
    ],
    ['fails without an error', '{"kind":"failed","id":1}', '`error` is no object'],
  ])('that %s is refused', (_, line, says) => {
    expect(() => answerOf(line)).toThrow(says);
  });
});

describe('a recognition', () => {
  const segment = { startSeconds: 0.5, endSeconds: 1, text: ' so' };
  const least = { segments: [segment], language: 'en', decodeSeconds: 0.2 };
  const times = (wire: unknown) =>
    recognitionOf(wire, 2).segments.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);

  test('has its gaps filled in; null is a gap', () => {
    expect(recognitionOf({ ...least, temperature: null }, 2)).toEqual({
      segments: [{ ...segment, averageLogProbability: 0, compressionRatio: expect.any(Number) }],
      language: 'en',
      noSpeechProbability: 0,
      temperature: 0,
      encoderContext: 1500,
      decodeSeconds: 0.2,
    });
  });

  test('keeps all that was said', () => {
    const words = [{ text: 'so', startSeconds: 0.5, endSeconds: 0.9, probability: 0.9 }];
    const more = {
      languageProbability: 0.9,
      noSpeechProbability: 0.1,
      temperature: 0.2,
      encoderContext: 750,
      retriedBecause: 'loop',
    };
    const wire = { ...least, ...more, segments: [{ ...segment, averageLogProbability: -0.3, words }] };
    expect(recognitionOf(wire, 2)).toMatchObject(wire);
  });

  test.each([
    ['within the audio', [[-1, 9]], [[0, 2]]],
    ['with no end before its start', [[1, 0.5]], [[1, 1]]],
    [
      'in order',
      [
        [1, 1.5],
        [0.5, 0.7],
      ],
      [
        [1, 1.5],
        [1, 1],
      ],
    ],
    [
      'with overlaps as they are',
      [
        [0, 1.5],
        [1, 2],
      ],
      [
        [0, 1.5],
        [1, 2],
      ],
    ],
  ])('has its times held %s', (_, given, held) => {
    const segments = given.map(([startSeconds, endSeconds]) => ({ startSeconds, endSeconds, text: '' }));
    expect(times({ ...least, segments })).toEqual(held);
  });

  test('has the times of its words held, too', () => {
    const words = [
      { text: 'a', startSeconds: 1, endSeconds: 5, probability: 2 },
      { text: 'b', startSeconds: 0, endSeconds: 0.5, probability: -1 },
    ];
    expect(recognitionOf({ ...least, segments: [{ ...segment, words }] }, 2).segments[0]?.words).toEqual([
      { text: 'a', startSeconds: 1, endSeconds: 2, probability: 1 },
      { text: 'b', startSeconds: 1, endSeconds: 1, probability: 0 },
    ]);
  });

  test.each([
    ['nothing', null, '`recognition` is no object'],
    ['no segments', { ...least, segments: undefined }, '`segments` is no list'],
    ['a text that is none', { ...least, segments: [{ ...segment, text: 7 }] }, '`text` is no text'],
    [
      'a time that is a text',
      { ...least, segments: [{ ...segment, startSeconds: '0' }] },
      '`startSeconds` is no finite number',
    ],
    [
      'a word without a probability',
      { ...least, segments: [{ ...segment, words: [{ text: 'a', startSeconds: 0, endSeconds: 0 }] }] },
      '`probability`',
    ],
    ['a negative time of its own', { ...least, decodeSeconds: -1 }, '`decodeSeconds` is below 0'],
  ])('with %s is refused', (_, wire, says) => {
    expect(() => recognitionOf(wire, 2)).toThrow(says);
  });
});

describe('lines', () => {
  const linesOf = (reader: LineReader, ...parts: readonly Buffer[]) => parts.flatMap((part) => [...reader.push(part)]);

  test('are whole wherever the bytes were cut, within a character too', () => {
    const bytes = Buffer.from('één\n\ntwo\nthr');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const lines = linesOf(new LineReader(100), bytes.subarray(0, cut), bytes.subarray(cut));
      expect(lines).toEqual(['één', '', 'two']);
    }
  });

  test.each([
    ['of the limit are read', '12345\n', ['12345'], false],
    ['beyond the limit end the reading', 'ok\n123456\nmore\n', ['ok'], true],
    ['beyond the limit that have not ended do, too', '123456', [], true],
  ])('%s', (_, text, lines, isOverfull) => {
    const reader = new LineReader(5);
    expect(linesOf(reader, Buffer.from(text))).toEqual(lines);
    expect(reader.isOverfull).toBe(isOverfull);
    if (isOverfull) expect(linesOf(reader, Buffer.from('after\n'))).toEqual([]);
  });
});

test('last words are the last five lines, and short', () => {
  const words = new LastWords();
  expect(words.toString()).toBe('');
  for (let line = 0; line < 2000; line += 1) words.push(Buffer.from(`line ${line}\n\n`));
  expect(words.toString()).toBe('line 1995 | line 1996 | line 1997 | line 1998 | line 1999');
  words.push(Buffer.alloc(100_000, 'x'));
  expect(words.toString()).toBe('x'.repeat(600));
});
