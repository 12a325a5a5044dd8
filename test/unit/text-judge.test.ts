import { describe, expect, test } from 'vitest';
import type { RecognisedSegment, Recognition } from '../../dist/provider/recognition.js';
import { judge } from '../../dist/session/text-judge.js';
import { recognitionOf } from './scripted-slots.js';

/** What the model says about a text. */
interface Evidence {
  readonly logProbability?: number;
  readonly noSpeech?: number;
  readonly temperature?: number;
}

function said(text: string, { logProbability = -0.2, noSpeech = 0, temperature = 0 }: Evidence = {}): Recognition {
  const segment: RecognisedSegment = {
    startSeconds: 0,
    endSeconds: 1,
    text,
    averageLogProbability: logProbability,
    compressionRatio: 1,
  };
  return recognitionOf(text, { segments: [segment], noSpeechProbability: noSpeech, temperature });
}

describe('a text is kept', () => {
  test.each<[what: string, text: string, speechSeconds: number, evidence?: Evidence]>([
    ['when the model is sure', ' Ask not what your country can do for you.', 2.5],
    ['when the model takes it for no speech but is sure of the words', ' Ask not what.', 1, { noSpeech: 0.9 }],
    ['when the model is unsure of the words but hears speech', ' Mr. Quilter.', 0.8, { logProbability: -0.98 }],
    ['when it came only at a higher temperature', ' One more coffee.', 2, { temperature: 0.2 }],
    ['when it is a guess in the midst of speech', ' Azure.', 1, { logProbability: -1.1, noSpeech: 0.2 }],
    ['when it is a polite phrase on good evidence', ' Thank you.', 0.5],
    ['when it holds a polite phrase among others', ' Thank you. Sit down.', 1, { logProbability: -0.9 }],
    ['when a remark is beside words', ' (laughs) He came.', 1],
    ['when it is one short word in a tenth of a second', ' Yes.', 0.1],
    ['when it is spoken very fast', ' It is the fastest that anybody has ever spoken a line.', 1.7],
    ['when it says something twice', ' No, no. Call the doctor, call the doctor!', 2],
    ['in a language without spaces', '客観的実在の判断的知識が成立するのである。', 4],
    ['when it is a number', ' 42', 0.5],
  ])('%s', (_what, text, speechSeconds, evidence) => {
    expect(judge(said(text, evidence), speechSeconds)).toEqual({ kind: 'keep' });
  });
});

describe('a text is suppressed', () => {
  test.each<[what: string, reason: string, text: string, speechSeconds: number, evidence?: Evidence]>([
    ['that is none', 'empty', ' ', 1],
    ['that is a tag', 'non-speech', ' [MUSIC]', 2],
    ['that is a cut-off tag', 'non-speech', ' [BLANK_AUDIO', 2],
    ['that is a remark', 'non-speech', ' (applause)', 2],
    ['that is a remark in stars', 'non-speech', ' *laughs*', 2],
    ['that is notes', 'non-speech', ' ♪♪', 2],
    ['that is sung between notes', 'non-speech', ' ♪ La la la ♪', 2],
    ['that is dots', 'non-speech', ' . . .', 2],
    ['that the model takes for no speech', 'no-speech', ' And.', 1, { noSpeech: 0.7, logProbability: -1.1 }],
    ['that the model guessed', 'low-confidence', ' Azure mantle.', 1, { logProbability: -1.7 }],
    ['that it guessed where it may be silent', 'low-confidence', ' Azure.', 1, { logProbability: -1.1, noSpeech: 0.5 }],
    ['that noise makes', 'no-speech', ' Oh, oh, oh.', 2, { logProbability: -0.6, noSpeech: 0.7 }],
    ['that loops', 'repetition', ' I know that.'.repeat(12), 15],
    ['that nobody can say so fast', 'implausible', ' This is more than fits into so little speech.', 0.5],
    ['that silence often makes, on weak evidence', 'no-speech', ' Thank you.', 0.5, { logProbability: -0.8 }],
    ['that silence often makes twice', 'no-speech', ' Thank you. Thank you.', 0.9, { noSpeech: 0.55 }],
    ['that silence makes in German', 'no-speech', ' SWR 2020', 0.7, { logProbability: -0.94 }],
    ['that silence makes in Japanese', 'no-speech', 'ご視聴ありがとうございました', 1.5, { noSpeech: 0.55 }],
  ])('%s', (_what, reason, text, speechSeconds, evidence) => {
    expect(judge(said(text, evidence), speechSeconds)).toMatchObject({ kind: 'suppress', reason });
  });

  test('when there are no segments', () => {
    expect(judge(recognitionOf('', { segments: [] }), 1)).toMatchObject({ kind: 'suppress', reason: 'empty' });
  });

  test('by all its segments together, the long ones weighing more', () => {
    const [sure] = said(' Ask not what your country can do for you.').segments;
    const [guess] = said(' What?', { logProbability: -3 }).segments;
    const recognition = recognitionOf('', { segments: [sure, guess].flatMap((segment) => segment ?? []) });
    expect(judge(recognition, 3)).toEqual({ kind: 'keep' });
  });

  test('with a message that has the numbers', () => {
    const verdict = judge(said(' And.', { noSpeech: 0.7, logProbability: -1.1 }), 1);
    expect(verdict).toMatchObject({ message: expect.stringMatching(/-1\.10.*0\.70/u) as string });
  });
});
