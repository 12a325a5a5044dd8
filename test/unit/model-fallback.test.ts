import { describe, expect, test } from 'vitest';
import { fallbackCandidates } from '../../dist/model/fallback.js';
import { modelWish } from '../../dist/model/model-wish.js';

function candidates(model: string, variant: string, language: string) {
  const wish = modelWish(model, variant);
  if (wish.kind === 'file') throw new Error('A file has no fallback.');
  return fallbackCandidates(wish, language);
}

/** The models in order, without the one that was wished for. */
function models(model: string, language: string): string {
  const names = candidates(model, 'auto', language).map((candidate) => candidate.model.name);
  return [...new Set(names)].join(' ');
}

describe('the models', () => {
  test.each([
    ['base', 'en', 'base.en tiny.en tiny'],
    ['base.en', 'en', 'base tiny.en tiny'],
    ['base', 'de', 'tiny'],
    ['base', 'auto', 'tiny'],
    ['base.en', 'auto', 'base tiny.en tiny'],
    ['base.en', 'de', 'base tiny'],
    ['tiny', 'en', 'tiny.en'],
    ['tiny', 'auto', ''],
    ['tiny.en', 'en', 'tiny'],
    ['medium', 'fr', 'small base tiny'],
    ['large-v3-turbo', 'en', 'medium.en medium small.en small base.en base tiny.en tiny'],
    ['large-v3', 'de', 'large-v2 large-v1 large-v3-turbo medium small base tiny'],
    ['large-v1', 'auto', 'large-v3 large-v2 large-v3-turbo medium small base tiny'],
    ['large-v3', 'yue', 'large-v3-turbo'],
    ['small', 'English', 'small.en base.en base tiny.en tiny'],
  ])('after %s for %s are: %s', (model, language, names) => {
    expect(models(model, language)).toBe(names);
  });
});

describe('the variants', () => {
  test.each([
    ['q8_0', 'f16 q5_1 q5_0 q4_0'],
    ['f16', 'q8_0 q5_1 q5_0 q4_0'],
    ['int4', 'q8_0 f16'],
    ['q4_k', 'q8_0 f16 q5_1 q5_0 q4_0'],
    ['auto', ''],
  ])('after base in %s, the same model first: %s', (wished, variants) => {
    const own = candidates('base', wished, 'de').filter((candidate) => candidate.model.name === 'base');
    expect(own.map((candidate) => candidate.variant).join(' ')).toBe(variants);
    expect(candidates('base', wished, 'de').slice(0, own.length)).toEqual(own);
  });

  test('of a smaller model are all tried before a still smaller one', () => {
    const named = candidates('small', 'int8', 'de').map(({ model, variant }) => `${model.name} ${variant}`);
    expect(named).toEqual([
      ...['small f16', 'small q5_1', 'small q5_0', 'small q4_0'],
      ...['base q8_0', 'base f16', 'base q5_1', 'base q5_0', 'base q4_0'],
      ...['tiny q8_0', 'tiny f16', 'tiny q5_1', 'tiny q5_0', 'tiny q4_0'],
    ]);
  });
});

test('A language that nobody speaks is refused', () => {
  expect(() => candidates('base', 'auto', 'klingon')).toThrow(expect.objectContaining({ code: 'LANGUAGE_UNKNOWN' }));
});
