import { type Fields, invalidLine, readLines } from '../recording-lines.js';
import type { Trace, TraceEvent } from './trace.js';

/** A trace as JSON lines: first its name and length, then one event a line. */
export function traceLines({ name, seconds, events }: Trace): string {
  return [{ kind: 'trace', name, seconds }, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/**
 * A trace from JSON lines; events come back in the order of time. Kinds that are not known are left out, so that a later
 * version may record more.
 * @param name - where the lines do not say one
 * @throws EngineError `OPTION_INVALID` with the number of the line
 */
export function readTrace(lines: string, name: string): Trace {
  const events: TraceEvent[] = [];
  let head: { readonly name?: unknown; readonly seconds?: unknown } = {};
  for (const { number, fields } of readLines(lines)) {
    if (fields['kind'] === 'trace') head = fields;
    else if (isKnown(fields['kind'])) events.push(checked(fields, fields['kind'], number));
  }
  events.sort((one, other) => one.atSeconds - other.atSeconds);
  const last = events.at(-1)?.atSeconds ?? 0;
  const seconds = typeof head.seconds === 'number' && head.seconds >= last ? head.seconds : last;
  return { name: typeof head.name === 'string' ? head.name : name, seconds, events };
}

/** What has to hold of the fields of a kind, besides the time. */
const checkers: Readonly<Record<TraceEvent['kind'], (fields: Fields) => boolean>> = {
  join: ({ source, priority }) => isName(source) && ['critical', 'normal', 'background'].includes(String(priority)),
  leave: ({ source }) => isName(source),
  speech: ({ source, seconds }) => isName(source) && isSpan(seconds),
  slowdown: ({ factor }) => isSpan(factor) && factor > 0,
  stall: ({ seconds }) => isSpan(seconds),
};

function isKnown(kind: unknown): kind is TraceEvent['kind'] {
  return typeof kind === 'string' && Object.hasOwn(checkers, kind);
}

function checked(fields: Fields, kind: TraceEvent['kind'], number: number): TraceEvent {
  if (!isSpan(fields['atSeconds']) || !checkers[kind](fields)) throw invalidLine(number, `it is no sound '${kind}'`);
  return fields as unknown as TraceEvent;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isSpan(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}
