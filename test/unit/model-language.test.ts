import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { languageCode, languageFor, speaks } from '../../dist/model/language.js';
import { languages } from '../../dist/model/language-table.js';
import { dimensionsOf } from './sparse-model.js';

const whisperSource = new URL('../../node_modules/nodejs-whisper/cpp/whisper.cpp/src/whisper.cpp', import.meta.url);
const tinyEnglish = { name: 'tiny.en', dimensions: dimensionsOf(51_864, 384, [4, 4]) };
const base = { name: 'base', dimensions: dimensionsOf(51_865, 512, [6, 6]) };
const largeV3 = { name: 'large-v3', dimensions: dimensionsOf(51_866, 1280, [32, 32], 128) };

describe('the table of languages', () => {
  test.skipIf(!existsSync(whisperSource))("is whisper.cpp's own, in its order (needs node_modules)", () => {
    const entries = readFileSync(whisperSource, 'utf8').matchAll(/\{ "(\w+)",\s*\{ (\d+),\s*"([\w ]+)"/g);
    const upstream = [...entries].map(([, code, index, name]) => [Number(index), code, name]);
    expect(languages.map(([code, name], index) => [index, code, name])).toEqual(upstream);
  });

  test('has no name twice', () => {
    const names = languages.flat();
    expect(new Set(names).size).toBe(names.length);
    expect(languages).toHaveLength(100);
  });
});

describe('a language', () => {
  test.each([
    ['de', 'de'],
    ['DE', 'de'],
    ['german', 'de'],
    ['German', 'de'],
    ['en-US', 'en'],
    ['pt_BR', 'pt'],
    ['haw', 'haw'],
    ['Haitian Creole', 'ht'],
    ['burmese', 'my'],
    ['jv', 'jw'],
    ['auto', 'auto'],
  ])('%s is %s', (given, code) => {
    expect(languageCode(given)).toBe(code);
  });

  test.each([
    ['germna', "Did you mean 'german'?"],
    ['jap', "Did you mean 'japanese'?"],
    ['klingon', 'Whisper does not know'],
    ['xx', 'Whisper does not know'],
    ['', 'Whisper does not know'],
  ])('%s is unknown, and the message says: %s', (given, hint) => {
    expect(() => languageCode(given)).toThrow(expect.objectContaining({ code: 'LANGUAGE_UNKNOWN' }));
    expect(() => languageCode(given)).toThrow(hint);
  });

  test('that is nothing like any other gets no suggestion', () => {
    expect(() => languageCode('klingon')).not.toThrow('Did you mean');
  });
});

describe('a model', () => {
  test.each([
    [base, 'german', 'de'],
    [base, 'auto', 'auto'],
    [tinyEnglish, 'english', 'en'],
    [tinyEnglish, 'auto', 'en'],
    [largeV3, 'cantonese', 'yue'],
  ])('$name asked for %s decodes %s', (model, language, code) => {
    expect(languageFor(model, language)).toBe(code);
  });

  test.each([
    [tinyEnglish, 'german', 'LANGUAGE_UNSUPPORTED'],
    [base, 'cantonese', 'LANGUAGE_UNSUPPORTED'],
    [base, 'klingon', 'LANGUAGE_UNKNOWN'],
  ])('$name asked for %s refuses with %s', (model, language, code) => {
    expect(() => languageFor(model, language)).toThrow(expect.objectContaining({ code }));
  });

  test('speaks as many languages as its vocabulary has tokens for', () => {
    const spoken = [tinyEnglish, base, largeV3].map(
      ({ dimensions }) => languages.filter(([code]) => speaks(dimensions, code)).length,
    );
    expect(spoken).toEqual([1, 99, 100]);
  });
});
