import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { formatTranscript, type TranscriptFormat, transcriptFormats } from '../../dist/transcript/format.js';
import { plainSegment } from '../../dist/transcript/plain-text.js';
import { formatTimestamp, toMilliseconds } from '../../dist/transcript/timestamp.js';
import type { Segment, Transcript, Word } from '../../dist/transcript/transcript.js';

type Spoken = readonly [startSeconds: number, endSeconds: number, text: string];

function segment([startSeconds, endSeconds, text]: Spoken, index: number): Segment {
  return {
    index,
    startSeconds,
    endSeconds,
    text,
    averageLogProbability: -0.123456789,
    noSpeechProbability: 0.0000123456,
    compressionRatio: 1.2345678,
    temperature: 0.2,
  };
}

function transcript(spoken: readonly Spoken[], changes: Partial<Transcript> = {}): Transcript {
  return {
    text: spoken.map(([, , text]) => text.trim()).join(' '),
    language: 'en',
    task: 'transcribe',
    durationSeconds: spoken.at(-1)?.[1] ?? 0,
    segments: spoken.map(segment),
    timings: {
      totalSeconds: 1,
      audioSeconds: 0,
      vadSeconds: 0,
      queueSeconds: 0,
      decodeSeconds: 1,
      rtf: 0.1,
      pieces: 1,
      retries: 0,
      encoderContext: 512,
    },
    used: {
      provider: 'whisper-cpp',
      model: 'base',
      variant: 'q8_0',
      modelPath: 'ggml-base-q8_0.bin',
      slots: 1,
      threadsPerSlot: 1,
      flashAttention: false,
    },
    ...changes,
  };
}

describe('a timestamp', () => {
  test.each<[string, number, string]>([
    ['starts at zero', 0, '00:00:00.000'],
    ['rounds to the nearest millisecond', 1.2344, '00:00:01.234'],
    ['rounds a half up', 0.0005, '00:00:00.001'],
    ['carries a rounded second into the minute', 59.9996, '00:01:00.000'],
    ['carries a rounded second into the hour', 3599.9999, '01:00:00.000'],
    ['stays below the carry when it rounds down', 59.9994, '00:00:59.999'],
    ['has hours', 3661.5, '01:01:01.500'],
    ['goes past 99 hours', 360_000.25, '100:00:00.250'],
    ['is never negative', -0.5, '00:00:00.000'],
    ['is exact where the binary fraction is not', 1.005, '00:00:01.005'],
  ])('%s', (_behaviour, seconds, expected) => {
    expect(formatTimestamp(toMilliseconds(seconds), '.')).toBe(expected);
  });
});

describe('subtitles', () => {
  test.each<[string, readonly Spoken[], string, string]>([
    ['are only a header when nothing was said', [], '', 'WEBVTT\n'],
    [
      'number their cues and separate them by a blank line',
      [
        [0, 1.5, ' Hello.'],
        [1.5, 59.9996, 'World.'],
      ],
      '1\n00:00:00,000 --> 00:00:01,500\nHello.\n\n2\n00:00:01,500 --> 00:01:00,000\nWorld.\n',
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello.\n\n00:00:01.500 --> 00:01:00.000\nWorld.\n',
    ],
    [
      'skip blank segments without a gap in the numbers',
      [
        [0, 1, 'One.'],
        [1, 2, ' \n\u3000'],
        [2, 3, 'Two.'],
      ],
      '1\n00:00:00,000 --> 00:00:01,000\nOne.\n\n2\n00:00:02,000 --> 00:00:03,000\nTwo.\n',
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne.\n\n00:00:02.000 --> 00:00:03.000\nTwo.\n',
    ],
    [
      'keep Japanese, Korean and characters beyond the basic plane whole',
      [
        [0, 1, '日本語のテスト。𠮟る'],
        [1, 2, '한국어 시험 👩‍👩‍👧'],
      ],
      '1\n00:00:00,000 --> 00:00:01,000\n日本語のテスト。𠮟る\n\n2\n00:00:01,000 --> 00:00:02,000\n한국어 시험 👩‍👩‍👧\n',
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n日本語のテスト。𠮟る\n\n00:00:01.000 --> 00:00:02.000\n한국어 시험 👩‍👩‍👧\n',
    ],
    [
      'take arrows, markup and blank lines out of the text',
      [[0, 1, 'a --> b ---> c\r\n\r\n<i>R&D</i>\u2028\u2028d']],
      '1\n00:00:00,000 --> 00:00:01,000\na -> b -> c\n<i>R&D</i>\nd\n',
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na --&gt; b ---&gt; c\n&lt;i&gt;R&amp;D&lt;/i&gt;\nd\n',
    ],
    [
      'give a segment of no length half a second',
      [[2, 2, 'Yes.']],
      '1\n00:00:02,000 --> 00:00:02,500\nYes.\n',
      'WEBVTT\n\n00:00:02.000 --> 00:00:02.500\nYes.\n',
    ],
    [
      'turn an inverted segment round at its start',
      [[2, 1, 'Yes.']],
      '1\n00:00:02,000 --> 00:00:02,500\nYes.\n',
      'WEBVTT\n\n00:00:02.000 --> 00:00:02.500\nYes.\n',
    ],
    [
      'end a cue where the next one begins',
      [
        [0, 5, 'One.'],
        [4, 6, 'Two.'],
      ],
      '1\n00:00:00,000 --> 00:00:04,000\nOne.\n\n2\n00:00:04,000 --> 00:00:06,000\nTwo.\n',
      'WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nOne.\n\n00:00:04.000 --> 00:00:06.000\nTwo.\n',
    ],
    [
      'show segments that begin together, or backwards, as one cue',
      [
        [3, 3, 'One.'],
        [3.0001, 5, 'Two.'],
        [2, 4, 'Three.'],
      ],
      '1\n00:00:03,000 --> 00:00:05,000\nOne.\nTwo.\nThree.\n',
      'WEBVTT\n\n00:00:03.000 --> 00:00:05.000\nOne.\nTwo.\nThree.\n',
    ],
  ])('%s', (_behaviour, spoken, expectedSrt, expectedVtt) => {
    expect(formatTranscript(transcript(spoken), 'srt')).toBe(expectedSrt);
    expect(formatTranscript(transcript(spoken), 'vtt')).toBe(expectedVtt);
  });
});

