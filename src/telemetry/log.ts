import { inspect } from 'node:util';
import { EngineError } from '../errors.js';

/** Writes one line: what belongs to it as fields, then a sentence. */
export type LogMethod = (fields: object, message: string) => unknown;

/** Where the engine writes what it does: pino, a child of one, or anything else with these four methods. */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * The logger of an option, made safe: what it throws or rejects with is dropped, as no audio may be lost over a line
 * of a log. Without an option nothing is written.
 * @throws EngineError `OPTION_INVALID`
 */
export function checkedLogger(option: Logger | undefined): Logger {
  if (option === undefined) return silent;
  const missing = levels.filter((level) => !hasMethod(option, level));
  if (missing.length > 0) {
    throw new EngineError(
      'OPTION_INVALID',
      `\`logger\` is ${inspect(option, { depth: 0 })}, which has no method ${missing.join(', ')}. ` +
        'Give a pino logger, or an object with debug, info, warn and error, each called with (object, message).',
    );
  }
  // The method is looked up at each line: pino puts in others when its level is changed.
  const safe =
    (level: Level): LogMethod =>
    (fields, message) => {
      try {
        const result = option[level](fields, message);
        if (result instanceof Promise) result.catch(() => undefined);
      } catch {
        // Whoever broke the logger knows better where to say so.
      }
    };
  return { debug: safe('debug'), info: safe('info'), warn: safe('warn'), error: safe('error') };
}

function hasMethod(option: unknown, level: Level): boolean {
  if (option === null || (typeof option !== 'object' && typeof option !== 'function')) return false;
  return typeof (option as Partial<Record<Level, unknown>>)[level] === 'function';
}
