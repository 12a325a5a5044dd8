import { describe, expect, test } from 'vitest';
import { checkedProviders, type ProviderOptions } from '../../dist/engine/provider-options.js';
import { whisperCpp } from '../../dist/index.js';

const one = whisperCpp({ model: 'tiny.en' });
const namesake = whisperCpp({ model: 'tiny.en' });
const another = whisperCpp({ name: 'another', model: 'tiny.en' });

describe('who decodes for an engine', () => {
  test('is its own whisper.cpp where nothing is said', () => {
    expect(checkedProviders({})).toEqual({
      providers: ['whisper-cpp'],
      standby: 'warm',
      isRace: false,
      shadow: undefined,
    });
  });

  test.each<[what: string, options: ProviderOptions]>([
    ['another provider behind it', { providers: ['whisper-cpp', one] }],
    ['another provider before it', { providers: [one, 'whisper-cpp'] }],
    ['three, and a race', { providers: [one, 'whisper-cpp', another], race: true }],
    ['one that is opened late', { providers: ['whisper-cpp', one], standby: 'cold' }],
    ['a shadow of its own', { shadow: { provider: one, share: 1 } }],
    ['a shadow that stands by as well', { providers: ['whisper-cpp', one], shadow: { provider: one } }],
  ])('may be %s', (_what, options) => {
    const { providers, standby, race, shadow } = options;
    expect(checkedProviders(options)).toEqual({
      providers: providers ?? ['whisper-cpp'],
      standby: standby ?? 'warm',
      isRace: race ?? false,
      shadow: shadow && { share: 0.05, ...shadow },
    });
  });

  test.each<[what: string, options: object, says: string]>([
    ['a name alone', { providers: 'whisper-cpp' }, '`providers` must be a list'],
    ['a name that says nothing', { providers: ['whisper-cpp', 'faster-whisper'] }, '`providers` must be a list'],
    ['an object that opens nothing', { providers: ['whisper-cpp', { ...one, open: true }] }, 'must be a list'],
    ['a provider without a name', { providers: ['whisper-cpp', { ...one, name: undefined }] }, 'must be a list'],
    ['nobody', { providers: [] }, "must have 'whisper-cpp' in it"],
    ['others alone', { providers: [one] }, "must have 'whisper-cpp' in it"],
    ['two of a name', { providers: ['whisper-cpp', one, namesake] }, 'needs a name of its own'],
    ['its own twice', { providers: ['whisper-cpp', 'whisper-cpp'] }, 'needs a name of its own'],
    ['a race of one', { race: true }, '`race` needs a second provider'],
    ['a race that is no yes or no', { providers: ['whisper-cpp', one], race: 1 }, '`race` is 1'],
    ['a standby in between', { standby: 'tepid' }, '`standby`'],
    ['a shadow by name', { shadow: { provider: 'whisper-cpp' } }, '`shadow.provider` must be a provider'],
    ['no shadow at all', { shadow: true }, '`shadow.provider` must be a provider'],
    ['a shadow of nothing', { shadow: { provider: one, share: 0 } }, '`shadow.share` is 0'],
    ['a shadow of more than all', { shadow: { provider: one, share: 1.1 } }, '`shadow.share` is 1.1'],
    ['a shadow in words', { shadow: { provider: one, share: '5 %' } }, '`shadow.share` is 5 %'],
    [
      'a shadow that is called as another one is',
      { providers: ['whisper-cpp', one], shadow: { provider: namesake } },
      'Give it another name',
    ],
    [
      'a shadow that is called as the engine’s own is',
      { shadow: { provider: whisperCpp({ name: 'whisper-cpp', model: 'tiny.en' }) } },
      'Give it another name',
    ],
  ])('cannot be %s', (_what, options, says) => {
    const refusal = { code: 'OPTION_INVALID', message: expect.stringContaining(says) };
    expect(() => checkedProviders(options as ProviderOptions)).toThrow(expect.objectContaining(refusal));
  });
});
