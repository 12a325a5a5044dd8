import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { type LoadingOptions, loadingOptions } from '../../dist/model/loading-options.js';

const always = { serial: false, timeoutSeconds: Number.POSITIVE_INFINITY };

describe('the preset', () => {
  test.each([
    ['auto', { variant: 'auto', background: false, fallback: true }],
    ['default', { variant: 'f16', background: false, fallback: true }],
    ['fast', { variant: 'int4', background: true, fallback: true }],
    ['fastBlocking', { variant: 'int4', background: false, fallback: true }],
    ['strict', { variant: 'int4', background: false, fallback: false }],
  ] as const)('%s is %j', (preset, options) => {
    expect(loadingOptions(preset)).toEqual({ ...options, ...always });
  });

  test('is auto when there is none', () => {
    expect(loadingOptions(undefined)).toEqual(loadingOptions('auto'));
  });
});

describe('an object', () => {
  const cases: readonly [LoadingOptions, object][] = [
    [{}, {}],
    [{ variant: 'q5_1' }, { variant: 'q5_1' }],
    [
      { background: true, fallback: false },
      { background: true, fallback: false },
    ],
    [
      { serial: true, timeoutSeconds: 0.5 },
      { serial: true, timeoutSeconds: 0.5 },
    ],
    [{ timeoutSeconds: Number.POSITIVE_INFINITY }, {}],
    [
      { variant: undefined, background: undefined, fallback: undefined, serial: undefined, timeoutSeconds: undefined },
      {},
    ],
  ];

  test.each(cases)('%j is completed from auto', (given, differing) => {
    expect(loadingOptions(given)).toEqual({ ...loadingOptions('auto'), ...differing });
  });
});

describe('what cannot be', () => {
  const presets = 'one of auto, default, fast, fastBlocking, strict.';
  const names = 'variant, background, fallback, serial, timeoutSeconds.';
  const cases: readonly [given: unknown, says: string][] = [
    ['fats', `\`loading\` is fats; it must be ${presets} Did you mean 'fast'?`],
    ['toString', `\`loading\` is toString; it must be ${presets}`],
    ['', `\`loading\` is ; it must be ${presets}`],
    [7, '`loading` is 7; it must be a preset or an object.'],
    [null, '`loading` is null; it must be a preset or an object.'],
    [['fast'], '`loading` is fast; it must be a preset or an object.'],
    [{ fallbacks: true }, `\`loading\` has no \`fallbacks\`; it has ${names} Did you mean 'fallback'?`],
    [{ timeout: 3 }, `\`loading\` has no \`timeout\`; it has ${names} Did you mean 'timeoutSeconds'?`],
    [{ variant: 8 }, "`loading.variant` is 8; it must be a text such as 'q8_0'."],
    [{ variant: null }, "`loading.variant` is null; it must be a text such as 'q8_0'."],
    [{ background: 'yes' }, '`loading.background` is yes; it must be true or false.'],
    [{ fallback: 1 }, '`loading.fallback` is 1; it must be true or false.'],
    [{ serial: null }, '`loading.serial` is null; it must be true or false.'],
    [{ timeoutSeconds: 0 }, '`loading.timeoutSeconds` is 0; it must be a number of seconds above 0.'],
    [{ timeoutSeconds: -1 }, '`loading.timeoutSeconds` is -1; it must be a number of seconds above 0.'],
    [{ timeoutSeconds: Number.NaN }, '`loading.timeoutSeconds` is NaN; it must be a number of seconds above 0.'],
    [{ timeoutSeconds: '5' }, '`loading.timeoutSeconds` is 5; it must be a number of seconds above 0.'],
  ];

  test.each(cases)('%j is refused', (given, message) => {
    const reading = () => loadingOptions(given as LoadingOptions);
    expect(reading).toThrow(EngineError);
    expect(reading).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', message }));
  });
});