describe('plain text', () => {
  test.each<[string, readonly Spoken[], string]>([
    ['is empty when nothing was said', [], ''],
    [
      'is one line a segment',
      [
        [0, 1, ' One.'],
        [1, 2, '둘. '],
      ],
      'One.\n둘.\n',
    ],
    ['keeps a segment on its line', [[0, 1, 'One\r\n\r\ntwo\u2029three']], 'One two three\n'],
    [
      'skips blank segments',
      [
        [0, 1, '  '],
        [1, 2, 'a'],
      ],
      'a\n',
    ],
  ])('%s', (_behaviour, spoken, expected) => {
    const spokenTranscript = transcript(spoken);
    expect(formatTranscript(spokenTranscript, 'txt')).toBe(expected);
    expect(spokenTranscript.segments.map(plainSegment).join('')).toBe(expected);
  });
});

describe('json', () => {
  const word: Word = { text: '語', startSeconds: 0.1234567, endSeconds: 0.99951, probability: 0.9 };
  const spoken = transcript([[0.0449, 1.23456, '日本語 "𠮟"']], { language: 'ja', durationSeconds: 11.00006 });
  const names: Record<string, string> = { en: 'English', ja: 'Japanese' };
  const options = { languageName: (code: string) => names[code] ?? code };

  test('is the text alone, on one line', () => {
    expect(formatTranscript(spoken, 'json')).toBe('{"text":"日本語 \\"𠮟\\""}\n');
  });

  test('as verbose_json has the fields of OpenAI, in its order, with rounded numbers', () => {
    expect(formatTranscript(spoken, 'verbose_json', options)).toBe(
      '{"task":"transcribe","language":"japanese","duration":11,"text":"日本語 \\"𠮟\\"","segments":[{"id":0,"seek":4,' +
        '"start":0.045,"end":1.235,"text":"日本語 \\"𠮟\\"","tokens":[],"temperature":0.2,"avg_logprob":-0.123457,' +
        '"compression_ratio":1.234568,"no_speech_prob":0.000012}]}\n',
    );
  });

  test('as verbose_json has words only when the transcript has', () => {
    const withWords = JSON.parse(formatTranscript({ ...spoken, words: [word] }, 'verbose_json')) as object;
    expect(withWords).toMatchObject({ words: [{ word: '語', start: 0.123, end: 1 }] });
    expect(JSON.parse(formatTranscript(spoken, 'verbose_json'))).not.toHaveProperty('words');
    expect(JSON.parse(formatTranscript({ ...spoken, words: [] }, 'verbose_json'))).toHaveProperty('words', []);
  });

  test.each<[string, Partial<Transcript>, object, string]>([
    ['the code when no names are given', { language: 'ja' }, {}, 'ja'],
    ['the name in lower case', { language: 'ja' }, options, 'japanese'],
    ['English for a translation, as OpenAI does', { language: 'ja', task: 'translate' }, options, 'english'],
  ])('as verbose_json gives as language %s', (_behaviour, changes, given, language) => {
    const verbose = formatTranscript({ ...spoken, ...changes }, 'verbose_json', given);
    expect(JSON.parse(verbose)).toHaveProperty('language', language);
  });

  test('of an empty transcript has empty text and no segments', () => {
    const empty = transcript([]);
    expect(formatTranscript(empty, 'json')).toBe('{"text":""}\n');
    expect(formatTranscript(empty, 'verbose_json')).toBe(
      '{"task":"transcribe","language":"en","duration":0,"text":"","segments":[]}\n',
    );
  });
});

test.each(transcriptFormats)('the %s format survives UTF-8 and gives the same bytes twice', (format) => {
  const spoken = transcript([[0, 1, '한국어 𠮟 👩‍👩‍👧']]);
  const written = formatTranscript(spoken, format);
  expect(Buffer.from(written, 'utf8').toString('utf8')).toBe(written);
  expect(written).toContain('한국어 𠮟 👩‍👩‍👧');
  expect(formatTranscript(spoken, format)).toBe(written);
});

test('a format that does not exist is OPTION_INVALID', () => {
  const format = 'docx' as string as TranscriptFormat;
  expect(() => formatTranscript(transcript([]), format)).toThrow(
    expect.objectContaining({ constructor: EngineError, code: 'OPTION_INVALID' }),
  );
});
