import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describe as describeThrown, EngineError } from '../../dist/errors.js';

/** The way over a thread boundary, as worker threads copy what is posted. */
function sent(error: EngineError): EngineError {
  return EngineError.fromWire(deserialize(serialize(error.toWire())) as ReturnType<EngineError['toWire']>);
}

describe('an error that crosses a thread', () => {
  test.each<[cause: string, error: EngineError, arrivesAs: string | undefined]>([
    ['nothing', new EngineError('ABORTED', 'Stopped.'), undefined],
    ['an error', new EngineError('AUDIO_BROKEN', 'Broken.', { cause: new TypeError('no header') }), 'no header'],
    ['a text', new EngineError('AUDIO_BROKEN', 'Broken.', { cause: 'no header' }), 'no header'],
    ['an empty text', new EngineError('AUDIO_BROKEN', 'Broken.', { cause: '' }), ''],
    ['null', new EngineError('INTERNAL', 'Odd.', { cause: null }), 'null'],
    ['an object', new EngineError('INTERNAL', 'Odd.', { cause: { status: 3 } }), '{"status":3}'],
    ['a function', new EngineError('INTERNAL', 'Odd.', { cause: Math.max }), 'a function'],
    [
      'another error of the engine',
      new EngineError('WORKER_DIED', 'Gone.', { cause: new EngineError('INTERNAL', 'Odd.') }),
      'Odd.',
    ],
  ])('keeps its code, its message and its cause: %s', (_cause, error, arrivesAs) => {
    const arrived = sent(error);
    expect(arrived).toBeInstanceOf(EngineError);
    expect([arrived.code, arrived.message, arrived.cause]).toEqual([error.code, error.message, arrivesAs]);
    expect(Object.hasOwn(arrived, 'cause')).toBe(arrivesAs !== undefined);
  });

  test('is plain data on the way, whatever its cause', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (message, cause) => {
        const wire = new EngineError('INTERNAL', message, { cause }).toWire();
        expect(deserialize(serialize(wire))).toEqual(wire);
        expect(wire.message).toBe(message);
        expect(wire.cause === undefined || typeof wire.cause === 'string').toBe(true);
        expect(EngineError.fromWire(wire).toWire()).toEqual(wire);
      }),
    );
  });
});

describe('an error of the engine', () => {
  test('says what it is', () => {
    const error = new EngineError('MODEL_MISSING', 'There is no model.');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('EngineError: There is no model.');
    expect(error.stack).toContain('errors.test.ts');
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  test('stays itself when it is wrapped', () => {
    const error = new EngineError('MODEL_MISSING', 'There is no model.');
    expect(EngineError.from(error, 'INTERNAL', 'Odd.')).toBe(error);
  });

  test.each([new TypeError('no header'), 'no header', undefined, null, 7])(
    'is made of anything thrown: %o',
    (thrown) => {
      const error = EngineError.from(thrown, 'AUDIO_BROKEN', 'Broken.');
      expect([error.code, error.message, error.cause]).toEqual(['AUDIO_BROKEN', 'Broken.', thrown]);
    },
  );
});

test.each<[thrown: unknown, line: string]>([
  [new RangeError('too long'), 'too long'],
  ['plain text', 'plain text'],
  [undefined, 'undefined'],
  [42, '42'],
  [null, 'null'],
  [{ code: 1 }, '{"code":1}'],
  [{ size: 1n }, 'an object that cannot be written down'],
])('%o is described', (thrown, line) => {
  expect(describeThrown(thrown)).toBe(line);
});
