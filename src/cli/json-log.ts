import { describe, EngineError } from '../errors.js';
import type { Logger, LogMethod } from '../telemetry/log.js';
import type { Terminal } from './terminal.js';

/** Writes what happens to stderr, an object of JSON on each line. `debug` only with `--verbose`. */
export function jsonLog(terminal: Terminal, verbose: boolean): Logger {
  const at =
    (level: string): LogMethod =>
    (fields, message) => {
      const line = { time: new Date().toISOString(), level, message, ...fields };
      terminal.say(JSON.stringify(line, plainError));
    };
  return {
    debug: verbose ? at('debug') : () => undefined,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
}

/** Of any other error JSON would say nothing. */
function plainError(_name: string, value: unknown): unknown {
  return value instanceof Error && !(value instanceof EngineError) ? describe(value) : value;
}
