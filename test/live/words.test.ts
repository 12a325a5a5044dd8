import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEngine, type Word } from '../../dist/index.js';
import { bundled, spoken } from './clips.js';

interface Timed {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

const { words: references } = JSON.parse(readFileSync(bundled('leopard_en.words.json'), 'utf8')) as { words: Timed[] };
/** More than how any two of its neighbours differ, so that a word in the wrong place fails. */
const toleranceSeconds = 0.25;

function meanErrorSeconds(words: readonly Word[], edge: 'startSeconds' | 'endSeconds'): number {
  const errors = words.map((word, at) => Math.abs(word[edge] - (references[at]?.[edge] ?? Number.NaN)));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

describe('word times', () => {
  test.each([
    ['tiny.en', false],
    ['base', false],
    ['tiny.en', true],
  ])('of %s, flash attention %s, are those of the recording', async (model, flashAttention) => {
    await using engine = await createEngine({ model, flashAttention, slots: 1, language: 'en' });
    const {
      text,
      segments,
      words = [],
      durationSeconds,
    } = await engine.transcribe(bundled('leopard_en.wav'), { words: true });

    expect(words.map((word) => word.text).join(' ')).toBe(text);
    expect(words).toEqual(segments.flatMap((segment) => segment.words));
    expect(words.map((word) => spoken(word.text))).toEqual(references.map((word) => word.text.toLowerCase()));
    for (const [at, word] of words.entries()) {
      expect(word.startSeconds).toBeGreaterThanOrEqual(words[at - 1]?.startSeconds ?? 0);
      expect(word.endSeconds).toBeGreaterThanOrEqual(word.startSeconds);
      expect(word.endSeconds).toBeLessThanOrEqual(durationSeconds);
      expect(word.probability).toBeGreaterThan(0);
      expect(word.probability).toBeLessThanOrEqual(1);
    }
    expect(meanErrorSeconds(words, 'startSeconds')).toBeLessThan(toleranceSeconds);
    expect(meanErrorSeconds(words, 'endSeconds')).toBeLessThan(toleranceSeconds);
  });
});
