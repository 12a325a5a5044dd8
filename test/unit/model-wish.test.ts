import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { modelWish } from '../../dist/model/model-wish.js';

const any = ['q8_0', 'f16', 'q5_1', 'q5_0', 'q4_0'];

function refusal(...wish: Parameters<typeof modelWish>): EngineError {
  try {
    modelWish(...wish);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a name', () => {
  test.each([
    ['base', 'base'],
    ['Tiny.EN', 'tiny.en'],
    ['large-v1', 'large-v1'],
    ['large-v3', 'large-v3'],
    ['large-v3-turbo', 'large-v3-turbo'],
    ['large', 'large-v3'],
    ['turbo', 'large-v3-turbo'],
    ['Large-Turbo', 'large-v3-turbo'],
    ['whisper-1', 'base'],
    ['openai/whisper-1', 'base'],
    ['whisper-small', 'small'],
    ['openai/whisper-small', 'small'],
    ['OpenAI/Whisper-Small.en', 'small.en'],
    ['openai/whisper-large-v3-turbo', 'large-v3-turbo'],
    ['openai/whisper-large', 'large-v3'],
    ['ggml-small', 'small'],
  ])('%s means %s in any variant', (wished, name) => {
    expect(modelWish(wished)).toMatchObject({ kind: 'named', model: { name }, variants: any });
  });

  test.each([
    ['base-q5_1', 'base', 'q5_1'],
    ['BASE-Q5_1', 'base', 'q5_1'],
    ['large-v3-q5_0', 'large-v3', 'q5_0'],
    ['large-v3-turbo-q8_0', 'large-v3-turbo', 'q8_0'],
    ['turbo-q5_0', 'large-v3-turbo', 'q5_0'],
    ['ggml-tiny.en-q8_0', 'tiny.en', 'q8_0'],
    ['whisper-1-f16', 'base', 'f16'],
    ['base-q4_k', 'base', 'q4_k'],
  ])('%s means %s in %s only', (wished, name, variant) => {
    expect(modelWish(wished)).toMatchObject({ kind: 'named', model: { name }, variants: [variant] });
  });

  test.each([
    ['', ''],
    ['bsae', " Did you mean 'base'?"],
    ['tiny-en', " Did you mean 'tiny.en'?"],
    ['tubro', " Did you mean 'turbo'?"],
    ['small-int8', ''],
    ['base:q8_0', ''],
    ['q8_0', ''],
    ['openai/whisper-smal', ''],
    ['constructor', ''],
    ['my.binary', ''],
  ])('%j is no model', (wished, guess) => {
    const names = 'tiny, tiny.en, base, base.en, small, small.en, medium, medium.en, large-v3-turbo, large-v1';
    const known = `Known are ${names}, large-v2, large-v3, or give the path of a ggml file.`;
    expect(refusal(wished)).toMatchObject({
      code: 'MODEL_UNKNOWN',
      message: `There is no model '${wished}'.${guess} ${known}`,
    });
  });

  test.each([7, null, {}, ['base']])('%j is nothing that can name a model', (wished) => {
    expect(refusal(wished as string)).toMatchObject({ code: 'OPTION_INVALID' });
    expect(refusal(wished as string).message).toContain('must be a name or a path');
  });
});

describe('a path', () => {
  test.each([
    ['my.bin', resolve('my.bin')],
    ['ggml-base.BIN', resolve('ggml-base.BIN')],
    ['./base', resolve('base')],
    ['models/ggml-base.bin', resolve('models/ggml-base.bin')],
    ['/srv/Models/base', '/srv/Models/base'],
    ['openai/whisper.bin', resolve('openai/whisper.bin')],
    ['openai/base', resolve('openai/base')],
    ['Systran/faster-whisper-small', resolve('Systran/faster-whisper-small')],
    ['~/models/my.bin', join(homedir(), 'models/my.bin')],
    ['/srv/~/my.bin', '/srv/~/my.bin'],
    ['~somebody/my.bin', resolve('~somebody/my.bin')],
  ])('%s is the file %s', (wished, path) => {
    expect(modelWish(wished)).toEqual({ kind: 'file', path });
    expect(modelWish(wished, 'int4')).toEqual({ kind: 'file', path });
  });

  test('with a variant that does not exist is refused all the same', () => {
    expect(refusal('my.bin', 'int3')).toMatchObject({ code: 'OPTION_INVALID' });
  });
});

describe('a variant', () => {
  const exact = 'f32 f16 q4_0 q4_1 q5_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k'.split(' ');
  const meanings: readonly [variant: string, variants: readonly string[]][] = [
    ['auto', any],
    ['int8', ['q8_0']],
    ['int4', ['q4_0', 'q5_1', 'q5_0']],
    ['float16', ['f16']],
    ['fp16', ['f16']],
    ['half', ['f16']],
    ['float32', ['f32']],
    ['INT8', ['q8_0']],
    ['Q5_1', ['q5_1']],
    ...exact.map((variant): [string, readonly string[]] => [variant, [variant]]),
  ];

  test.each(meanings)('%s of base means %j', (variant, variants) => {
    expect(modelWish('base', variant)).toMatchObject({ kind: 'named', variants });
  });

  test.each([
    ['q4_K', 'tiny'],
    ['q6_k', 'tiny.en'],
  ])('%s cannot be for %s, whose rows are no whole blocks of 256', (variant, model) => {
    expect(refusal(model, variant)).toMatchObject({ code: 'OPTION_INVALID' });
    expect(refusal(model, variant).message).toContain(`'${model}' in the variant ${variant.toLowerCase()}`);
  });

  test.each([
    ['itn8', " Did you mean 'int8'?"],
    ['q5', ''],
    ['', ''],
    ['constructor', ''],
    [8, ''],
    [null, ''],
  ])('%j is none', (variant, guess) => {
    const { code, message } = refusal('base', variant as string);
    expect(code).toBe('OPTION_INVALID');
    expect(message).toMatch(/^`variant` is .*; it must be one of auto, .*int8, .*q8_0, .*q2_k\./);
    expect(message.endsWith(`q2_k.${guess}`)).toBe(true);
  });

  test.each([
    ['base-q5_1', 'q5_1', 'q5_1'],
    ['base-q5_1', 'int4', 'q5_1'],
    ['base-q4_k', 'Auto', 'q4_k'],
    ['large-q5_0', 'auto', 'q5_0'],
  ])('%s with the option %s agree on %s', (model, option, variant) => {
    expect(modelWish(model, option)).toMatchObject({ variants: [variant] });
  });

  test.each([
    ['base-q5_1', 'int8'],
    ['base-q8_0', 'f16'],
  ])('%s with the option %s contradict each other', (model, option) => {
    expect(refusal(model, option)).toMatchObject({ code: 'OPTION_INVALID' });
    expect(refusal(model, option).message).toContain('Give the variant once');
  });
});
