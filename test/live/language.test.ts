import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { characterErrors } from '../../bench/wer.mjs';
import { createEngine, type Engine } from '../../dist/index.js';
import { bundled, joined, pcm, referenceOf, samplesOf, silence, spoken } from './clips.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ model: 'base' });
});
afterAll(() => engine.close());

describe('the language of', () => {
  test.each([
    ['German', 'leopard_de', 'de'],
    ['Japanese', 'leopard_ja', 'ja'],
    ['Korean', 'leopard_ko', 'ko'],
    ['English', 'leopard_en', 'en'],
  ])('%s is detected, and its letters are right', async (_name, id, language) => {
    const transcript = await engine.transcribe(bundled(`${id}.wav`), { words: true });
    expect(transcript.language).toBe(language);
    expect(transcript.languageProbability).toBeGreaterThan(0.8);
    expect(transcript.languageProbability).toBeLessThanOrEqual(1);
    const { edits, length } = characterErrors(referenceOf(id), transcript.text, language);
    expect(edits / length).toBeLessThan(0.3);
  });

  test.each(['leopard_ja', 'leopard_ko'])('%s has no half characters, in text, segments and words', async (id) => {
    const { text, segments, words = [] } = await engine.transcribe(bundled(`${id}.wav`), { words: true });
    const all = [text, ...segments.map((segment) => segment.text), ...words.map((word) => word.text)];
    expect(all.filter((part) => part.includes('\uFFFD') || Buffer.from(part).toString() !== part)).toEqual([]);
    const inOneRow = (parts: readonly string[]) => parts.join('').replaceAll(' ', '');
    expect(inOneRow(words.map((word) => word.text))).toBe(inOneRow([text]));
    expect(words.length).toBeGreaterThan(5);
  });

  test('the engine or the call is not detected where it is given', async () => {
    await using german = await createEngine({ model: 'base', slots: 1, language: 'German' });
    const byEngine = await german.transcribe(bundled('leopard_de.wav'));
    const byCall = await engine.transcribe(bundled('leopard_de.wav'), { language: 'de-AT' });
    const overruled = await german.transcribe(bundled('leopard_en.wav'), { language: 'en' });
    for (const { languageProbability } of [byEngine, byCall, overruled]) expect(languageProbability).toBeUndefined();
    expect([byEngine.language, byCall.language, overruled.language]).toEqual(['de', 'de', 'en']);
    expect(byCall.text).toBe(byEngine.text);
    expect(overruled.text).toContain('gospel');
  });

  test('the first piece is kept for the whole input', async () => {
    const [german, english] = [await samplesOf(bundled('leopard_de.wav')), await samplesOf(bundled('jfk.wav'))];
    const both = await engine.transcribe(pcm(joined(german, silence(3), english)));
    expect(both.timings.pieces).toBeGreaterThan(1);
    expect(both.language).toBe('de');
    const alone = await engine.transcribe(pcm(german));
    expect(both.languageProbability).toBeCloseTo(alone.languageProbability ?? 0, 1);
    expect(spoken(both.text)).toContain('diesem portal');
  });
});

describe('a translation', () => {
  test('of German is English text under the language that is spoken', async () => {
    const { text, language, task } = await engine.transcribe(bundled('leopard_de.wav'), { task: 'translate' });
    expect(task).toBe('translate');
    expect(language).toBe('de');
    expect(spoken(text).split(' ')).toEqual(expect.arrayContaining(['the', 'portal', 'was']));
  });
});

describe('an English-only model', () => {
  test('says English without detecting it', async () => {
    await using small = await createEngine({ model: 'tiny.en', slots: 1, language: 'auto' });
    const transcript = await small.transcribe(bundled('leopard_en.wav'));
    expect(transcript.language).toBe('en');
    expect(transcript.languageProbability).toBeUndefined();
    await expect(small.transcribe(bundled('leopard_de.wav'), { language: 'de' })).rejects.toMatchObject({
      code: 'LANGUAGE_UNSUPPORTED',
      message: expect.stringContaining("'tiny.en' speaks English only and was asked for 'de'"),
    });
  });
});
