import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../dist/errors.js';
import { checkedLogger, type Logger } from '../../dist/telemetry/log.js';

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** Pino as a service has it, and what it has written. */
function pinoTo(level: string) {
  const stream = new PassThrough();
  const lines = () =>
    String(stream.read() ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger: pino({ level, base: { service: 'captions' } }, stream), lines };
}

describe('pino', () => {
  test('writes the fields and the sentence of every level', () => {
    const { logger, lines } = pinoTo('debug');
    const log = checkedLogger(logger);
    for (const level of levels) log[level]({ session: 's1', seconds: 1.5 }, `A line of ${level}.`);
    expect(lines()).toMatchObject(
      levels.map((level) => ({
        level: pino.levels.values[level],
        service: 'captions',
        session: 's1',
        seconds: 1.5,
        msg: `A line of ${level}.`,
      })),
    );
  });

  test('writes an error under `err`', () => {
    const { logger, lines } = pinoTo('debug');
    checkedLogger(logger).error({ err: new EngineError('WORKER_DIED', 'It died.') }, 'A thread ended.');
    expect(lines()).toMatchObject([{ err: { type: 'EngineError', code: 'WORKER_DIED', message: 'It died.' } }]);
  });

  test('keeps to its level, also when that is changed later', () => {
    const { logger, lines } = pinoTo('warn');
    const log = checkedLogger(logger);
    log.info({}, 'unseen');
    logger.level = 'info';
    log.info({}, 'seen');
    logger.level = 'silent';
    log.error({}, 'unseen');
    expect(lines().map(({ msg }) => msg)).toEqual(['seen']);
  });

  test('writes as a child with fields of its own', () => {
    const { logger, lines } = pinoTo('info');
    checkedLogger(logger.child({ engine: 'calls' })).info({ slots: 2 }, 'Ready.');
    expect(lines()).toMatchObject([{ engine: 'calls', slots: 2, msg: 'Ready.' }]);
  });
});

test('no logger is silent', () => {
  const log = checkedLogger(undefined);
  for (const level of levels) expect(log[level]({}, 'unseen')).toBeUndefined();
});

test('the console is a logger too', () => {
  expect(() => checkedLogger(console)).not.toThrow();
});

const complete = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };

test.each<[what: string, option: unknown, missing: string]>([
  ['null', null, 'debug, info, warn, error'],
  ['a word', 'pino', 'debug, info, warn, error'],
  ['true', true, 'debug, info, warn, error'],
  ['a bare function', () => 0, 'debug, info, warn, error'],
  ['an empty object', {}, 'debug, info, warn, error'],
  ['an object that lacks one', { ...complete, warn: undefined }, 'warn'],
  ['an object where one is no function', { ...complete, debug: true }, 'debug'],
])('%s is no logger, and the error says what it lacks', (_, option, missing) => {
  const check = () => checkedLogger(option as Logger);
  expect(check).toThrow(EngineError);
  expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  expect(check).toThrow(`has no method ${missing}.`);
});

describe('a logger that is broken', () => {
  test('and throws does not hurt, and is asked again', () => {
    let lines = 0;
    const fails = () => {
      lines += 1;
      throw new Error('disk full');
    };
    const log = checkedLogger({ ...complete, error: fails });
    for (let line = 0; line < 3; line += 1) log.error({}, 'lost');
    expect(lines).toBe(3);
  });

  test('and rejects leaves no rejection behind', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    try {
      checkedLogger({ ...complete, info: () => Promise.reject(new Error('disk full')) }).info({}, 'lost');
      // A rejection that nobody handles is told of once the microtasks are done.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', onRejection);
    }
    expect(rejections).toEqual([]);
  });

  test('and loses a method later does not hurt', () => {
    const logger: { -readonly [Key in keyof Logger]?: Logger[Key] } = { ...complete };
    const log = checkedLogger(logger as Logger);
    delete logger.warn;
    expect(() => log.warn({}, 'lost')).not.toThrow();
  });
});

test('methods of a class keep their `this`', () => {
  class Lines implements Logger {
    readonly written: string[] = [];
    debug = this.#write('debug');
    info = this.#write('info');
    warn = this.#write('warn');
    error(_fields: object, message: string) {
      this.written.push(message);
    }
    #write(level: string) {
      return (_fields: object, message: string) => this.written.push(`${level} ${message}`);
    }
  }
  const lines = new Lines();
  checkedLogger(lines).error({}, 'kept');
  expect(lines.written).toEqual(['kept']);
});
